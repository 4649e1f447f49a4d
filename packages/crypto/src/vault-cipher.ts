import { type ByteRange, SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';
import type { KeyUse } from './derivation.ts';
import { isKeyId, KEY_ID_CHARACTERS } from './field-token.ts';
import { bytesOf } from './key-handle.ts';
import type { KeySource } from './key-source.ts';
import { DIGEST_BYTES } from './keyed-hash.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { NONCE_BYTES, randomNonces } from './nonce-source.ts';
import { Scratch } from './scratch.ts';
import { aeadOpen, aeadSeal, TAG_BYTES } from './xchacha20-poly1305.ts';

/** Bytes of a subject's index. */
const SUBJECT_BYTES = 16;
/** First byte of a row, and of what is hashed: whether a subject's index follows. */
const [ALONE, OF_SUBJECT] = [1, 2];
const FORM = 'vault-row/1';

/** What a row is found by: the digest of a value, or its token. */
export type VaultRowKind = 'value' | 'token';

/** A row that opened. */
export interface OpenedRow {
  /** 16 bytes; undefined for a row that is about no subject. */
  readonly subject: Buffer | undefined;
  /** The token of a value, or the value of a token: the caller's own. */
  readonly content: Buffer;
}

/**
 * What the token vault does with keys, for one field: finds values by a keyed hash, and seals its rows.
 * A row is: form, the subject's index when it has one, key id, nonce, ciphertext and tag.
 *
 * Promises: equal values (of one subject, where the dataset has them) have equal digests for as long as
 * the keyset lives; a row opens only as the kind, under the name, for the path, dataset and subject that
 * it was sealed for.
 */
export class VaultCipher {
  readonly #finds: KeyUse;
  readonly #seals: KeyUse;
  readonly #message = new Scratch();
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  constructor(dataset: string, path: string) {
    const use = { purpose: 'vault', algorithm: 'xchacha20-poly1305', dataset, path } as const;
    this.#finds = Object.freeze({ ...use, format: 'vault-digest' });
    this.#seals = Object.freeze({ ...use, format: 'vault-row' });
  }

  /** 22 characters of base64url. Throws what the key source throws. */
  digest(keys: KeySource, subject: ByteRange | undefined, value: ByteRange): string {
    const { key } = keys.active(this.#finds);
    const begin = subject === undefined ? 1 : 1 + SUBJECT_BYTES;
    const message = this.#message.first(begin + value.to - value.from);
    message[0] = subject === undefined ? ALONE : OF_SUBJECT;
    if (subject !== undefined) subject.bytes.copy(message, 1, subject.from, subject.to);
    value.bytes.copy(message, begin, value.from, value.to);
    sodium.crypto_generichash(this.#digest, message, bytesOf(key));
    return this.#digest.toString('base64url');
  }

  /** Seals a row. Throws what the key source throws. */
  seal(
    keys: KeySource,
    kind: VaultRowKind,
    name: string,
    subject: Uint8Array | undefined,
    content: Buffer,
  ): Buffer {
    const { id, key } = keys.active(this.#seals);
    const head = Buffer.concat([
      Buffer.from([subject === undefined ? ALONE : OF_SUBJECT]),
      subject ?? Buffer.alloc(0),
      Buffer.from(id, 'latin1'),
    ]);
    const row = Buffer.alloc(head.length + NONCE_BYTES + content.length + TAG_BYTES);
    head.copy(row);
    const nonce = row.subarray(head.length, head.length + NONCE_BYTES);
    randomNonces.next(nonce);
    const sealed = row.subarray(head.length + NONCE_BYTES);
    aeadSeal(sealed, content, this.#associated(kind, name, head), nonce, key);
    return row;
  }

  /** Throws VAULT_ROW_REFUSED, and what the key source throws. */
  open(keys: KeySource, kind: VaultRowKind, name: string, row: Buffer): OpenedRow {
    const subject = subjectOfRow(row);
    const headBytes = 1 + (subject?.length ?? 0) + KEY_ID_CHARACTERS;
    const contentBytes = row.length - headBytes - NONCE_BYTES - TAG_BYTES;
    const id = row.toString('latin1', headBytes - KEY_ID_CHARACTERS, headBytes);
    if (contentBytes < 0 || !isKeyId(id)) throw new SealstreamError('VAULT_ROW_REFUSED');
    const key = keys.byId(this.#seals, id);
    const content = Buffer.alloc(contentBytes);
    const associated = this.#associated(kind, name, row.subarray(0, headBytes));
    const nonce = row.subarray(headBytes, headBytes + NONCE_BYTES);
    const sealed = row.subarray(headBytes + NONCE_BYTES);
    if (aeadOpen(content, sealed, associated, nonce, key)) return { subject, content };
    throw new SealstreamError('VAULT_ROW_REFUSED', { path: this.#seals.path });
  }

  #associated(kind: VaultRowKind, name: string, head: Buffer): Buffer {
    const { dataset, path } = this.#seals;
    return lengthPrefixed([FORM, kind, dataset, path, name, head]);
  }
}

/**
 * Whom a row says it is about: proven only once it opens. Throws VAULT_ROW_REFUSED for what is no row.
 */
export function subjectOfRow(row: Buffer): Buffer | undefined {
  const [form] = row;
  if (form === ALONE) return undefined;
  if (form === OF_SUBJECT && row.length > SUBJECT_BYTES) return row.subarray(1, 1 + SUBJECT_BYTES);
  throw new SealstreamError('VAULT_ROW_REFUSED');
}
