import { type ByteRange, SealstreamError } from '@sealstream/contracts';
import { Scratch } from './scratch.ts';

/** What a sealed record is bound to besides its format, dataset, stage and key id. */
export interface RecordBinding {
  /** 16 bytes: the source coordinate (topic incarnation, partition, offset). */
  readonly source: Uint8Array;
  /** The Kafka key of the record; null and empty are different. */
  readonly key: Uint8Array | null;
  /** The encoded carried headers; may be empty. */
  readonly headers: Uint8Array;
}

/** The same as ranges of bytes, for records that are not taken apart. */
export interface RangeBinding {
  readonly source: ByteRange;
  readonly key: ByteRange;
  readonly headers: ByteRange;
}

export const SOURCE_BYTES = 16;
const NO_KEY = 0;
const HAS_KEY = 1;

/** One for all: ciphers are synchronous. Never secret. */
const scratch = new Scratch(1024);

/**
 * The associated data of one record: `fixed` (length-prefixed parts that the cipher keeps ready),
 * then source, key (one byte says whether there is one) and headers, length-prefixed too. A view
 * that stands until the next call.
 */
export function recordAssociated(fixed: Buffer, binding: RangeBinding): Buffer {
  const { source, key, headers } = binding;
  // Precondition: a source coordinate is 16 bytes.
  if (source.to - source.from !== SOURCE_BYTES)
    throw new SealstreamError('INTERNAL', { sourceBytes: source.to - source.from });
  const keyBytes = 1 + (key.to - key.from);
  const headerBytes = headers.to - headers.from;
  const joined = scratch.first(fixed.length + 12 + SOURCE_BYTES + keyBytes + headerBytes);
  joined.set(fixed, 0);
  let at = putLength(joined, fixed.length, SOURCE_BYTES);
  at = putRange(joined, at, source);
  at = putLength(joined, at, keyBytes);
  joined[at++] = key.from < 0 ? NO_KEY : HAS_KEY;
  at = putRange(joined, at, key);
  at = putLength(joined, at, headerBytes);
  putRange(joined, at, headers);
  return joined;
}

function putLength(target: Buffer, at: number, length: number): number {
  target[at] = length >>> 24;
  target[at + 1] = length >>> 16;
  target[at + 2] = length >>> 8;
  target[at + 3] = length;
  return at + 4;
}

/** A loop: these parts are short, and shorter than what a call into native code costs. */
function putRange(target: Buffer, start: number, { bytes, from, to }: ByteRange): number {
  if (to - from > 64) return start + bytes.copy(target, start, from, to);
  let at = start;
  for (let index = from; index < to; index += 1) target[at++] = bytes[index];
  return at;
}

/** The whole of some bytes as a range; null as a range that stands for null. */
export function wholeRange(bytes: Uint8Array | null): ByteRange {
  if (bytes === null) return { bytes: NOTHING, from: -1, to: -1 };
  const view = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes: view, from: 0, to: view.length };
}

const NOTHING = Buffer.alloc(0);
