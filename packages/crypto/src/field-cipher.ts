import { SealstreamError } from '@sealstream/contracts';
import type { ByteSink } from './byte-sink.ts';
import { TOKEN_SUITES } from './aead-suite.ts';
import { FernetCipher } from './fernet-cipher.ts';
import { JweCipher } from './jwe-cipher.ts';
import type { KeySource } from './key-source.ts';
import { type NonceSource, randomNonces } from './nonce-source.ts';
import { DEFAULT_SEAL, type SealMethod } from './seal-method.ts';
import { TokenCipher } from './token-cipher.ts';
import type { OpenedField, PlainType } from './typed-block.ts';

/**
 * Seals and opens the values of one field of one dataset (docs/wire-format.md).
 *
 * Promises: what was sealed opens only for the dataset and path it was sealed for, under the one key
 * it names, with the type and bytes that were sealed; anything else throws. Its length tells only the
 * padded length. Opening takes off exactly one layer.
 */
export interface FieldCipher {
  /**
   * Seals the bytes of one value under the active key.
   *
   * @returns the ASCII bytes of the token; the caller's own.
   * Throws RECORD_TOO_LARGE and what the key source throws.
   */
  seal(keys: KeySource, type: PlainType, plain: Uint8Array): Buffer;
  /** The same for plain[from, to); the token is written to `out`, which stays when this throws. */
  sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void;
  /** Opens one token. Throws TOKEN_MALFORMED, RECORD_NOT_AUTHENTIC and what the source throws. */
  open(keys: KeySource, token: Uint8Array): OpenedField;
}

/**
 * The cipher of a field.
 *
 * @param dataset the dataset's name in the policy
 * @param path the policy's path pattern
 * @param nonces only tests inside this package can make another source
 */
export function fieldCipher(
  dataset: string,
  path: string,
  method: SealMethod = DEFAULT_SEAL,
  nonces: NonceSource = randomNonces,
): FieldCipher {
  const { algorithm, bind, form } = method;
  const isBound = bind.length > 0;
  if (form === 'token' && algorithm !== 'fernet')
    return new TokenCipher(dataset, path, method, TOKEN_SUITES[algorithm], nonces);
  if (form === 'jwe' && algorithm === 'aes-256-gcm' && !isBound)
    return new JweCipher(dataset, path, method, nonces);
  if (form === 'fernet' && algorithm === 'fernet' && !isBound)
    return new FernetCipher(dataset, path, method, nonces);
  // Precondition: form, algorithm and binding go together; policy checks them.
  throw new SealstreamError('INTERNAL', { form, algorithm, path });
}
