import { createPrivateKey, KeyObject } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { compactDecrypt } from 'jose';

/** A private key as PEM, or as Node keeps it (one with a passphrase, or from elsewhere). */
export type PrivateKey = KeyObject | Uint8Array | string;

/** What was encrypted to a consumer, opened with the consumer's private key. */
export class ConsumerSecret {
  readonly #key: KeyObject;
  readonly #algorithm: string;

  /** Throws GRANT_KEY_REFUSED when it is no private key. */
  constructor(privateKey: PrivateKey) {
    this.#key = read(privateKey);
    this.#algorithm = this.#key.asymmetricKeyType === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW';
  }

  /**
   * The bytes inside a compact JWE of this type; the caller zeroes them.
   * Throws GRANT_UNREADABLE when it is another thing, was changed, or is for another key.
   */
  async open(sealed: string, typ: string): Promise<Uint8Array> {
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, this.#key, {
        keyManagementAlgorithms: [this.#algorithm],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      if (protectedHeader.typ === typ) return plaintext;
    } catch {
      // What a library says may quote what it was given.
    }
    throw new SealstreamError('GRANT_UNREADABLE', { expected: typ });
  }
}

function read(given: PrivateKey): KeyObject {
  if (given instanceof KeyObject && given.type === 'private') return given;
  try {
    if (!(given instanceof KeyObject))
      return createPrivateKey(typeof given === 'string' ? given : Buffer.from(given));
  } catch {
    // Told below, without a word of the file.
  }
  throw new SealstreamError(
    'GRANT_KEY_REFUSED',
    {},
    'Give the private key as PEM without a passphrase, or as a KeyObject.',
  );
}
