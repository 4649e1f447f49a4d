import { createHash, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';

const RSA_BITS_MIN = 3072;
const RSA_EXPONENT_MIN = 65_537n;
/** P-256 and P-384, as OpenSSL calls them. */
const CURVES = ['prime256v1', 'secp384r1'];

/** The public key of somebody to whom derived keys are given. */
export interface ConsumerKey {
  readonly key: KeyObject;
  readonly algorithm: 'RSA-OAEP-256' | 'ECDH-ES+A256KW';
  /** SubjectPublicKeyInfo (RFC 5280), DER. */
  readonly spki: Buffer;
  /** Hex SHA-256 of it. */
  readonly fingerprint: string;
}

/**
 * Reads a public key from PEM (SubjectPublicKeyInfo) or JWK (RFC 7517): RSA of 3072 bits or more, EC
 * on P-256 or P-384, or X25519.
 *
 * Throws GRANT_KEY_REFUSED for anything else, a private key among it.
 */
export function readConsumerKey(file: Uint8Array): ConsumerKey {
  const text = Buffer.from(file).toString('utf8').trim();
  return consumerKeyOf(text.startsWith('{') ? fromJwk(text) : fromPem(text));
}

/** The same from the bytes that a record of a grant holds. */
export function consumerKeyFromSpki(spki: Buffer): ConsumerKey {
  return consumerKeyOf(parsed(() => createPublicKey({ key: spki, format: 'der', type: 'spki' })));
}

/**
 * Encrypts bytes so that only the consumer reads them: compact JWE (RFC 7516), content under
 * A256GCM.
 *
 * @param typ says what it is; authenticated like the rest of the header
 */
export async function sealToConsumer(
  { algorithm, fingerprint, key }: ConsumerKey,
  typ: string,
  plain: Uint8Array,
): Promise<string> {
  const header = { alg: algorithm, enc: 'A256GCM', typ, kid: fingerprint };
  // Loaded where grants are made, and not in every service.
  const { CompactEncrypt } = await import('jose');
  try {
    return await new CompactEncrypt(plain).setProtectedHeader(header).encrypt(key);
  } catch {
    // A point of low order passes as a key until it is used.
    throw refused('it cannot be used');
  }
}

function consumerKeyOf(key: KeyObject): ConsumerKey {
  const algorithm = algorithmFor(key);
  const spki = key.export({ format: 'der', type: 'spki' });
  return { key, algorithm, spki, fingerprint: createHash('sha256').update(spki).digest('hex') };
}

function algorithmFor(key: KeyObject): ConsumerKey['algorithm'] {
  const { asymmetricKeyDetails: details, asymmetricKeyType: type = 'none' } = key;
  if (type === 'x25519') return 'ECDH-ES+A256KW';
  if (type === 'ec') {
    if (CURVES.includes(details?.namedCurve ?? '')) return 'ECDH-ES+A256KW';
    throw refused('EC on another curve');
  }
  if (type !== 'rsa') throw refused(`of type ${type}`);
  const bits = details?.modulusLength ?? 0;
  if (bits < RSA_BITS_MIN) throw refused(`RSA of ${bits} bits`);
  if ((details?.publicExponent ?? 0n) < RSA_EXPONENT_MIN) throw refused('RSA, small exponent');
  return 'RSA-OAEP-256';
}

function fromPem(text: string): KeyObject {
  // Node would make the public half of a private key, which nobody should have sent.
  if (/PRIVATE KEY/.test(text)) throw refused('the private half');
  if (!text.startsWith('-----BEGIN PUBLIC KEY-----')) throw refused('not PEM or JWK');
  return parsed(() => createPublicKey(text));
}

function fromJwk(text: string): KeyObject {
  const jwk = parsed(() => JSON.parse(text) as webcrypto.JsonWebKey);
  if (jwk.d !== undefined) throw refused('the private half');
  return parsed(() => createPublicKey({ key: jwk, format: 'jwk' }));
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw refused('not readable');
  }
}

function refused(given: string): SealstreamError {
  return new SealstreamError('GRANT_KEY_REFUSED', { given });
}
