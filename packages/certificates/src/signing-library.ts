import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';

import type { Extension, X509Certificate } from '@peculiar/x509';

import type { CertificatePair, Validity } from './certificate-pair.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { ...ALGORITHM, hash: 'SHA-256' } as const;
const SERIAL_BYTES = 16;
/** A serial number is positive and has no leading zero: RFC 5280, section 4.1.2.2. */
const FIRST_BYTE = 0x40;

export type Library = typeof import('@peculiar/x509');

/** The library, loaded when something is signed: it is slow to load, and most commands sign nothing. */
export async function loadLibrary(): Promise<Library> {
  // The library refuses to load without it.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

export interface Unsigned {
  /** A common name; the whole subject. */
  readonly name: string;
  readonly validity: Validity;
  readonly extensions: readonly Extension[];
}

export interface Signer {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

export function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** The key of a PEM file, for signing. Throws what node:crypto throws when it is none of P-256. */
export function signingKey(pem: string): webcrypto.CryptoKey {
  return createPrivateKey(pem).toCryptoKey(ALGORITHM, false, ['sign']);
}

/** Signs by the given signer, or by its own key; RFC 5280. */
export async function signed(
  library: Library,
  keys: webcrypto.CryptoKeyPair,
  { extensions, name, validity }: Unsigned,
  signer?: Signer,
): Promise<CertificatePair> {
  const { AuthorityKeyIdentifierExtension, Name, SubjectKeyIdentifierExtension } = library;
  const subject = new Name([{ CN: [{ utf8String: name }] }]);
  const issuerKey = signer?.certificate.publicKey ?? keys.publicKey;
  const certificate = await library.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subject.toJSON(),
    issuer: signer?.certificate.subjectName.toJSON() ?? subject.toJSON(),
    notBefore: new Date(validity.fromMs),
    notAfter: new Date(validity.untilMs),
    publicKey: keys.publicKey,
    signingKey: signer?.key ?? keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuerKey),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: key };
}

function serialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = FIRST_BYTE | ((bytes[0] ?? 0) & (FIRST_BYTE - 1));
  return bytes.toString('hex');
}
