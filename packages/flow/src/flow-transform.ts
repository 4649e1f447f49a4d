import type { BatchEvent, RecordBlock, RecordSink } from '@sealstream/contracts';
import type { AccountedBatch } from './batch-event.ts';

/** A batch of one partition, as a stage fetched it. */
export interface FetchedBatch extends AccountedBatch {
  /** First 4 bytes of the topic's id. */
  readonly incarnation: Buffer;
  readonly records: RecordBlock;
  /** Offsets of records whose outputs are over a topic's limit: they become something else. */
  readonly oversized: ReadonlySet<number>;
}

/** Where a transform's records go, by topic. */
export interface FlowOutputs {
  to(topic: string): RecordSink;
}

/**
 * What a stage does with a batch: writes each record's outcome to `out`, and accounts for all of them
 * in the event. The same batch has the same outcome; it may be asked for more than once, with `out`
 * emptied before. Gives a promise when keys of subjects have to be fetched: what was written is
 * dropped, and when it resolves the batch is asked for again. Throws retryable errors of keys and
 * policy: then nothing of the batch counts.
 */
export type FlowTransform = (batch: FetchedBatch, out: FlowOutputs) => BatchEvent | Promise<void>;
