/** A header: its name and bytes; order and repeats are kept. */
export type Header = readonly [name: string, value: Buffer | null];

/** A record as read from Kafka. Buffers are views into the fetched bytes: copy what is kept. */
export interface KafkaRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** A record to write. */
export interface OutRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly Header[];
  /** Milliseconds since 1970; the time of sending when absent. */
  readonly timestamp?: bigint;
}
