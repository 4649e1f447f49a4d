import { X509Certificate } from 'node:crypto';

import { SealstreamError } from '@sealstream/contracts';

/** What a certificate says, in words. */
export interface CertificateFacts {
  /** `CN=…`, most specific first, as Kafka names a user by its certificate. */
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses of hosts. */
  readonly names: readonly string[];
  readonly isAuthority: boolean;
  readonly fromMs: number;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  /** SHA-256 in hex. */
  readonly fingerprint: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, in their order.
 *
 * @throws SealstreamError CERTIFICATE_INVALID when there is none, or one does not parse
 */
export function certificateFacts(pem: string): readonly CertificateFacts[] {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0)
    throw new SealstreamError('CERTIFICATE_INVALID', { problem: 'no certificate in PEM' });
  return blocks.map((block, index) => {
    try {
      return factsOf(new X509Certificate(block));
    } catch {
      throw new SealstreamError('CERTIFICATE_INVALID', { problem: 'does not parse', index });
    }
  });
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  const { ca, fingerprint256, issuer, subject, subjectAltName, validFrom, validTo } = certificate;
  return {
    subject: onOneLine(subject),
    issuer: onOneLine(issuer),
    names: (subjectAltName ?? '').split(', ').flatMap((name) => {
      const at = name.indexOf(':');
      return at < 0 ? [] : [name.slice(at + 1)];
    }),
    isAuthority: ca,
    fromMs: Date.parse(validFrom),
    untilMs: Date.parse(validTo),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** Node gives one part a line, the least specific first. */
function onOneLine(name: string): string {
  return name.split('\n').toReversed().join(',');
}
