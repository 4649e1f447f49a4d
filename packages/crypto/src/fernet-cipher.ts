import { type CipherOptions, BlockCipher } from './block-cipher.ts';
import type { ByteSink } from './byte-sink.ts';
import { fernetText, isFernetForm, IV_BYTES, openFernet, sealFernet } from './fernet-token.ts';
import { beginsAsToken, BODY_AT, tokenKeyId } from './field-token.ts';
import type { KeySource } from './key-source.ts';
import {
  BLOCK_MAX,
  type OpenedField,
  type PlainType,
  readBlock,
  writeBlock,
} from './typed-block.ts';

const PREFIX = 'ssf';
const LETTER_F = 0x66;

/**
 * Seals fields as Fernet tokens behind their key id, `ssf:<key id>:<Fernet token>`, for readers with
 * a Fernet library and the field's derived key (in its base64url form). Fernet has no associated
 * data; that the key is derived for dataset and path binds a token to them.
 */
export class FernetCipher extends BlockCipher {
  readonly #nowSeconds: () => number;

  /** @param nowSeconds the time that a token says it was made; readers of ours do not go by it */
  constructor(
    options: CipherOptions,
    nowSeconds: () => number = () => Math.floor(Date.now() / 1000),
  ) {
    super(options, 'fernet');
    this.#nowSeconds = nowSeconds;
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
    const block = Buffer.alloc(blockBytes);
    writeBlock(block, type, plain, from, to);
    const iv = Buffer.alloc(IV_BYTES);
    this.nonces.next(iv, IV_BYTES);
    const text = `${PREFIX}:${id}:${fernetText(sealFernet(key, this.#nowSeconds(), iv, block))}`;
    block.fill(0);
    out.reserve(text.length);
    out.bytes.write(text, out.length, 'latin1');
    out.length += text.length;
  }

  override open(keys: KeySource, token: Uint8Array): OpenedField {
    const isOurs = beginsAsToken(token, 0, token.length) && token[2] === LETTER_F;
    if (!isOurs) throw this.malformed('prefix');
    const text = Buffer.from(token.subarray(BODY_AT)).toString('latin1');
    const bytes = Buffer.from(text, 'base64url');
    if (fernetText(bytes) !== text) throw this.malformed('body');
    if (!isFernetForm(bytes) || bytes.length > 2 * BLOCK_MAX) throw this.malformed('length');
    const id = tokenKeyId(token);
    const block = openFernet(this.keys.byId(keys, id), bytes);
    const opened = block && readBlock(block);
    block?.fill(0);
    if (opened === undefined) throw this.notAuthentic(id);
    return opened;
  }
}
