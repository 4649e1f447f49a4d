import { SealstreamError } from '@sealstream/contracts';
import { decodedLength, decodeInto, encodedLength, encodeInto } from './base64url.ts';
import { type ByteSink, copyBytes, OneResult } from './byte-sink.ts';
import type { KeyUse } from './derivation.ts';
import {
  BLOCK_MAX,
  BODY_AT,
  BODY_OVERHEAD,
  isKeyId,
  TOKEN_VERSION,
  tokenFault,
  tokenKeyId,
} from './field-token.ts';
import type { KeySource } from './key-source.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { NONCE_BYTES, type NonceSource, randomNonces } from './nonce-source.ts';
import { pad, paddedLength, unpaddedLength } from './padding.ts';
import { aeadOpen, aeadSeal } from './xchacha20-poly1305.ts';

/** What the bytes of a field are, so that they return exactly as they stood. */
export type PlainType = 'string' | 'number' | 'boolean' | 'null' | 'json' | 'csv-quoted';

/** First byte of every sealed plaintext. */
const TAGS: Readonly<Record<PlainType, number>> = {
  string: 1,
  number: 2,
  boolean: 3,
  null: 4,
  json: 5,
  'csv-quoted': 6,
};
const TYPES = new Map(Object.entries(TAGS).map(([type, tag]) => [tag, type as PlainType]));

/** An opened field. */
export interface OpenedField {
  readonly type: PlainType;
  readonly plain: Buffer;
}

/** Working memory for one padded length; a small field allocates nothing but its result. */
interface Frame {
  /** nonce ‖ sealed, and a view on each of the two. */
  readonly body: Buffer;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
  readonly block: Buffer;
}

/** Only lengths that padding gives are kept, so a forged token cannot fill the list. */
const FRAME_KEPT_MAX = 4096;
const frames = Array.from<Frame | undefined>({ length: FRAME_KEPT_MAX + 1 });

function frameOf(blockBytes: number): Frame {
  const kept = blockBytes <= FRAME_KEPT_MAX ? frames[blockBytes] : undefined;
  if (kept !== undefined) return kept;
  const body = Buffer.alloc(BODY_OVERHEAD + blockBytes);
  const frame = {
    body,
    nonce: body.subarray(0, NONCE_BYTES),
    sealed: body.subarray(NONCE_BYTES),
    block: Buffer.alloc(blockBytes),
  };
  if (blockBytes <= FRAME_KEPT_MAX && paddedLength(blockBytes) === blockBytes)
    frames[blockBytes] = frame;
  return frame;
}

/** What does not change between two fields under one key id. */
interface Binding {
  readonly id: string;
  readonly prefix: Buffer;
  readonly associated: Buffer;
}

/** Bindings kept by one cipher; key ids are few, and with many the map starts afresh. */
const BINDINGS_MAX = 1024;

/**
 * Seals and opens the values of one field of one dataset as text tokens (docs/wire-format.md).
 *
 * Promises: a token opens only for the dataset and path it was sealed for, under the one key it
 * names, with the type and bytes that were sealed; anything else throws. Its length tells only the
 * padded length. Opening takes off exactly one layer.
 */
export class FieldCipher {
  readonly #use: KeyUse;
  readonly #nonces: NonceSource;
  readonly #bindings = new Map<string, Binding>();
  #latest: Binding | undefined;

  /**
   * @param dataset the dataset's name in the policy
   * @param path the policy's path pattern
   * @param nonces only tests inside this package can make another one
   */
  constructor(dataset: string, path: string, nonces: NonceSource = randomNonces) {
    this.#use = Object.freeze({
      purpose: 'field',
      algorithm: 'xchacha20-poly1305',
      format: 'field-token',
      dataset,
      path,
    });
    this.#nonces = nonces;
  }

  /**
   * Seals the bytes of one value under the active key.
   *
   * @returns the ASCII bytes of the token; the caller's own.
   * Throws RECORD_TOO_LARGE and what the key source throws.
   */
  seal(keys: KeySource, type: PlainType, plain: Uint8Array): Buffer {
    const token = new OneResult();
    this.sealInto(keys, type, plain, 0, plain.length, token);
    return token.bytes;
  }

  /** The same for plain[from, to); the token is written to `out`, which stays when this throws. */
  sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void {
    const used = to - from + 1;
    const blockBytes = paddedLength(used + 1);
    if (blockBytes > BLOCK_MAX) throw new SealstreamError('RECORD_TOO_LARGE', this.#place());
    const active = keys.active(this.#use);
    const { prefix, associated } = this.#binding(active.id);
    const { body, nonce, sealed, block } = frameOf(blockBytes);
    block[0] = TAGS[type];
    copyBytes(plain, from, to, block, 1);
    pad(block, used);
    this.#nonces.next(body);
    aeadSeal(sealed, block, associated, nonce, active.key);
    const length = BODY_AT + encodedLength(body.length);
    out.reserve(length);
    copyBytes(prefix, 0, BODY_AT, out.bytes, out.length);
    encodeInto(body, out.bytes, out.length + BODY_AT);
    out.length += length;
  }

  /** Opens one token. Throws TOKEN_MALFORMED, RECORD_NOT_AUTHENTIC and what the source throws. */
  open(keys: KeySource, token: Uint8Array): OpenedField {
    const fault = tokenFault(token);
    if (fault !== undefined)
      throw new SealstreamError('TOKEN_MALFORMED', { ...this.#place(), part: fault });
    const { body, nonce, sealed, block } = frameOf(
      decodedLength(token.length - BODY_AT) - BODY_OVERHEAD,
    );
    if (!decodeInto(token, BODY_AT, token.length, body))
      throw new SealstreamError('TOKEN_MALFORMED', { ...this.#place(), part: 'body' });
    const id = tokenKeyId(token);
    const key = keys.byId(this.#use, id);
    const { associated } = this.#binding(id);
    if (!aeadOpen(block, sealed, associated, nonce, key)) throw this.#notAuthentic(id);
    const type = TYPES.get(block[0]);
    const end = unpaddedLength(block);
    // Only a writer with the key gets here with either of them wrong; it is refused all the same.
    if (type === undefined || end < 1) throw this.#notAuthentic(id);
    return { type, plain: Buffer.from(block.subarray(1, end)) };
  }

  #binding(id: string): Binding {
    if (this.#latest?.id === id) return this.#latest;
    const binding = this.#bindings.get(id) ?? this.#bind(id);
    this.#latest = binding;
    return binding;
  }

  #bind(id: string): Binding {
    // Precondition: a key source gives ids of 12 base64url characters.
    if (!isKeyId(id)) throw new SealstreamError('INTERNAL', { keyIdCharacters: id.length });
    const { dataset, path } = this.#use;
    const binding = {
      id,
      prefix: Buffer.from(`${TOKEN_VERSION}:${id}:`, 'latin1'),
      associated: lengthPrefixed([TOKEN_VERSION, dataset, path, id]),
    };
    if (this.#bindings.size >= BINDINGS_MAX) this.#bindings.clear();
    this.#bindings.set(id, binding);
    return binding;
  }

  #place(): { dataset: string; path: string } {
    return { dataset: this.#use.dataset, path: this.#use.path };
  }

  #notAuthentic(id: string): SealstreamError {
    return new SealstreamError('RECORD_NOT_AUTHENTIC', { ...this.#place(), key: id });
  }
}
