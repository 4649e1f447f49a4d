import { X509Certificate } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { pemBlocks } from './pem-blocks.ts';

const CHAIN_MAX = 8;

/** The authorities that clients' certificates are signed by, and each other's, roots included. */
export class ClientAuthorities {
  readonly all: readonly X509Certificate[];

  /** @throws SealstreamError CONFIG_INVALID when `pem` holds none, or one that does not parse */
  constructor(pem: string) {
    try {
      this.all = pemBlocks(pem, 'CERTIFICATE').map((der) => new X509Certificate(der));
    } catch {
      throw new SealstreamError('CONFIG_INVALID', {
        problem: 'an authority of client certificates does not parse',
      });
    }
    if (this.all.length === 0)
      throw new SealstreamError('CONFIG_INVALID', {
        problem: 'no authority of client certificates',
      });
  }

  /**
   * Those above a certificate: the one that signed it first, a root last. Each signature is verified anew,
   * so that it does not matter who was believed when the connection was made, or whether TLS let the
   * other end change its certificate since.
   *
   * @throws SealstreamError SIGN_IN_REFUSED when there is no way up to a root, or it ended
   */
  above(certificate: X509Certificate, now: Date): readonly X509Certificate[] {
    const chain: X509Certificate[] = [];
    for (let at = certificate; chain.length < CHAIN_MAX; ) {
      const signer = this.all.find((one) => at.checkIssued(one) && at.verify(one.publicKey));
      if (signer === undefined) break;
      if (now < signer.validFromDate || now > signer.validToDate)
        throw new SealstreamError('SIGN_IN_REFUSED', { reason: 'of an authority that ended' });
      chain.push(signer);
      if (signer.checkIssued(signer)) return chain;
      at = signer;
    }
    throw new SealstreamError('SIGN_IN_REFUSED', { reason: 'of an authority that is not known' });
  }
}
