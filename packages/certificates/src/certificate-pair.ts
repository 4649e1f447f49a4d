import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate and its private key (PKCS #8), both in PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** From when and until when a certificate holds, in milliseconds since 1970. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whether the key belongs to the first certificate of the file; false where either is not one. */
export function fitsKey({ certificate, privateKey }: CertificatePair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false;
  }
}
