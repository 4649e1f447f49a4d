import { paddedLength } from './padding.ts';
import { TAG_BYTES } from './xchacha20-poly1305.ts';

/** Working memory for one length of block; a small field allocates nothing but its result. */
export interface Frame {
  /** nonce ‖ sealed, and a view on each of the two. */
  readonly body: Buffer;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
  readonly block: Buffer;
}

/** Only lengths that padding gives are kept, so a forged token cannot fill the list. */
const FRAME_KEPT_MAX = 4096;

/**
 * The frames for one length of nonce. What stands in one stands until it is asked for again; whoever
 * puts plaintext into a block zeroes it after use.
 */
export class Frames {
  readonly #nonceBytes: number;
  readonly #kept: (Frame | undefined)[];

  constructor(nonceBytes: number) {
    this.#nonceBytes = nonceBytes;
    this.#kept = framesOf(nonceBytes);
  }

  of(blockBytes: number): Frame {
    const kept = blockBytes <= FRAME_KEPT_MAX ? this.#kept[blockBytes] : undefined;
    if (kept !== undefined) return kept;
    const body = Buffer.alloc(this.#nonceBytes + blockBytes + TAG_BYTES);
    const frame = {
      body,
      nonce: body.subarray(0, this.#nonceBytes),
      sealed: body.subarray(this.#nonceBytes),
      block: Buffer.alloc(blockBytes),
    };
    if (blockBytes <= FRAME_KEPT_MAX && paddedLength(blockBytes) === blockBytes)
      this.#kept[blockBytes] = frame;
    return frame;
  }
}

/** One list for all ciphers of a nonce length: they are synchronous. */
const lists = new Map<number, (Frame | undefined)[]>();

function framesOf(nonceBytes: number): (Frame | undefined)[] {
  const known = lists.get(nonceBytes);
  if (known !== undefined) return known;
  const list = Array.from<Frame | undefined>({ length: FRAME_KEPT_MAX + 1 });
  lists.set(nonceBytes, list);
  return list;
}
