import type { RecordObject } from '@sealstream/contracts';

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
export type OutRecord = RecordObject;
