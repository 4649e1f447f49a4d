import type { RecordSink } from '@sealstream/contracts';
import type { Compression } from './wire/compression.ts';
import type { RecordColumns } from './wire/record-columns.ts';

/** What a stage wrote to one topic; it goes to the partition number that the batch came from. */
export interface StageOutput {
  readonly topic: string;
  readonly records: WrittenRecords;
}

/** Records as they were written for a topic. */
export interface WrittenRecords {
  readonly length: number;
  /** Bytes of all keys and values. */
  readonly sizeBytes: number;
  /** Milliseconds since 1970 of record `index`, from 0. */
  timestampMs(index: number): number;
}

/** Where a transform puts what its batch becomes. */
export interface StageSinks {
  /** Throws INTERNAL when the stage did not name this topic. */
  to(topic: string): RecordSink;
}

/** What a stage hands to its transform: a batch of one partition. */
export interface StageBatch {
  readonly topic: string;
  readonly partition: number;
  /** First 4 bytes of the topic's id: another one after the topic was deleted and made again. */
  readonly incarnation: Buffer;
  /** Stands until the transform returns and the observer was told; views into fetched bytes. */
  readonly records: RecordColumns;
  /** The source range [from, to) that this batch accounts for; from is where the last one ended. */
  readonly from: bigint;
  readonly to: bigint;
  /** Offsets of records whose outputs were over a topic's limit: they must become something else. */
  readonly oversized: ReadonlySet<number>;
}

export type LaneState = 'starting' | 'running' | 'paused' | 'stopped';

/** How one partition of a stage stands. */
export interface LaneStatus {
  readonly partition: number;
  readonly state: LaneState;
  /** Why it does not run; '' while it does. */
  readonly code: string;
  readonly committed: bigint;
  readonly lastStableOffset: bigint;
  /** Milliseconds since 1970 of the oldest record fetched and not yet in work; null when none. */
  readonly oldestWaiting: number | null;
}

/** Told about what happens; must not throw. */
export interface StageObserver {
  onCommitted?(batch: StageBatch, outputs: readonly StageOutput[], seconds: number): void;
  onAborted?(partition: number, code: string, isFenced: boolean): void;
  onPaused?(partition: number, code: string): void;
  onRunning?(partition: number): void;
  /** Records in [from, to) are gone, deleted before they were read: the partition stays paused. */
  onLost?(partition: number, from: bigint, to: bigint): void;
}

export interface StageOptions {
  readonly name: string;
  readonly groupId: string;
  /**
   * Makes this process a static member of the group: when it comes back under this name within its
   * session, it gets its partitions back and nobody else notices. One process at a time may have it.
   */
  readonly groupInstanceId?: string;
  readonly source: string;
  /** Topics that the transform may write to; each must have at least the source's partitions. */
  readonly outputs: readonly string[];
  /**
   * Writes what the batch becomes to `out`; the same batch gives the same outcome, and it may be
   * asked for more than once. Gives a promise when it lacked something that has to be fetched: what
   * it wrote is dropped, and it is asked again when the promise resolves. May throw a
   * SealstreamError: retryable ones pause the partition and are tried again, others stop the stage
   * for good.
   */
  transform(batch: StageBatch, out: StageSinks): void | Promise<void>;
  /** Awaited before a retryable error is tried again, to bring what was missing. */
  recover?(error: unknown): Promise<void>;
  readonly observer?: StageObserver;
  /**
   * For a transform that remembers: awaited whenever a session was opened on a partition, before its
   * first batch. All that any owner committed can be read then, and nothing else was; what the
   * transform remembers of the partition may be of a batch that was never committed. What it throws is
   * treated as what the transform throws.
   */
  opened?(partition: number, signal: AbortSignal): Promise<void>;
  /** For a transform that remembers: the partition is another's now, or nobody's. Must not throw. */
  closed?(partition: number): void;
  /**
   * For a transform that lets things leave by time: when it is wanted even if no record came, in
   * milliseconds since 1970. It then gets a batch without records, which is a transaction like any
   * other; its range holds what was accounted for by none. Batches with records come as ever.
   */
  wantedMs?(partition: number): number | undefined;
  /**
   * For work that ends: the offset before which each partition (by number) is worked on, and none
   * after it, not even what the stage itself appends to its source. Committed up to there it idles.
   */
  readonly until?: ReadonlyMap<number, bigint>;
  /** Most records of a transaction; default 2000. */
  readonly batchRecords?: number;
  /** Most bytes of a transaction's records, decompressed; default 768 KiB. */
  readonly batchBytes?: number;
  /** Least time between the starts of two transactions unless a batch is full; default 80 ms. */
  readonly lingerMs?: number;
  /** How long a transaction may take before batches become smaller; default 200 ms. */
  readonly latencyMs?: number;
  /** Decompressed bytes buffered per partition before no more are fetched; default 1 MiB. */
  readonly bufferBytes?: number;
  /** What outputs are compressed with where that makes them smaller; default: as the bus. */
  readonly compression?: Compression;
  readonly transactionTimeoutMs?: number;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly heartbeatMs?: number;
}

/** Every number of a stage, filled in. */
export type StageLimits = Required<
  Pick<
    StageOptions,
    | 'batchRecords'
    | 'batchBytes'
    | 'lingerMs'
    | 'latencyMs'
    | 'bufferBytes'
    | 'transactionTimeoutMs'
    | 'sessionTimeoutMs'
    | 'rebalanceTimeoutMs'
    | 'heartbeatMs'
  >
>;

export function stageLimits(options: StageOptions): StageLimits {
  return {
    batchRecords: options.batchRecords ?? 2000,
    batchBytes: options.batchBytes ?? 768 * 1024,
    lingerMs: options.lingerMs ?? 80,
    latencyMs: options.latencyMs ?? 200,
    bufferBytes: options.bufferBytes ?? 1024 * 1024,
    transactionTimeoutMs: options.transactionTimeoutMs ?? 15_000,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 10_000,
    heartbeatMs: options.heartbeatMs ?? 500,
  };
}
