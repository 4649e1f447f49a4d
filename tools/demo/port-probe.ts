import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { apiVersionsRequest } from '../stack/kafka-request.ts';

const WAIT_MS = 2_000;
const HOST = '127.0.0.1';
/** Content type and major version of a TLS record that is an alert (RFC 8446, section 5.1). */
const ALERT = Buffer.of(21, 3);

/** What a server answers that believes plaintext. */
const GREETINGS: readonly (readonly [protocol: string, greeting: Buffer])[] = [
  ['Kafka', apiVersionsRequest()],
  ['Redis', Buffer.from('PING\r\n')],
  ['HTTP', Buffer.from('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')],
];

/** How a port of 127.0.0.1 answered. */
export interface PortAnswers {
  /** It shook hands over TLS with a certificate of the authority. */
  readonly tls: boolean;
  /** Protocols that it answered in plaintext. */
  readonly plain: readonly string[];
}

/**
 * Tries TLS and plaintext on a port.
 *
 * @param ca the authority to believe, as PEM
 */
export async function probePort(port: number, ca: string): Promise<PortAnswers> {
  const tls = heard(connectTls({ host: HOST, port, ca, minVersion: 'TLSv1.2' }), 'secureConnect');
  const plain = GREETINGS.map(async ([protocol, greeting]) => {
    const socket = connect({ host: HOST, port });
    socket.on('connect', () => socket.write(greeting));
    const isAnswered = await heard(socket, 'data');
    return isAnswered ? [protocol] : [];
  });
  return { tls: await tls, plain: (await Promise.all(plain)).flat() };
}

/** Whether an event comes; an alert of TLS is a refusal and no answer. */
function heard(socket: Socket, event: 'secureConnect' | 'data'): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(WAIT_MS, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on(event, (bytes?: Buffer) => finish(bytes?.subarray(0, 2).equals(ALERT) !== true));
  });
}
