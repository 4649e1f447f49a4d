import { type ByteRange, type Purpose, SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';
import { deriveKey, type Format, type KeyUse } from './derivation.ts';
import { isKeyId, KEY_ID_CHARACTERS } from './field-token.ts';
import { bytesOf, KEY_BYTES, keyHandle } from './key-handle.ts';
import type { KeySource } from './key-source.ts';
import { publicKeyOf } from './key-wrap.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { NONCE_BYTES, type NonceSource, randomNonces } from './nonce-source.ts';
import {
  type RangeBinding,
  type RecordBinding,
  recordAssociated,
  wholeRange,
} from './record-binding.ts';
import { Scratch } from './scratch.ts';
import { aeadOpen, aeadSeal, TAG_BYTES } from './xchacha20-poly1305.ts';

/** First byte of a sealed record. */
const FORMAT_BYTES = { 'sealed-record': 1, 'sealed-to-public': 2 } as const;
type RecordFormat = keyof typeof FORMAT_BYTES & Format;

const ID_AT = 1;
const BODY_AT = ID_AT + KEY_ID_CHARACTERS;
/** crypto_box_seal around a 32-byte key: ephemeral public key, key, tag. */
const BOX_BYTES = KEY_BYTES + 48;

/**
 * Guarded memory for a fresh key and what is derived from it. One for all: ciphers are synchronous,
 * and an allocation a record would pile up until the collector runs.
 */
const scratch = sodium.sodium_malloc(2 * KEY_BYTES);
const freshSlot = scratch.subarray(0, KEY_BYTES);
const derivedSlot = scratch.subarray(KEY_BYTES);

/** Fixed associated data kept by one cipher; key ids are few. */
const FIXED_MAX = 1024;

/** What records under one key id have in common. */
interface FixedPart {
  readonly id: string;
  readonly bytes: Buffer;
  /** The first part of the associated data. */
  readonly fixed: Buffer;
}

/** Working memory of all ciphers, which are synchronous; only `opened` ever holds plaintext. */
const nonceBytes = Buffer.alloc(NONCE_BYTES);
const sealedBody = new Scratch();
const sealedWhole = new Scratch();
const opened = new Scratch();

/**
 * Seals and opens whole records of one purpose, dataset and stage (docs/wire-format.md).
 *
 * Promises: a record opens only with the binding it was sealed with, under the one key it names.
 * `seal` and `open` use a shared key. `sealToPublic` needs no secret and so proves nothing about
 * who sealed; `openSealed` needs the private half.
 */
export class RecordCipher {
  readonly #purpose: Purpose;
  readonly #dataset: string;
  readonly #stage: string;
  readonly #nonces: NonceSource;
  readonly #shared: KeyUse;
  readonly #once: KeyUse;
  readonly #fixed = {
    'sealed-record': new Map<string, FixedPart>(),
    'sealed-to-public': new Map<string, FixedPart>(),
  };
  #last: FixedPart | undefined;

  /**
   * @param stage what the record is sealed for; reader and writer must name it alike
   * @param nonces only tests inside this package can make another one
   */
  constructor(
    purpose: Purpose,
    dataset: string,
    stage: string,
    nonces: NonceSource = randomNonces,
  ) {
    this.#purpose = purpose;
    this.#dataset = dataset;
    this.#stage = stage;
    this.#nonces = nonces;
    const use = (format: RecordFormat): KeyUse =>
      Object.freeze({ purpose, algorithm: 'xchacha20-poly1305', format, dataset, path: '' });
    this.#shared = use('sealed-record');
    this.#once = use('sealed-to-public');
  }

  /** Seals under the active shared key. The result is the caller's own. */
  seal(keys: KeySource, binding: RecordBinding, plain: Uint8Array): Buffer {
    return Buffer.from(this.sealRange(keys, rangesOf(binding), view(plain)));
  }

  /** The same for a record in ranges. A view that stands until the next call of any cipher. */
  sealRange(keys: KeySource, binding: RangeBinding, plain: Buffer): Buffer {
    const { id, key } = keys.active(this.#shared);
    const { bytes, fixed } = this.#fixedOf('sealed-record', id);
    const associated = recordAssociated(fixed, binding);
    const body = sealedBody.first(plain.length + TAG_BYTES);
    this.#nonces.next(nonceBytes);
    aeadSeal(body, plain, associated, nonceBytes, key);
    const sealed = sealedWhole.first(BODY_AT + NONCE_BYTES + body.length);
    sealed[0] = FORMAT_BYTES['sealed-record'];
    sealed.set(bytes, ID_AT);
    sealed.set(nonceBytes, BODY_AT);
    sealed.set(body, BODY_AT + NONCE_BYTES);
    return sealed;
  }

  /** Opens what `seal` made. Throws RECORD_NOT_AUTHENTIC and what the key source throws. */
  open(keys: KeySource, binding: RecordBinding, sealed: Uint8Array): Buffer {
    return taken(this.openRange(keys, rangesOf(binding), wholeRange(sealed), opened));
  }

  /**
   * The same for a record in ranges; the plaintext is a view of `plain`. What does not open leaves no
   * plaintext there.
   */
  openRange(keys: KeySource, binding: RangeBinding, sealed: ByteRange, plain: Scratch): Buffer {
    const { bytes, from, to } = sealed;
    const bodyAt = from + BODY_AT + NONCE_BYTES;
    if (to - bodyAt < TAG_BYTES || bytes[from] !== FORMAT_BYTES['sealed-record'])
      throw this.#notAuthentic();
    const { id, fixed } = this.#namedBy(bytes, from + ID_AT);
    const key = keys.byId(this.#shared, id);
    const associated = recordAssociated(fixed, binding);
    for (let index = 0; index < NONCE_BYTES; index += 1)
      nonceBytes[index] = bytes[from + BODY_AT + index];
    // A copy costs no more than a view of an exact length, and leaves nothing to collect.
    const body = sealedBody.first(to - bodyAt);
    bytes.copy(body, 0, bodyAt, to);
    const target = plain.first(body.length - TAG_BYTES);
    if (!aeadOpen(target, body, associated, nonceBytes, key)) throw this.#notAuthentic(id);
    return target;
  }

  /** Seals under a fresh key, and that key to the public half of the purpose's key pair. */
  sealToPublic(
    keys: Pick<KeySource, 'publicKey'>,
    binding: RecordBinding,
    plain: Uint8Array,
  ): Buffer {
    const { id, publicKey } = keys.publicKey(this.#purpose, this.#dataset);
    const nonceAt = BODY_AT + BOX_BYTES;
    const nonceEnd = nonceAt + NONCE_BYTES;
    const sealed = Buffer.allocUnsafe(nonceEnd + plain.length + TAG_BYTES);
    const { bytes, fixed } = this.#fixedOf('sealed-to-public', id);
    const associated = recordAssociated(fixed, rangesOf(binding));
    sealed[0] = FORMAT_BYTES['sealed-to-public'];
    sealed.set(bytes, ID_AT);
    try {
      sodium.randombytes_buf(freshSlot);
      sodium.crypto_box_seal(sealed.subarray(BODY_AT, nonceAt), freshSlot, publicKey);
      const key = deriveKey(keyHandle(freshSlot), this.#once, derivedSlot);
      const nonce = sealed.subarray(nonceAt, nonceEnd);
      this.#nonces.next(nonce);
      aeadSeal(sealed.subarray(nonceEnd), view(plain), associated, nonce, key);
    } finally {
      sodium.sodium_memzero(scratch);
    }
    return sealed;
  }

  /** Opens what `sealToPublic` made. Throws RECORD_NOT_AUTHENTIC and what the source throws. */
  openSealed(
    keys: Pick<KeySource, 'privateKey'>,
    binding: RecordBinding,
    sealed: Uint8Array,
  ): Buffer {
    const record = view(sealed);
    const nonceAt = BODY_AT + BOX_BYTES;
    if (record.length < nonceAt + NONCE_BYTES + TAG_BYTES) throw this.#notAuthentic();
    if (record[0] !== FORMAT_BYTES['sealed-to-public']) throw this.#notAuthentic();
    const id = record.toString('latin1', ID_AT, BODY_AT);
    if (!isKeyId(id)) throw this.#notAuthentic();
    const secret = keys.privateKey(this.#purpose, this.#dataset, id);
    const { fixed } = this.#fixedOf('sealed-to-public', id);
    const associated = recordAssociated(fixed, rangesOf(binding));
    const nonceEnd = nonceAt + NONCE_BYTES;
    const plain = Buffer.allocUnsafe(record.length - nonceEnd - TAG_BYTES);
    try {
      const box = record.subarray(BODY_AT, nonceAt);
      if (!sodium.crypto_box_seal_open(freshSlot, box, publicKeyOf(secret), bytesOf(secret)))
        throw this.#notAuthentic(id);
      const key = deriveKey(keyHandle(freshSlot), this.#once, derivedSlot);
      const nonce = record.subarray(nonceAt, nonceEnd);
      if (!aeadOpen(plain, record.subarray(nonceEnd), associated, nonce, key))
        throw this.#notAuthentic(id);
    } finally {
      sodium.sodium_memzero(scratch);
    }
    return plain;
  }

  /** What stays the same under the key id that a record names; the last one is found by its bytes. */
  #namedBy(bytes: Buffer, at: number): FixedPart {
    const last = this.#last;
    if (last !== undefined && standsAt(last.bytes, bytes, at)) return last;
    const id = bytes.toString('latin1', at, at + KEY_ID_CHARACTERS);
    if (!isKeyId(id)) throw this.#notAuthentic();
    this.#last = this.#fixedOf('sealed-record', id);
    return this.#last;
  }

  #fixedOf(format: RecordFormat, id: string): FixedPart {
    const kept = this.#fixed[format].get(id);
    if (kept !== undefined) return kept;
    // Precondition: a key source gives ids of 12 base64url characters.
    if (!isKeyId(id)) throw new SealstreamError('INTERNAL', { keyIdCharacters: id.length });
    const part = {
      id,
      bytes: Buffer.from(id, 'latin1'),
      fixed: lengthPrefixed([`${format}/v1`, this.#stage, this.#dataset, id]),
    };
    if (this.#fixed[format].size >= FIXED_MAX) this.#fixed[format].clear();
    this.#fixed[format].set(id, part);
    return part;
  }

  #notAuthentic(id?: string): SealstreamError {
    return new SealstreamError('RECORD_NOT_AUTHENTIC', {
      purpose: this.#purpose,
      dataset: this.#dataset,
      stage: this.#stage,
      key: id,
    });
  }
}

/** The same bytes as a Buffer, without a copy. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function rangesOf({ source, key, headers }: RecordBinding): RangeBinding {
  return { source: wholeRange(source), key: wholeRange(key), headers: wholeRange(headers) };
}

function standsAt(word: Buffer, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < word.length; index += 1)
    if (bytes[at + index] !== word[index]) return false;
  return true;
}

/** A copy of a view of working memory, which is zeroed. */
function taken(view: Buffer): Buffer {
  const own = Buffer.from(view);
  view.fill(0);
  return own;
}
