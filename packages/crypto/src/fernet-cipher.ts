import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { type ByteSink, OneResult } from './byte-sink.ts';
import type { FieldCipher } from './field-cipher.ts';
import { FieldKeys } from './field-keys.ts';
import { beginsAsToken, BODY_AT, tokenKeyId } from './field-token.ts';
import { bytesOf, type KeyHandle } from './key-handle.ts';
import type { KeySource } from './key-source.ts';
import type { NonceSource } from './nonce-source.ts';
import type { SealMethod } from './seal-method.ts';
import {
  BLOCK_MAX,
  blockLength,
  type OpenedField,
  type PlainType,
  readBlock,
  writeBlock,
} from './typed-block.ts';

/** The Fernet specification (github.com/fernet/spec): where the parts of a token stand. */
const VERSION = 0x80;
const TIME_AT = 1;
const IV_AT = 9;
const IV_BYTES = 16;
const CIPHERTEXT_AT = IV_AT + IV_BYTES;
const MAC_BYTES = 32;
/** The first half of the key signs, the second enciphers. */
const HALF_KEY = 16;
const SMALLEST = CIPHERTEXT_AT + 16 + MAC_BYTES;
const PREFIX = 'ssf';
const LETTER_F = 0x66;

/**
 * Seals fields as Fernet tokens behind their key id, `ssf:<key id>:<Fernet token>`, for readers with
 * a Fernet library and the field's derived key (in its base64url form). Fernet has no associated
 * data; that the key is derived for dataset and path binds a token to them.
 */
export class FernetCipher implements FieldCipher {
  readonly #place: { readonly dataset: string; readonly path: string };
  readonly #keys: FieldKeys;
  readonly #isPadded: boolean;
  readonly #nonces: NonceSource;
  readonly #nowSeconds: () => number;

  /** @param nowSeconds the time that a token says it was made; readers of ours do not go by it */
  constructor(
    dataset: string,
    path: string,
    method: SealMethod,
    nonces: NonceSource,
    nowSeconds: () => number = () => Math.floor(Date.now() / 1000),
  ) {
    this.#place = { dataset, path };
    this.#keys = new FieldKeys(dataset, path, method, 'fernet');
    this.#isPadded = method.pad;
    this.#nonces = nonces;
    this.#nowSeconds = nowSeconds;
  }

  seal(keys: KeySource, type: PlainType, plain: Uint8Array): Buffer {
    const text = new OneResult();
    this.sealInto(keys, type, plain, 0, plain.length, text);
    return text.bytes;
  }

  sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void {
    const blockBytes = blockLength(to - from, this.#isPadded);
    if (blockBytes > BLOCK_MAX) throw new SealstreamError('RECORD_TOO_LARGE', this.#place);
    const { id, key } = this.#keys.active(keys);
    const block = Buffer.alloc(blockBytes);
    writeBlock(block, type, plain, from, to);
    const text = `${PREFIX}:${id}:${this.#fernet(key, block)}`;
    block.fill(0);
    out.reserve(text.length);
    out.bytes.write(text, out.length, 'latin1');
    out.length += text.length;
  }

  open(keys: KeySource, token: Uint8Array): OpenedField {
    const isOurs = beginsAsToken(token, 0, token.length) && token[2] === LETTER_F;
    if (!isOurs) throw this.#malformed('prefix');
    const text = Buffer.from(token.subarray(BODY_AT)).toString('latin1');
    const bytes = Buffer.from(text, 'base64url');
    if (padded(bytes) !== text) throw this.#malformed('body');
    const cut = (bytes.length - CIPHERTEXT_AT - MAC_BYTES) % IV_BYTES;
    if (bytes.length < SMALLEST || bytes.length > 2 * BLOCK_MAX || cut !== 0)
      throw this.#malformed('length');
    if (bytes[0] !== VERSION) throw this.#malformed('version');
    const id = tokenKeyId(token);
    const opened = deciphered(this.#keys.byId(keys, id), bytes);
    if (opened === undefined)
      throw new SealstreamError('RECORD_NOT_AUTHENTIC', { ...this.#place, key: id });
    return opened;
  }

  #fernet(key: KeyHandle, block: Buffer): string {
    const head = Buffer.alloc(CIPHERTEXT_AT);
    head[0] = VERSION;
    head.writeBigUInt64BE(BigInt(this.#nowSeconds()), TIME_AT);
    const iv = head.subarray(IV_AT);
    this.#nonces.next(iv, IV_BYTES);
    const secret = bytesOf(key);
    const cipher = createCipheriv('aes-128-cbc', secret.subarray(HALF_KEY), iv);
    const signed = Buffer.concat([head, cipher.update(block), cipher.final()]);
    return padded(Buffer.concat([signed, mac(secret, signed)]));
  }

  #malformed(part: string): SealstreamError {
    return new SealstreamError('TOKEN_MALFORMED', { ...this.#place, part });
  }
}

function mac(secret: Buffer, signed: Buffer): Buffer {
  return createHmac('sha256', secret.subarray(0, HALF_KEY)).update(signed).digest();
}

/** Authenticates first, then deciphers; undefined when either fails. */
function deciphered(key: KeyHandle, token: Buffer): OpenedField | undefined {
  const secret = bytesOf(key);
  const signed = token.subarray(0, token.length - MAC_BYTES);
  if (!timingSafeEqual(mac(secret, signed), token.subarray(signed.length))) return undefined;
  const iv = token.subarray(IV_AT, CIPHERTEXT_AT);
  const cipher = createDecipheriv('aes-128-cbc', secret.subarray(HALF_KEY), iv);
  try {
    const block = Buffer.concat([cipher.update(signed.subarray(CIPHERTEXT_AT)), cipher.final()]);
    const opened = readBlock(block);
    block.fill(0);
    return opened;
  } catch {
    return undefined;
  }
}

/** Fernet's base64url keeps its padding. */
function padded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
