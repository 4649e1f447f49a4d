import { isIP } from 'node:net';

import { SealstreamError } from '@sealstream/contracts';

import type { Authority } from './authority.ts';
import { type CertificatePair, fitsKey, type Validity } from './certificate-pair.ts';
import {
  type Library,
  loadLibrary,
  newKeys,
  type Signer,
  signed,
  signingKey,
} from './signing-library.ts';

export type CertificateRequest = {
  /** The common name; of a client the name of its user. */
  readonly name: string;
  readonly validity: Validity;
} & (
  | {
      readonly use: 'server';
      /** Names and addresses under which the server is reached; at least one. */
      readonly hosts: readonly string[];
    }
  | { readonly use: 'client' }
);

/**
 * A certificate with a new key, signed by the authority: for a server or for a client, never for both,
 * so that whoever takes a server's key is no user anywhere.
 *
 * @throws SealstreamError CERTIFICATE_INVALID when the authority is none, or its key is another's
 */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
): Promise<CertificatePair> {
  const library = await loadLibrary();
  const signer = signerOf(library, authority);
  const { BasicConstraintsExtension, ExtendedKeyUsageExtension } = library;
  const { KeyUsageFlags, KeyUsagesExtension, ExtendedKeyUsage } = library;
  const { clientAuth, serverAuth } = ExtendedKeyUsage;
  return signed(
    library,
    await newKeys(),
    {
      name: request.name,
      validity: within(request.validity, signer),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([request.use === 'server' ? serverAuth : clientAuth]),
        ...(request.use === 'server' ? [hostNames(library, request.hosts)] : []),
      ],
    },
    signer,
  );
}

/** Nothing outlives who signed it: it would be refused all the same, for a reason that shows nowhere. */
function within({ fromMs, untilMs }: Validity, { certificate }: Signer): Validity {
  return { fromMs, untilMs: Math.min(untilMs, certificate.notAfter.getTime()) };
}

function hostNames(library: Library, hosts: readonly string[]) {
  return new library.SubjectAlternativeNameExtension(
    hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
  );
}

function signerOf(library: Library, authority: Authority): Signer {
  const invalid = (problem: string) => new SealstreamError('CERTIFICATE_INVALID', { problem });
  if (!fitsKey(authority)) throw invalid('the authority is no certificate with its own key');
  let signer: Signer;
  try {
    const certificate = new library.X509Certificate(authority.certificate);
    signer = { certificate, key: signingKey(authority.privateKey) };
  } catch {
    throw invalid('the key of the authority is not of P-256');
  }
  const constraints = signer.certificate.getExtension(library.BasicConstraintsExtension);
  if (constraints?.ca !== true) throw invalid('the authority may not sign');
  return signer;
}
