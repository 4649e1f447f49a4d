import { SealstreamError } from '@sealstream/contracts';
import { GCM_NONCE_BYTES, gcmOpen, gcmSeal } from './aes-256-gcm.ts';
import { decodeInto, encodedLength, encodeInto } from './base64url.ts';
import { type ByteSink, OneResult } from './byte-sink.ts';
import type { FieldCipher } from './field-cipher.ts';
import { FieldKeys } from './field-keys.ts';
import { isKeyId } from './field-token.ts';
import {
  CIPHERTEXT_AT,
  HEADER_CHARACTERS,
  IV_AT,
  JWE_OVERHEAD,
  jweCiphertextBytes,
  jweHeader,
  jweKeyId,
} from './jwe-text.ts';
import type { KeySource } from './key-source.ts';
import type { NonceSource } from './nonce-source.ts';
import type { SealMethod } from './seal-method.ts';
import { Frames } from './token-frames.ts';
import {
  BLOCK_MAX,
  BLOCK_MIN,
  blockLength,
  type OpenedField,
  type PlainType,
  readBlock,
  writeBlock,
} from './typed-block.ts';
import { TAG_BYTES } from './xchacha20-poly1305.ts';

const DOT = 0x2e;

/**
 * Seals fields as compact JWE (RFC 7516) with alg dir and enc A256GCM under the field's derived key,
 * for consumers with a JOSE library and that key. Composed here over node:crypto, since a library
 * takes twenty times as long a field; the tests hold it against one.
 */
export class JweCipher implements FieldCipher {
  readonly #place: { readonly dataset: string; readonly path: string };
  readonly #keys: FieldKeys;
  readonly #isPadded: boolean;
  readonly #nonces: NonceSource;
  readonly #frames = new Frames(GCM_NONCE_BYTES);

  constructor(dataset: string, path: string, method: SealMethod, nonces: NonceSource) {
    this.#place = { dataset, path };
    this.#keys = new FieldKeys(dataset, path, method, 'jwe');
    this.#isPadded = method.pad;
    this.#nonces = nonces;
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
    const { body, block, nonce, sealed } = this.#frames.of(blockBytes);
    const header = jweHeader(id);
    writeBlock(block, type, plain, from, to);
    this.#nonces.next(body, GCM_NONCE_BYTES);
    gcmSeal(sealed, block, header, nonce, key);
    const length = JWE_OVERHEAD + encodedLength(blockBytes);
    out.reserve(length);
    const { bytes, length: start } = out;
    bytes.set(header, start);
    bytes[start + HEADER_CHARACTERS] = DOT;
    bytes[start + HEADER_CHARACTERS + 1] = DOT;
    encodeInto(nonce, bytes, start + IV_AT);
    bytes[start + CIPHERTEXT_AT - 1] = DOT;
    encodeInto(sealed.subarray(0, blockBytes), bytes, start + CIPHERTEXT_AT);
    const tagAt = start + CIPHERTEXT_AT + encodedLength(blockBytes) + 1;
    bytes[tagAt - 1] = DOT;
    encodeInto(sealed.subarray(blockBytes), bytes, tagAt);
    out.length += length;
  }

  open(keys: KeySource, token: Uint8Array): OpenedField {
    const blockBytes = jweCiphertextBytes(token);
    if (blockBytes < BLOCK_MIN || blockBytes > BLOCK_MAX) throw this.#malformed('form');
    const { block, nonce, sealed } = this.#frames.of(blockBytes);
    const tagAt = CIPHERTEXT_AT + encodedLength(blockBytes) + 1;
    const isCanonical =
      decodeInto(token, IV_AT, CIPHERTEXT_AT - 1, nonce) &&
      decodeInto(token, CIPHERTEXT_AT, tagAt - 1, sealed.subarray(0, blockBytes)) &&
      decodeInto(token, tagAt, token.length, sealed.subarray(blockBytes));
    if (!isCanonical || sealed.length !== blockBytes + TAG_BYTES) throw this.#malformed('body');
    const id = jweKeyId(token);
    if (!isKeyId(id)) throw this.#malformed('key id');
    const key = this.#keys.byId(keys, id);
    const opened = gcmOpen(block, sealed, jweHeader(id), nonce, key) ? readBlock(block) : undefined;
    if (opened === undefined)
      throw new SealstreamError('RECORD_NOT_AUTHENTIC', { ...this.#place, key: id });
    return opened;
  }

  #malformed(part: string): SealstreamError {
    return new SealstreamError('TOKEN_MALFORMED', { ...this.#place, part });
  }
}
