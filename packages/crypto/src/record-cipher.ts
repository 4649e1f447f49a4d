import { type Purpose, SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';
import { deriveKey, type Format, type KeyUse } from './derivation.ts';
import { isKeyId, KEY_ID_CHARACTERS } from './field-token.ts';
import { bytesOf, KEY_BYTES, keyHandle } from './key-handle.ts';
import type { KeySource } from './key-source.ts';
import { publicKeyOf } from './key-wrap.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { NONCE_BYTES, type NonceSource, randomNonces } from './nonce-source.ts';
import { type RecordBinding, recordAssociated } from './record-binding.ts';
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
  readonly #fixed = new Map<string, Buffer>();

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
    const { id, key } = keys.active(this.#shared);
    const sealed = Buffer.allocUnsafe(BODY_AT + NONCE_BYTES + plain.length + TAG_BYTES);
    const associated = this.#start('sealed-record', id, binding, sealed);
    const nonce = sealed.subarray(BODY_AT, BODY_AT + NONCE_BYTES);
    this.#nonces.next(nonce);
    aeadSeal(sealed.subarray(BODY_AT + NONCE_BYTES), view(plain), associated, nonce, key);
    return sealed;
  }

  /** Opens what `seal` made. Throws RECORD_NOT_AUTHENTIC and what the key source throws. */
  open(keys: KeySource, binding: RecordBinding, sealed: Uint8Array): Buffer {
    const record = view(sealed);
    const id = this.#idOf('sealed-record', record, BODY_AT);
    const key = keys.byId(this.#shared, id);
    const associated = recordAssociated(this.#fixedOf('sealed-record', id), binding);
    const nonceEnd = BODY_AT + NONCE_BYTES;
    const plain = Buffer.allocUnsafe(record.length - nonceEnd - TAG_BYTES);
    const nonce = record.subarray(BODY_AT, nonceEnd);
    if (!aeadOpen(plain, record.subarray(nonceEnd), associated, nonce, key))
      throw this.#notAuthentic(id);
    return plain;
  }

  /** Seals under a fresh key, and that key to the public half of the purpose's key pair. */
  sealToPublic(keys: KeySource, binding: RecordBinding, plain: Uint8Array): Buffer {
    const { id, publicKey } = keys.publicKey(this.#purpose, this.#dataset);
    const nonceAt = BODY_AT + BOX_BYTES;
    const nonceEnd = nonceAt + NONCE_BYTES;
    const sealed = Buffer.allocUnsafe(nonceEnd + plain.length + TAG_BYTES);
    const associated = this.#start('sealed-to-public', id, binding, sealed);
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
  openSealed(keys: KeySource, binding: RecordBinding, sealed: Uint8Array): Buffer {
    const record = view(sealed);
    const nonceAt = BODY_AT + BOX_BYTES;
    const id = this.#idOf('sealed-to-public', record, nonceAt);
    const secret = keys.privateKey(this.#purpose, this.#dataset, id);
    const associated = recordAssociated(this.#fixedOf('sealed-to-public', id), binding);
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

  /** Writes format byte and key id; gives the associated data. */
  #start(format: RecordFormat, id: string, binding: RecordBinding, sealed: Buffer): Buffer {
    const associated = recordAssociated(this.#fixedOf(format, id), binding);
    sealed[0] = FORMAT_BYTES[format];
    sealed.write(id, ID_AT, 'latin1');
    return associated;
  }

  #idOf(format: RecordFormat, sealed: Buffer, nonceAt: number): string {
    const id = sealed.toString('latin1', ID_AT, BODY_AT);
    const long = sealed.length >= nonceAt + NONCE_BYTES + TAG_BYTES;
    if (!long || sealed[0] !== FORMAT_BYTES[format] || !isKeyId(id)) throw this.#notAuthentic();
    return id;
  }

  #fixedOf(format: RecordFormat, id: string): Buffer {
    const name = `${format}/${id}`;
    const kept = this.#fixed.get(name);
    if (kept !== undefined) return kept;
    // Precondition: a key source gives ids of 12 base64url characters.
    if (!isKeyId(id)) throw new SealstreamError('INTERNAL', { keyIdCharacters: id.length });
    const fixed = lengthPrefixed([`${format}/v1`, this.#stage, this.#dataset, id]);
    if (this.#fixed.size >= FIXED_MAX) this.#fixed.clear();
    this.#fixed.set(name, fixed);
    return fixed;
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
