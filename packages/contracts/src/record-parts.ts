/** Some bytes inside a buffer: [from, to). A `from` below 0 stands for null. */
export interface ByteRange {
  bytes: Buffer;
  from: number;
  to: number;
}

/**
 * One record of Kafka as ranges of bytes. One object serves for many records, one after the other, so
 * that a record on its way from topic to topic needs no object of its own.
 */
export interface RecordParts {
  readonly key: ByteRange;
  readonly value: ByteRange;
  /** The header section as Kafka writes it: a count, then name and value of each. */
  readonly headers: ByteRange;
  /**
   * Milliseconds since 1970. Exact up to 2^53; what is beyond stands at that limit. Of a record to be
   * written, one below 0 stands for the time of writing.
   */
  timestampMs: number;
  /** Offset in the topic that the record was fetched from. */
  offset: number;
}

/** Headers: name and bytes of each; order and repeats count. */
export type RecordHeaders = readonly (readonly [name: string, value: Buffer | null])[];

/** A record to write, as an object. */
export interface RecordObject {
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
  /** Milliseconds since 1970; the time of writing when absent. */
  readonly timestamp?: bigint;
}

const NOTHING = Buffer.alloc(0);

/** Parts of no record yet: key and value null, no headers. */
export function emptyParts(): RecordParts {
  return {
    key: { bytes: NOTHING, from: -1, to: -1 },
    value: { bytes: NOTHING, from: -1, to: -1 },
    headers: { bytes: NOTHING, from: -1, to: -1 },
    timestampMs: 0,
    offset: 0,
  };
}

/** Records of one partition in order, whose bytes stay where they were fetched. */
export interface RecordBlock {
  readonly length: number;
  /** Bytes of all keys and values. */
  readonly sizeBytes: number;
  /** Puts the parts of record `index` (from 0) into `parts`. */
  read(index: number, parts: RecordParts): void;
  /** The headers of a record that was read, in order, repeats kept; values are views. */
  headersOf(parts: RecordParts): RecordHeaders;
}

/** Where records for one topic go; they are written down at once, so nothing given is kept. */
export interface RecordSink {
  readonly length: number;
  /** Bytes of all keys and values. */
  readonly sizeBytes: number;
  /** With `headers` the record gets these in place of the section in `parts`. */
  add(parts: RecordParts, headers?: RecordHeaders): void;
  /** The same for a record that is an object; without `sourceOffset` it may not be too large. */
  push(record: RecordObject, sourceOffset?: number): void;
  /**
   * Hex SHA-256 over the records as the section of one record batch (magic 2) holds them: offset
   * deltas 0, 1, …, timestamp deltas to the first record's.
   */
  digest(): string;
}
