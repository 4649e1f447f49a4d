import { crc32c } from '@node-rs/crc32';
import { SealstreamError } from '@sealstream/contracts';
import { ByteReader } from './byte-reader.ts';
import { decompress } from './compression.ts';
import { clamped, ColumnsBuilder, type RecordColumns } from './record-columns.ts';

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const AFTER_CRC = 21;
const RECORDS_AT = 61;
const CODEC_BITS = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** When so much was decompressed, the batches after it are left for the next fetch. */
const ENOUGH_BYTES = 4 * 1024 * 1024;

const NO_RECORDS = new ColumnsBuilder().done();

/** A transaction that was aborted: its records at or after firstOffset are to be left out. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** What a fetched range of a partition holds. */
export interface DecodedRange {
  readonly records: RecordColumns;
  /** Where to fetch next: after the last whole batch, control and aborted records included. */
  readonly nextOffset: bigint;
  /** Bytes of the batches that hold the records, as they are once decompressed. */
  readonly sizeBytes: number;
}

/**
 * Records of a fetched range at or after `fromOffset`, without control records and without those of
 * aborted transactions.
 *
 * A last batch that the broker cut is left for the next fetch, and so is what follows when compressed
 * batches became large: a fetch may hold hundreds of them. A wrong CRC or an unknown format is
 * an error. Source: Apache Kafka message format, magic 2; the filter follows the consumer's rules
 * for read_committed (aborted transactions sorted by first offset; ended by an abort marker).
 */
export function decodeRecordBatches(
  bytes: Buffer,
  fromOffset: bigint,
  aborted: readonly AbortedTransaction[],
): DecodedRange {
  // Most answers to a reader that waits: nothing is made for them.
  if (bytes.length === 0) return { records: NO_RECORDS, nextOffset: fromOffset, sizeBytes: 0 };
  const waiting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const dropping = new Set<bigint>();
  const columns = new ColumnsBuilder();
  let nextOffset = fromOffset;
  let start = 0;
  let sizeBytes = 0;
  while (start + RECORDS_AT <= bytes.length && sizeBytes < ENOUGH_BYTES) {
    const end = start + 12 + bytes.readInt32BE(start + LENGTH_AT);
    if (end > bytes.length) break;
    const baseOffset = bytes.readBigInt64BE(start);
    const lastOffset = baseOffset + BigInt(bytes.readInt32BE(start + 23));
    checkBatch(bytes, start, end);
    const attributes = bytes.readInt16BE(start + AFTER_CRC);
    const producerId = bytes.readBigInt64BE(start + 43);
    while (waiting.length > 0 && waiting[0].firstOffset <= lastOffset) {
      const next = waiting.shift();
      if (next !== undefined) dropping.add(next.producerId);
    }
    const isControl = (attributes & CONTROL) !== 0;
    if (isControl && isAbortMarker(bytes, start, end)) dropping.delete(producerId);
    const isAborted = (attributes & TRANSACTIONAL) !== 0 && dropping.has(producerId);
    if (!isControl && !isAborted) sizeBytes += readRecords(bytes, start, end, fromOffset, columns);
    if (lastOffset + 1n > nextOffset) nextOffset = lastOffset + 1n;
    start = end;
  }
  return { records: columns.done(), nextOffset, sizeBytes };
}

function checkBatch(bytes: Buffer, start: number, end: number): void {
  const offset = bytes.readBigInt64BE(start);
  if (bytes[start + MAGIC_AT] !== 2) throw new SealstreamError('BATCH_UNREADABLE', { offset });
  const crc = crc32c(bytes.subarray(start + AFTER_CRC, end)) >>> 0;
  if (crc !== bytes.readUInt32BE(start + CRC_AT)) {
    throw new SealstreamError('BATCH_UNREADABLE', { offset });
  }
}

/** The key of a control record is version int16, type int16; type 0 aborts, 1 commits. */
function isAbortMarker(bytes: Buffer, start: number, end: number): boolean {
  const reader = new ByteReader(bytes, start + RECORDS_AT, end);
  reader.varint();
  reader.int8();
  reader.varlong();
  reader.varint();
  const key = nullable(reader);
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}

function nullable(reader: ByteReader): Buffer | null {
  const sizeBytes = reader.varint();
  return sizeBytes < 0 ? null : reader.view(sizeBytes);
}

/** Returns the size of the section that the records stand in. */
function readRecords(
  bytes: Buffer,
  start: number,
  end: number,
  fromOffset: bigint,
  into: ColumnsBuilder,
): number {
  const attributes = bytes.readInt16BE(start + AFTER_CRC);
  const codec = attributes & CODEC_BITS;
  const offset = bytes.readBigInt64BE(start);
  const hasAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const batch = {
    count: bytes.readInt32BE(start + 57),
    baseOffset: Number(offset),
    baseTimestampMs: Number(bytes.readBigInt64BE(start + 27)),
    appendTimeMs: hasAppendTime ? clamped(Number(bytes.readBigInt64BE(start + 35))) : null,
  };
  try {
    const plain = codec === 0 ? null : decompress(codec, bytes.subarray(start + RECORDS_AT, end));
    const section =
      plain === null
        ? { bytes, from: start + RECORDS_AT, to: end }
        : { bytes: plain, from: 0, to: plain.length };
    into.section(section, batch, Number(fromOffset));
    return section.to - section.from;
  } catch (error) {
    if (error instanceof RangeError) throw new SealstreamError('BATCH_UNREADABLE', { offset });
    throw error;
  }
}
