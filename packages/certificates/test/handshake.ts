import { once } from 'node:events';
import { connect, createServer, type PeerCertificate, type TLSSocket } from 'node:tls';

import type { Authority, CertificatePair } from '../src/index.ts';

export interface Asked {
  readonly server: CertificatePair;
  readonly client: CertificatePair;
  readonly ca: Authority;
  /** What the client takes the server for. */
  readonly host: string;
}

/** A connection between both over loopback; the name that the server sees. Rejects as the client does. */
export async function handshake({ ca, client, host, server }: Asked): Promise<string> {
  const seen: PeerCertificate[] = [];
  const listening = createServer(
    {
      cert: server.certificate,
      key: server.privateKey,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket: TLSSocket) => {
      seen.push(socket.getPeerCertificate());
      socket.end();
    },
  );
  // What the client refuses is an error here, too.
  listening.on('tlsClientError', () => undefined);
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  try {
    const socket = connect({
      host: '127.0.0.1',
      port: typeof address === 'object' && address !== null ? address.port : 0,
      servername: host,
      ca: ca.certificate,
      cert: client.certificate,
      key: client.privateKey,
    });
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
    const { CN = '' } = seen[0]?.subject ?? {};
    return String(CN);
  } finally {
    listening.close();
  }
}
