import { type ByteRange, SealstreamError } from '@sealstream/contracts';
import { copyBytes } from './byte-sink.ts';
import { KEY_ID_CHARACTERS, TOKEN_VERSION } from './field-token.ts';
import type { RecordIdentity } from './key-source.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import type { BoundTo } from './seal-method.ts';

/** What stands before the 16 bytes of each thing that a token is bound to. */
const BOUND = { subject: 1, 'record-id': 2 } as const satisfies Record<BoundTo, number>;
const BOUND_BYTES = 16;
const ANY_ID = '-'.repeat(KEY_ID_CHARACTERS);

/**
 * The associated data of one field's tokens, in one buffer of which only the key id and what a
 * token is bound to change: LP(version, dataset, path, key id, then what it is bound to).
 */
export class FieldAssociated {
  readonly bytes: Buffer;
  readonly #bind: readonly BoundTo[];
  readonly #idAt: number;
  #id = ANY_ID;

  constructor(dataset: string, path: string, bind: readonly BoundTo[]) {
    const named = lengthPrefixed([TOKEN_VERSION, dataset, path, ANY_ID]);
    const bound = bind.map((what) =>
      lengthPrefixed([Buffer.concat([Buffer.from([BOUND[what]]), Buffer.alloc(BOUND_BYTES)])]),
    );
    this.bytes = Buffer.concat([named, ...bound]);
    this.#idAt = named.length - KEY_ID_CHARACTERS;
    this.#bind = bind;
  }

  /** Puts in the key id and whatever the tokens of the field are bound to. */
  set(id: string, record: RecordIdentity | undefined): void {
    if (id !== this.#id) this.#put(id);
    if (this.#bind.length > 0) this.#bindTo(record);
  }

  #put(id: string): void {
    // Precondition: a key source gives ids of 12 base64url characters.
    if (id.length !== KEY_ID_CHARACTERS)
      throw new SealstreamError('INTERNAL', { keyIdCharacters: id.length });
    for (let i = 0; i < KEY_ID_CHARACTERS; i++) this.bytes[this.#idAt + i] = id.charCodeAt(i);
    this.#id = id;
  }

  #bindTo(record: RecordIdentity | undefined): void {
    let at = this.#idAt + KEY_ID_CHARACTERS + 5;
    for (const what of this.#bind) {
      const range: ByteRange | undefined = what === 'subject' ? record?.subject : record?.source;
      // Precondition: whoever treats a bound field says which record it is in.
      if (range === undefined || range.to - range.from !== BOUND_BYTES)
        throw new SealstreamError('INTERNAL', { bind: what });
      copyBytes(range.bytes, range.from, range.to, this.bytes, at);
      at += BOUND_BYTES + 5;
    }
  }
}
