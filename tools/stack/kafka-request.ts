import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const API_VERSIONS = 18;
const CORRELATION = 1;

/** One ApiVersions v0 request: length, api key, version, correlation id, client id. */
export function apiVersionsRequest(): Buffer {
  const client = Buffer.from('sealstream-stack');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(API_VERSIONS, 4);
  request.writeInt16BE(0, 6);
  request.writeInt32BE(CORRELATION, 8);
  request.writeInt16BE(client.length, 12);
  client.copy(request, 14);
  return request;
}

/**
 * Whether a Kafka broker at `broker` (host:port) answers a real request within `waitMs`; over TLS under the
 * authority `ca` (PEM) where it is given. It may be asked before one signs in.
 * Source: the Kafka protocol guide, ApiVersions request and response version 0.
 */
export function kafkaAnswers(broker: string, waitMs: number, ca?: string): Promise<boolean> {
  const colon = broker.lastIndexOf(':');
  const at = { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
  const socket = ca === undefined ? connect(at) : connectTls({ ...at, ca });
  const opened = ca === undefined ? 'connect' : 'secureConnect';
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(waitMs, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on(opened, () => socket.write(apiVersionsRequest()));
    socket.on('data', (bytes: Buffer) => {
      seen = Buffer.concat([seen, bytes]);
      // Length, correlation id, error code, number of APIs.
      if (seen.length >= 14)
        finish(
          seen.readInt32BE(4) === CORRELATION &&
            seen.readInt16BE(8) === 0 &&
            seen.readInt32BE(10) > 0,
        );
    });
  });
}
