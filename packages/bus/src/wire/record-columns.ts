import type { ByteRange, RecordBlock, RecordParts } from '@sealstream/contracts';
import type { Header, KafkaRecord } from '../records.ts';
import { readHeaders, skipHeaders } from './header-section.ts';
import { VarintReader } from './varint.ts';

/** Numbers per record: buffer, then from and to of key, value and header section. */
const STRIDE = 7;
/** A record of null key, null value and no header. */
const LEAST_RECORD_BYTES = 7;

/**
 * Records of a partition as columns: where each part stands in the bytes that were fetched. Reading
 * one fills an object of the caller's; iterating makes objects, for those who need no speed.
 */
export class RecordColumns implements RecordBlock, Iterable<KafkaRecord> {
  readonly length: number;
  readonly sizeBytes: number;
  readonly #buffers: readonly Buffer[];
  readonly #places: Int32Array;
  readonly #offsets: Float64Array;
  readonly #timestamps: Float64Array;

  constructor(
    buffers: readonly Buffer[],
    places: Int32Array,
    offsets: Float64Array,
    timestamps: Float64Array,
  ) {
    this.#buffers = buffers;
    this.#places = places;
    this.#offsets = offsets;
    this.#timestamps = timestamps;
    this.length = offsets.length;
    let sizeBytes = 0;
    for (let at = 0; at < places.length; at += STRIDE)
      sizeBytes += places[at + 2] - places[at + 1] + places[at + 4] - places[at + 3];
    this.sizeBytes = sizeBytes;
  }

  read(index: number, parts: RecordParts): void {
    const places = this.#places;
    const at = index * STRIDE;
    const bytes = this.#buffers[places[at]];
    const { key, value, headers } = parts;
    key.bytes = bytes;
    key.from = places[at + 1];
    key.to = places[at + 2];
    value.bytes = bytes;
    value.from = places[at + 3];
    value.to = places[at + 4];
    headers.bytes = bytes;
    headers.from = places[at + 5];
    headers.to = places[at + 6];
    parts.timestampMs = this.#timestamps[index];
    parts.offset = this.#offsets[index];
  }

  headersOf({ headers }: RecordParts): Header[] {
    return readHeaders(headers);
  }

  offset(index: number): number {
    return this.#offsets[index];
  }

  timestampMs(index: number): number {
    return this.#timestamps[index];
  }

  /** Records [from, to) of these; nothing is copied. */
  slice(from: number, to: number): RecordColumns {
    return new RecordColumns(
      this.#buffers,
      this.#places.subarray(from * STRIDE, to * STRIDE),
      this.#offsets.subarray(from, to),
      this.#timestamps.subarray(from, to),
    );
  }

  /** How many of the records stand before this offset. */
  countBefore(offset: bigint): number {
    let count = this.length;
    while (count > 0 && this.#offsets[count - 1] >= offset) count -= 1;
    return count;
  }

  /** One after the other; of a single one nothing is copied. */
  static concat(all: readonly RecordColumns[]): RecordColumns {
    if (all.length === 1) return all[0];
    const length = all.reduce((sum, one) => sum + one.length, 0);
    const places = new Int32Array(length * STRIDE);
    const offsets = new Float64Array(length);
    const timestamps = new Float64Array(length);
    const buffers: Buffer[] = [];
    let done = 0;
    for (const one of all) {
      places.set(one.#places, done * STRIDE);
      for (let at = done * STRIDE; at < (done + one.length) * STRIDE; at += STRIDE)
        places[at] += buffers.length;
      offsets.set(one.#offsets, done);
      timestamps.set(one.#timestamps, done);
      buffers.push(...one.#buffers);
      done += one.length;
    }
    return new RecordColumns(buffers, places, offsets, timestamps);
  }

  *[Symbol.iterator](): Generator<KafkaRecord, undefined> {
    const part = (bytes: Buffer, from: number, to: number) =>
      from < 0 ? null : bytes.subarray(from, to);
    for (let index = 0; index < this.length; index += 1) {
      const at = index * STRIDE;
      const [source, keyFrom, keyTo, valueFrom, valueTo, from, to] = this.#places.subarray(at);
      const bytes = this.#buffers[source];
      const headers: ByteRange = { bytes, from, to };
      yield {
        offset: BigInt(this.#offsets[index]),
        timestamp: BigInt(this.#timestamps[index]),
        key: part(bytes, keyFrom, keyTo),
        value: part(bytes, valueFrom, valueTo),
        headers: readHeaders(headers),
      };
    }
    return undefined;
  }
}

/** Fills columns record by record, from the record sections of one or more batches. */
export class ColumnsBuilder {
  #places = new Int32Array(256 * STRIDE);
  #offsets = new Float64Array(256);
  #timestamps = new Float64Array(256);
  readonly #buffers: Buffer[] = [];
  #length = 0;

  /**
   * Takes the records of a section that stand at or after `fromOffset`.
   *
   * Throws a RangeError when the bytes are not that many records.
   */
  section(
    section: { readonly bytes: Buffer; readonly from: number; readonly to: number },
    batch: {
      readonly count: number;
      readonly baseOffset: number;
      readonly baseTimestampMs: number;
      /** The broker's time in place of each record's own; null when records keep theirs. */
      readonly appendTimeMs: number | null;
    },
    fromOffset: number,
  ): void {
    const { bytes, from, to } = section;
    const { count, baseOffset, baseTimestampMs, appendTimeMs } = batch;
    // Precondition: a count that the bytes cannot hold is refused before room is made for it.
    if (count < 0 || count * LEAST_RECORD_BYTES > to - from) throw new RangeError('not so many');
    this.#reserve(this.#length + count);
    const buffer = this.#bufferNumber(bytes);
    const reader = new VarintReader(bytes, from, to);
    for (let index = 0; index < count; index += 1) {
      const sizeBytes = reader.int();
      const start = reader.at;
      const end = start + sizeBytes;
      reader.skip(1);
      const timestampMs = clamped(baseTimestampMs + reader.long());
      const offset = baseOffset + reader.int();
      const at = this.#length * STRIDE;
      const places = this.#places;
      places[at] = buffer;
      this.#part(reader, at + 1);
      this.#part(reader, at + 3);
      places[at + 5] = reader.at;
      skipHeaders(reader);
      places[at + 6] = reader.at;
      if (reader.at !== end) throw new RangeError('a record has another length than it says');
      if (offset < fromOffset) continue;
      this.#offsets[this.#length] = offset;
      this.#timestamps[this.#length] = appendTimeMs ?? timestampMs;
      this.#length += 1;
    }
  }

  done(): RecordColumns {
    return new RecordColumns(
      this.#buffers,
      this.#places.slice(0, this.#length * STRIDE),
      this.#offsets.slice(0, this.#length),
      this.#timestamps.slice(0, this.#length),
    );
  }

  #part(reader: VarintReader, at: number): void {
    const sizeBytes = reader.int();
    const from = sizeBytes < 0 ? -1 : reader.skip(sizeBytes);
    this.#places[at] = from;
    this.#places[at + 1] = sizeBytes < 0 ? -1 : from + sizeBytes;
  }

  #bufferNumber(bytes: Buffer): number {
    if (this.#buffers.at(-1) !== bytes) this.#buffers.push(bytes);
    return this.#buffers.length - 1;
  }

  #reserve(length: number): void {
    if (length <= this.#offsets.length) return;
    const room = Math.max(length, this.#offsets.length * 2);
    const grown = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#places = grown(this.#places, new Int32Array(room * STRIDE));
    this.#offsets = grown(this.#offsets, new Float64Array(room));
    this.#timestamps = grown(this.#timestamps, new Float64Array(room));
  }
}

/** As an integer that a number holds exactly. */
export function clamped(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}
