import type { ByteSink } from './byte-sink.ts';
import type { KeySource } from './key-source.ts';
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
