import { hash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import {
  type ByteRange,
  emptyParts,
  type RecordParts,
  type RecordSink,
} from '@sealstream/contracts';
import type { Header, OutRecord } from '../records.ts';
import { headersSize, writeHeaders } from './header-section.ts';
import { clamped, ColumnsBuilder, type RecordColumns } from './record-columns.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

/** Bytes of a batch before its first record. */
export const BATCH_HEADER_BYTES = 61;
const CRC_AT = 17;
const AFTER_CRC = 21;
const TRANSACTIONAL = 0x10;
const FIRST_BYTES = 64 * 1024;
/** A larger buffer, grown for an unusual batch, is not kept for the next. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Below this many bytes a loop copies faster than a call into native code. */
const SHORT_COPY = 32;

/** Who writes a batch: identity and place in the sequence that the broker checks. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/**
 * One record batch (magic 2) that is written record by record, in place, into a buffer that is used
 * again after `reset`. Order of use: reset, add …, then finish or pieces.
 *
 * Records larger than the limit are not written: `oversized` names them by their source. Timestamps
 * are written per record as they are given.
 * Source: Apache Kafka, "Record Batch" and "Record" of the message format; CRC-32C over everything
 * after the CRC field.
 */
export class RecordBatchWriter implements RecordSink {
  /** Source offsets of records that are over the limit by themselves. */
  readonly oversized: number[] = [];
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #end = BATCH_HEADER_BYTES;
  #limit = Number.MAX_SAFE_INTEGER;
  #nowMs = 0;
  #baseMs = 0;
  #maxMs = 0;
  #length = 0;
  #sizeBytes = 0;
  #timestamps = new Float64Array(256);

  /** Empties it. `limitBytes` is the most that a batch may have; `nowMs` dates undated records. */
  reset(limitBytes: number, nowMs: number): this {
    this.oversized.length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#end = BATCH_HEADER_BYTES;
    this.#limit = limitBytes;
    this.#nowMs = nowMs;
    this.#length = 0;
    this.#sizeBytes = 0;
    return this;
  }

  get length(): number {
    return this.#length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  timestampMs(index: number): number {
    return this.#timestamps[index];
  }

  add(parts: RecordParts, headers?: readonly Header[]): void {
    const { key, value } = parts;
    const timestampMs = parts.timestampMs < 0 ? this.#nowMs : parts.timestampMs;
    if (this.#length === 0) {
      this.#baseMs = timestampMs;
      this.#maxMs = timestampMs;
    }
    const deltaMs = timestampMs - this.#baseMs;
    const section = headers === undefined ? parts.headers : undefined;
    const headerBytes = section === undefined ? headersSize(headers ?? []) : sectionSize(section);
    const body =
      1 +
      varlongSize(deltaMs) +
      varintSize(this.#length) +
      partSize(key) +
      partSize(value) +
      headerBytes;
    if (BATCH_HEADER_BYTES + body + varintSize(body) > this.#limit) {
      this.oversized.push(parts.offset);
      return;
    }
    this.#reserve(body + 5);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#end, body);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, deltaMs);
    at = writeVarint(bytes, at, this.#length);
    at = writePart(bytes, at, key);
    at = writePart(bytes, at, value);
    if (headers !== undefined) at = writeHeaders(bytes, at, headers);
    else if (parts.headers.from < 0) bytes[at++] = 0;
    else at = writeRange(bytes, at, parts.headers);
    this.#end = at;
    this.#note(timestampMs, key, value);
  }

  /** Adds a record that is an object; `sourceOffset` names it when it is too large. */
  push(record: OutRecord, sourceOffset = -1): void {
    const { key, value, headers = [], timestamp } = record;
    scratch.key.bytes = key ?? NOTHING;
    scratch.key.from = key === null ? -1 : 0;
    scratch.key.to = key === null ? -1 : key.length;
    scratch.value.bytes = value ?? NOTHING;
    scratch.value.from = value === null ? -1 : 0;
    scratch.value.to = value === null ? -1 : value.length;
    scratch.timestampMs = timestamp === undefined ? -1 : clamped(Number(timestamp));
    scratch.offset = sourceOffset;
    this.add(scratch, headers);
  }

  digest(): string {
    return hash('sha256', this.#bytes.subarray(BATCH_HEADER_BYTES, this.#end), 'hex');
  }

  /** Whether all records fit in one batch. */
  get fits(): boolean {
    return this.#end <= this.#limit;
  }

  /** The records in batches within the limit: mostly this one. */
  pieces(): RecordBatchWriter[] {
    if (this.#length === 0) return [];
    if (this.fits) return [this];
    const records = this.columns(0);
    const all = [this.#sibling()];
    const parts = emptyParts();
    for (let index = 0; index < records.length; index += 1) {
      records.read(index, parts);
      let last = all[all.length - 1];
      if (last.#end + maximum(parts) > this.#limit && last.length > 0) {
        last = this.#sibling();
        all.push(last);
      }
      last.add(parts);
    }
    return all;
  }

  /** The records as a reader would have them whose first stands at this offset; views. */
  columns(baseOffset: number): RecordColumns {
    const builder = new ColumnsBuilder();
    const section = { bytes: this.#bytes, from: BATCH_HEADER_BYTES, to: this.#end };
    const first = { baseOffset, baseTimestampMs: this.#baseMs, appendTimeMs: null };
    builder.section(section, { count: this.#length, ...first }, baseOffset);
    return builder.done();
  }

  /**
   * The batch, complete. A view: it stands until the next `reset`.
   *
   * Precondition: there is a record.
   */
  finish(producer: BatchProducer): Buffer {
    const bytes = this.#bytes.subarray(0, this.#end);
    bytes.writeBigInt64BE(0n, 0);
    bytes.writeInt32BE(this.#end - 12, 8);
    bytes.writeInt32BE(-1, 12);
    bytes[16] = 2;
    bytes.writeInt16BE(producer.transactional ? TRANSACTIONAL : 0, AFTER_CRC);
    bytes.writeInt32BE(this.#length - 1, 23);
    bytes.writeBigInt64BE(BigInt(this.#baseMs), 27);
    bytes.writeBigInt64BE(BigInt(this.#maxMs), 35);
    bytes.writeBigInt64BE(producer.producerId, 43);
    bytes.writeInt16BE(producer.producerEpoch, 51);
    bytes.writeInt32BE(producer.baseSequence, 53);
    bytes.writeInt32BE(this.#length, 57);
    bytes.writeUInt32BE(crc32c(bytes.subarray(AFTER_CRC)) >>> 0, CRC_AT);
    return bytes;
  }

  #sibling(): RecordBatchWriter {
    return new RecordBatchWriter().reset(this.#limit, this.#nowMs);
  }

  #note(timestampMs: number, key: ByteRange, value: ByteRange): void {
    if (timestampMs > this.#maxMs) this.#maxMs = timestampMs;
    if (this.#length === this.#timestamps.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#timestamps);
      this.#timestamps = grown;
    }
    this.#timestamps[this.#length] = timestampMs;
    this.#length += 1;
    this.#sizeBytes += key.to - key.from + value.to - value.from;
  }

  #reserve(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

const NOTHING = Buffer.alloc(0);
/** For records given as objects; writing is synchronous, so one serves all. */
const scratch = emptyParts();

function sectionSize({ from, to }: ByteRange): number {
  return from < 0 ? 1 : to - from;
}

function partSize({ from, to }: ByteRange): number {
  return from < 0 ? 1 : varintSize(to - from) + to - from;
}

/** An upper bound of what a record takes in a batch, in bytes. */
function maximum({ key, value, headers }: RecordParts): number {
  return 5 + 1 + 10 + 5 + partSize(key) + partSize(value) + sectionSize(headers);
}

function writePart(bytes: Buffer, at: number, part: ByteRange): number {
  if (part.from < 0) return writeVarint(bytes, at, -1);
  return writeRange(bytes, writeVarint(bytes, at, part.to - part.from), part);
}

function writeRange(bytes: Buffer, start: number, { bytes: source, from, to }: ByteRange): number {
  if (to - from > SHORT_COPY) return start + source.copy(bytes, start, from, to);
  let at = start;
  for (let index = from; index < to; index += 1) bytes[at++] = source[index];
  return at;
}
