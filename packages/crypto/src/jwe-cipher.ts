import { type CipherOptions, BlockCipher } from './block-cipher.ts';
import { GCM_NONCE_BYTES, gcmOpen, gcmSeal } from './aes-256-gcm.ts';
import { decodeInto, encodedLength, encodeInto } from './base64url.ts';
import type { ByteSink } from './byte-sink.ts';
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
import { Frames } from './token-frames.ts';
import {
  BLOCK_MAX,
  BLOCK_MIN,
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
export class JweCipher extends BlockCipher {
  readonly #frames = new Frames(GCM_NONCE_BYTES);

  constructor(options: CipherOptions) {
    super(options, 'jwe');
  }

  override sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void {
    const blockBytes = this.blockBytes(to - from);
    const { id, key } = this.keys.active(keys);
    const { body, block, nonce, sealed } = this.#frames.of(blockBytes);
    const header = jweHeader(id);
    writeBlock(block, type, plain, from, to);
    this.nonces.next(body, GCM_NONCE_BYTES);
    gcmSeal(sealed, block, header, nonce, key);
    block.fill(0);
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

  override open(keys: KeySource, token: Uint8Array): OpenedField {
    const blockBytes = jweCiphertextBytes(token);
    if (blockBytes < BLOCK_MIN || blockBytes > BLOCK_MAX) throw this.malformed('form');
    const { block, nonce, sealed } = this.#frames.of(blockBytes);
    const tagAt = CIPHERTEXT_AT + encodedLength(blockBytes) + 1;
    const isCanonical =
      decodeInto(token, IV_AT, CIPHERTEXT_AT - 1, nonce) &&
      decodeInto(token, CIPHERTEXT_AT, tagAt - 1, sealed.subarray(0, blockBytes)) &&
      decodeInto(token, tagAt, token.length, sealed.subarray(blockBytes));
    if (!isCanonical || sealed.length !== blockBytes + TAG_BYTES) throw this.malformed('body');
    const id = jweKeyId(token);
    if (!isKeyId(id)) throw this.malformed('key id');
    const key = this.keys.byId(keys, id);
    const opened = gcmOpen(block, sealed, jweHeader(id), nonce, key) ? readBlock(block) : undefined;
    block.fill(0);
    if (opened === undefined) throw this.notAuthentic(id);
    return opened;
  }
}
