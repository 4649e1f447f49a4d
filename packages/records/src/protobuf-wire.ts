import type { ByteWriter } from './byte-writer.ts';
import { MAX_DEPTH } from './json-syntax.ts';

/** Types of the wire. Source: "Encoding", https://protobuf.dev/programming-guides/encoding. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, start: 3, end: 4, fixed32: 5 } as const;

const VARINT_BYTES_MAX = 10;
const TAG_BYTES_MAX = 5;
const UINT32 = 2 ** 32;

/**
 * Goes through the fields of a message as they stand, whatever their schema. What is read stays in the
 * members of the reader until the next call.
 */
export class WireReader {
  bytes: Buffer = Buffer.alloc(0);
  /** Of the field that was read: its number, its type on the wire, and where its value begins. */
  number = 0;
  wire = 0;
  inside = 0;
  /** After -1: the place of what cannot be read, and whether it is nested too deep. */
  badAt = 0;
  isDeep = false;
  #value = 0;

  /** Reads the field at `at`, which must end before `to`; the place behind it, or -1. */
  next(at: number, to: number, depth: number): number {
    const behind = this.#varint(at, to, TAG_BYTES_MAX);
    if (behind < 0) return -1;
    // More than 32 bits some readers cut off, so that it would be another field to them.
    if (this.#value >= UINT32 || this.#value < 8) return this.#bad(at);
    this.number = Math.floor(this.#value / 8);
    this.wire = this.#value % 8;
    this.inside = behind;
    if (this.wire === WIRE.start) return this.#group(at, to, depth);
    if (this.wire !== WIRE.bytes) return this.element(this.wire, behind, to);
    this.inside = this.#varint(behind, to, VARINT_BYTES_MAX);
    if (this.inside < 0) return -1;
    return this.#value <= to - this.inside ? this.inside + this.#value : this.#bad(behind);
  }

  /** The place behind a value that has no length before it, or -1. */
  element(wire: number, at: number, to: number): number {
    if (wire === WIRE.varint) return this.#varint(at, to, VARINT_BYTES_MAX);
    const size = wire === WIRE.fixed64 ? 8 : 4;
    if (wire !== WIRE.fixed64 && wire !== WIRE.fixed32) return this.#bad(at);
    return size <= to - at ? at + size : this.#bad(at);
  }

  #bad(at: number): number {
    this.badAt = at;
    return -1;
  }

  /** Reads a whole number into `#value`, exact up to 2^53. */
  #varint(at: number, to: number, bytesMax: number): number {
    let value = 0;
    let scale = 1;
    for (let pos = at; pos < to && pos - at < bytesMax; pos++) {
      const byte = this.bytes[pos];
      // Of the tenth byte one bit is left of 64.
      if (pos - at === VARINT_BYTES_MAX - 1 && byte > 1) break;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      this.#value = value;
      return pos + 1;
    }
    return this.#bad(at);
  }

  /** The place behind the group that begins at `from`, whose tag was read. */
  #group(from: number, to: number, depth: number): number {
    const { number, inside } = this;
    if (depth >= MAX_DEPTH) {
      this.isDeep = true;
      return this.#bad(from);
    }
    for (let at = inside; at < to; ) {
      const start = at;
      const behind = this.#varint(at, to, TAG_BYTES_MAX);
      if (behind < 0) return -1;
      if (this.#value % 8 === WIRE.end) {
        if (this.#value !== number * 8 + WIRE.end) return this.#bad(start);
        this.number = number;
        this.wire = WIRE.start;
        this.inside = inside;
        return behind;
      }
      at = this.next(start, to, depth + 1);
      if (at < 0) return -1;
    }
    return this.#bad(from);
  }
}

/** The place behind a varint or number that was read before. */
export function behindElement(bytes: Buffer, at: number, wire: number): number {
  if (wire === WIRE.fixed64) return at + 8;
  if (wire === WIRE.fixed32) return at + 4;
  let end = at;
  while (bytes[end] >= 0x80) end++;
  return end + 1;
}

/** Writes a whole number from zero to 2^53. */
export function writeVarint(out: ByteWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.byte((rest % 0x80) | 0x80);
  out.byte(rest);
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

export function writeProtoTag(out: ByteWriter, number: number, wire: number): void {
  writeVarint(out, number * 8 + wire);
}

/** Which message of its schema a record is, and where it begins. */
export interface MessageIndexes {
  readonly indexes: readonly number[];
  readonly end: number;
}

const FIRST: readonly number[] = [0];
const NONE: readonly number[] = [];
/** No schema that can be read has more messages, or nests them deeper. */
const INDEX_MAX = 0x7fff;

/** The least that a message can begin with: the tag of a field with the number 1. */
const LEAST_TAG = 8;
/** So many indexes are told from a message by the byte with their count; a schema has no more of them. */
export const PROTO_LEVELS_MAX = LEAST_TAG / 2 - 1;

/**
 * Reads what Confluent's wire format puts before a message: a count and so many indexes, each in the
 * zigzag form of a varint; a count of zero stands for the first message. None where the message begins
 * at once, as some writers have it. Undefined when it is neither.
 */
export function readMessageIndexes(
  bytes: Buffer,
  from: number,
  to: number,
): MessageIndexes | undefined {
  if (from === to || bytes[from] >= LEAST_TAG) return { indexes: NONE, end: from };
  let at = from;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; at < to && shift < 21; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value % 2 === 0 && value / 2 <= INDEX_MAX ? value / 2 : -1;
    }
    return -1;
  };
  const count = next();
  if (count < 0) return undefined;
  if (count === 0) return { indexes: FIRST, end: at };
  const indexes = Array.from({ length: count }, next);
  return indexes.includes(-1) ? undefined : { indexes, end: at };
}
