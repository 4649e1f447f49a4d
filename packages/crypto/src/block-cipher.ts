import { SealstreamError } from '@sealstream/contracts';
import { type ByteSink, OneResult } from './byte-sink.ts';
import type { Format } from './derivation.ts';
import type { FieldCipher } from './field-cipher.ts';
import { FieldKeys } from './field-keys.ts';
import type { KeySource } from './key-source.ts';
import type { NonceSource } from './nonce-source.ts';
import type { SealMethod } from './seal-method.ts';
import { BLOCK_MAX, blockLength, type OpenedField, type PlainType } from './typed-block.ts';

/** What a cipher of one field is made from. */
export interface CipherOptions {
  /** The dataset's name in the policy. */
  readonly dataset: string;
  /** The policy's path pattern. */
  readonly path: string;
  readonly method: SealMethod;
  readonly nonces: NonceSource;
}

/** What the forms of a sealed field have in common: they seal a typed block under one use of keys. */
export abstract class BlockCipher implements FieldCipher {
  protected readonly place: { readonly dataset: string; readonly path: string };
  protected readonly keys: FieldKeys;
  protected readonly nonces: NonceSource;
  readonly #isPadded: boolean;

  constructor({ dataset, method, nonces, path }: CipherOptions, format: Format) {
    this.place = { dataset, path };
    this.keys = new FieldKeys(dataset, path, method, format);
    this.nonces = nonces;
    this.#isPadded = method.pad;
  }

  abstract sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void;

  abstract open(keys: KeySource, token: Uint8Array): OpenedField;

  seal(keys: KeySource, type: PlainType, plain: Uint8Array): Buffer {
    const token = new OneResult();
    this.sealInto(keys, type, plain, 0, plain.length, token);
    return token.bytes;
  }

  /** Length of the block for so many bytes of value. Throws RECORD_TOO_LARGE. */
  protected blockBytes(valueBytes: number): number {
    const bytes = blockLength(valueBytes, this.#isPadded);
    if (bytes > BLOCK_MAX) throw new SealstreamError('RECORD_TOO_LARGE', this.place);
    return bytes;
  }

  protected malformed(part: string): SealstreamError {
    return new SealstreamError('TOKEN_MALFORMED', { ...this.place, part });
  }

  protected notAuthentic(id: string): SealstreamError {
    return new SealstreamError('RECORD_NOT_AUTHENTIC', { ...this.place, key: id });
  }
}
