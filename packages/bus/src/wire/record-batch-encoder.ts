import { crc32c } from '@node-rs/crc32';
import type { OutRecord } from '../records.ts';

/** Bytes before the first record of a batch. */
const HEADER_BYTES = 61;
const CRC_AT = 17;
const AFTER_CRC = 21;
const TRANSACTIONAL = 0x10;

/** Who writes a batch: identity and place in the sequence that the broker checks. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

function varintSize(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (rest > 0x7f) {
    rest >>>= 7;
    size += 1;
  }
  return size;
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function varlongSize(value: bigint): number {
  if (value >= -0x40000000n && value < 0x40000000n) return varintSize(Number(value));
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  let size = 1;
  while (rest > 0x7fn) {
    rest >>= 7n;
    size += 1;
  }
  return size;
}

function writeVarlong(bytes: Buffer, at: number, value: bigint): number {
  if (value >= -0x40000000n && value < 0x40000000n) return writeVarint(bytes, at, Number(value));
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fn) {
    bytes[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  bytes[at++] = Number(rest);
  return at;
}

function nullableSize(value: Buffer | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length;
}

function writeNullable(bytes: Buffer, at: number, value: Buffer | null): number {
  if (value === null) return writeVarint(bytes, at, -1);
  const start = writeVarint(bytes, at, value.length);
  bytes.set(value, start);
  return start + value.length;
}

/** Bytes of a record after its length field. */
function bodySize(record: OutRecord, offsetDelta: number, timestampDelta: bigint): number {
  const headers = record.headers ?? [];
  let size = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta);
  size += nullableSize(record.key) + nullableSize(record.value) + varintSize(headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    size += varintSize(nameBytes) + nameBytes + nullableSize(value);
  }
  return size;
}

/** An upper bound of what a record takes in a batch, in bytes. */
export function recordSizeBound(record: OutRecord): number {
  return bodySize(record, 0x7fffffff, 1n << 62n) + 5;
}

/** Bytes that a batch takes beside its records. */
export const BATCH_OVERHEAD_BYTES = HEADER_BYTES;

/**
 * One record batch (magic 2, uncompressed) in one buffer whose size is computed first.
 *
 * Precondition: records is not empty. Timestamps are written per record as they are given.
 * Source: Apache Kafka, "Record Batch" and "Record" of the message format; CRC-32C over everything
 * after the CRC field.
 */
export function encodeRecordBatch(
  records: readonly OutRecord[],
  producer: BatchProducer,
  nowMs: bigint,
): Buffer {
  const base = records[0].timestamp ?? nowMs;
  const sizes = new Int32Array(records.length);
  let total = HEADER_BYTES;
  let maxTimestamp = base;
  for (let index = 0; index < records.length; index += 1) {
    const timestamp = records[index].timestamp ?? nowMs;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const size = bodySize(records[index], index, timestamp - base);
    sizes[index] = size;
    total += varintSize(size) + size;
  }
  const bytes = Buffer.allocUnsafe(total);
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(total - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes[16] = 2;
  bytes.writeInt16BE(producer.transactional ? TRANSACTIONAL : 0, AFTER_CRC);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(base, 27);
  bytes.writeBigInt64BE(maxTimestamp, 35);
  bytes.writeBigInt64BE(producer.producerId, 43);
  bytes.writeInt16BE(producer.producerEpoch, 51);
  bytes.writeInt32BE(producer.baseSequence, 53);
  bytes.writeInt32BE(records.length, 57);
  let at = HEADER_BYTES;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index];
    at = writeVarint(bytes, at, sizes[index]);
    at = writeRecord(bytes, at, record, index, (record.timestamp ?? nowMs) - base);
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(AFTER_CRC)) >>> 0, CRC_AT);
  return bytes;
}

function writeRecord(
  bytes: Buffer,
  start: number,
  record: OutRecord,
  offsetDelta: number,
  timestampDelta: bigint,
): number {
  const headers = record.headers ?? [];
  let at = start;
  bytes[at++] = 0;
  at = writeVarlong(bytes, at, timestampDelta);
  at = writeVarint(bytes, at, offsetDelta);
  at = writeNullable(bytes, at, record.key);
  at = writeNullable(bytes, at, record.value);
  at = writeVarint(bytes, at, headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    at = writeVarint(bytes, at, nameBytes);
    at += bytes.write(name, at);
    at = writeNullable(bytes, at, value);
  }
  return at;
}
