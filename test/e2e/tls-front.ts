import { once } from 'node:events';
import { createServer, connect, type Server, type TLSSocket } from 'node:tls';
import type { CertificatePair } from '@sealstream/certificates';

const HOST = '127.0.0.1';

export interface FrontOptions {
  /** What it shows to whoever connects. */
  readonly pair: CertificatePair;
  /** Port of 127.0.0.1 of the server behind it, which is reached over TLS. */
  readonly behind: number;
  /** The authority of that server, as PEM. */
  readonly ca: string;
  /** With which it signs in there; with none unless given. */
  readonly as?: CertificatePair | undefined;
  /** It speaks nothing newer than TLS 1.1. */
  readonly isOld?: boolean;
}

/**
 * Stands between a client and a real server, as somebody on the network would: it ends TLS with a certificate
 * of its own and passes everything on. With a right certificate nobody notices it.
 */
export class TlsFront {
  readonly port: number;
  readonly #server: Server;
  readonly #open = new Set<TLSSocket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start({ as, behind, ca, isOld = false, pair }: FrontOptions): Promise<TlsFront> {
    const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    const own = as === undefined ? {} : { cert: as.certificate, key: as.privateKey };
    const server = createServer({
      cert: pair.certificate,
      key: pair.privateKey,
      ...(isOld ? (versions as { minVersion: 'TLSv1' }) : {}),
    });
    // A client that refuses it is what it is for.
    server.on('tlsClientError', () => undefined);
    server.listen(0, HOST);
    await once(server, 'listening');
    const address = server.address();
    const front = new TlsFront(server, typeof address === 'object' ? (address?.port ?? 0) : 0);
    server.on('secureConnection', (socket) =>
      front.#join(socket, connect({ host: HOST, port: behind, ca, ...own })),
    );
    return front;
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }

  #join(socket: TLSSocket, inner: TLSSocket): void {
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      this.#open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
