import { copyBytes } from './byte-sink.ts';
import { pad, paddedLength, unpaddedLength } from './padding.ts';

/** What the bytes of a field are, so that they return exactly as they stood. */
export type PlainType = 'string' | 'number' | 'boolean' | 'null' | 'json' | 'csv-quoted';

/** First byte of every sealed plaintext; in the order of TYPES, from 1 on. */
const TAGS: Readonly<Record<PlainType, number>> = {
  string: 1,
  number: 2,
  boolean: 3,
  null: 4,
  json: 5,
  'csv-quoted': 6,
};
const TYPES = ['string', 'number', 'boolean', 'null', 'json', 'csv-quoted'] as const;

/** The type and the mark that ends the value. */
const FRAMING_BYTES = 2;

/** Smallest block there is: no value at all, not padded. */
export const BLOCK_MIN = FRAMING_BYTES;
/** Largest block that a reader takes on; far above what Kafka carries by default. */
export const BLOCK_MAX = 16 * 1024 * 1024;

/** An opened field. */
export interface OpenedField {
  readonly type: PlainType;
  readonly plain: Buffer;
}

/** Length of the block for a value of so many bytes. */
export function blockLength(valueBytes: number, isPadded: boolean): number {
  const least = valueBytes + FRAMING_BYTES;
  return isPadded ? paddedLength(least) : least;
}

/** Fills the whole of `block`: the type, plain[from, to), the mark, zeroes. */
export function writeBlock(
  block: Buffer,
  type: PlainType,
  plain: Uint8Array,
  from: number,
  to: number,
): void {
  block[0] = TAGS[type];
  copyBytes(plain, from, to, block, 1);
  pad(block, to - from + 1);
}

/** The value of a block, copied out; undefined when the block is not well formed. */
export function readBlock(block: Buffer): OpenedField | undefined {
  const type = TYPES.at(block[0] - 1);
  const end = unpaddedLength(block);
  if (block[0] === 0 || type === undefined || end < 1) return undefined;
  // Of a loop and not of a view: a view costs as much as the copy.
  const plain = Buffer.allocUnsafe(end - 1);
  copyBytes(block, 1, end, plain, 0);
  return { type, plain };
}
