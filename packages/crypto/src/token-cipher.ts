import { type CipherOptions, BlockCipher } from './block-cipher.ts';
import type { AeadSuite } from './aead-suite.ts';
import { decodedLength, decodeInto, encodedLength, encodeInto } from './base64url.ts';
import { type ByteSink, copyBytes } from './byte-sink.ts';
import { FieldAssociated } from './field-associated.ts';
import { FieldKeys } from './field-keys.ts';
import {
  BINARY_BODY_AT,
  binaryTokenFault,
  binaryTokenKeyId,
  binaryTokenPrefix,
  BODY_AT,
  namesKey,
  type TokenFault,
  tokenFault,
  tokenKeyId,
  tokenPrefix,
} from './field-token.ts';
import type { KeySource } from './key-source.ts';
import { syntheticNonce } from './synthetic-nonce.ts';
import { type Frame, Frames } from './token-frames.ts';
import { type OpenedField, type PlainType, readBlock, writeBlock } from './typed-block.ts';
import { TAG_BYTES } from './xchacha20-poly1305.ts';

/** Seals fields as our own tokens, text or binary; one key and one associated data serve both. */
export class TokenCipher extends BlockCipher {
  readonly #nonceKeys: FieldKeys;
  readonly #suite: AeadSuite;
  readonly #overhead: number;
  readonly #associated: FieldAssociated;
  readonly #frames: Frames;
  /** The prefix of the key id used last. */
  #id = '';
  #prefix: Buffer = Buffer.alloc(0);
  /** The key id of the token opened last. */
  #openedId = '';

  constructor(options: CipherOptions, suite: AeadSuite) {
    super(options, 'field-token');
    const { dataset, method, path } = options;
    this.#nonceKeys = new FieldKeys(dataset, path, method, 'synthetic-nonce');
    this.#suite = suite;
    this.#overhead = suite.nonceBytes + TAG_BYTES;
    this.#associated = new FieldAssociated(dataset, path, method.bind);
    this.#frames = new Frames(suite.nonceBytes);
  }

  override sealInto(
    keys: KeySource,
    type: PlainType,
    plain: Uint8Array,
    from: number,
    to: number,
    out: ByteSink,
  ): void {
    const { body } = this.#sealed(keys, type, plain, from, to);
    const length = BODY_AT + encodedLength(body.length);
    out.reserve(length);
    copyBytes(this.#prefix, 0, BODY_AT, out.bytes, out.length);
    encodeInto(body, out.bytes, out.length + BODY_AT);
    out.length += length;
  }

  /** The binary form, for formats that have bytes; otherwise as `seal`. */
  sealBinary(keys: KeySource, type: PlainType, plain: Uint8Array): Buffer {
    const { body } = this.#sealed(keys, type, plain, 0, plain.length);
    return Buffer.concat([binaryTokenPrefix(this.#id), body]);
  }

  override open(keys: KeySource, token: Uint8Array): OpenedField {
    this.#refuse(tokenFault(token, this.#overhead));
    const frame = this.#frames.of(decodedLength(token.length - BODY_AT) - this.#overhead);
    if (!decodeInto(token, BODY_AT, token.length, frame.body)) this.#refuse('body');
    // Mostly it is that of the token before, and a string is not made for each.
    if (!namesKey(token, this.#openedId)) this.#openedId = tokenKeyId(token);
    return this.#opened(keys, this.#openedId, frame);
  }

  /** Opens the binary form. */
  openBinary(keys: KeySource, token: Uint8Array): OpenedField {
    this.#refuse(binaryTokenFault(token, this.#overhead));
    const frame = this.#frames.of(token.length - BINARY_BODY_AT - this.#overhead);
    frame.body.set(token.subarray(BINARY_BODY_AT));
    return this.#opened(keys, binaryTokenKeyId(token), frame);
  }

  /** Fills a frame; the key id that it was sealed under stands in `#id`. */
  #sealed(keys: KeySource, type: PlainType, plain: Uint8Array, from: number, to: number): Frame {
    const blockBytes = this.blockBytes(to - from);
    const { id, key } = this.keys.active(keys);
    if (id !== this.#id) {
      this.#id = id;
      this.#prefix = tokenPrefix(id);
    }
    this.#associated.set(id, keys.record);
    const frame = this.#frames.of(blockBytes);
    const { nonce, sealed, block } = frame;
    const { bytes: associated } = this.#associated;
    writeBlock(block, type, plain, from, to);
    if (this.#suite.isDeterministic)
      syntheticNonce(nonce, associated, block, this.#nonceKeys.byId(keys, id));
    else this.nonces.next(frame.body, this.#suite.nonceBytes);
    this.#suite.seal(sealed, block, associated, nonce, key);
    block.fill(0);
    return frame;
  }

  #opened(keys: KeySource, id: string, frame: Frame): OpenedField {
    try {
      return this.#plainOf(keys, id, frame);
    } finally {
      frame.block.fill(0);
    }
  }

  #plainOf(keys: KeySource, id: string, { block, nonce, sealed }: Frame): OpenedField {
    const key = this.keys.byId(keys, id);
    this.#associated.set(id, keys.record);
    const { bytes: associated } = this.#associated;
    if (!this.#suite.open(block, sealed, associated, nonce, key)) throw this.notAuthentic(id);
    if (this.#suite.isDeterministic && !this.#isOwnNonce(keys, id, block, nonce))
      throw this.notAuthentic(id);
    const opened = readBlock(block);
    // Only a writer with the key gets here with a wrong block; it is refused all the same.
    if (opened === undefined) throw this.notAuthentic(id);
    return opened;
  }

  /** Without this, a writer with the key could make many tokens for one value. */
  #isOwnNonce(keys: KeySource, id: string, block: Buffer, nonce: Buffer): boolean {
    const own = Buffer.alloc(nonce.length);
    syntheticNonce(own, this.#associated.bytes, block, this.#nonceKeys.byId(keys, id));
    return own.equals(nonce);
  }

  #refuse(part: TokenFault | undefined): void {
    if (part !== undefined) throw this.malformed(part);
  }
}
