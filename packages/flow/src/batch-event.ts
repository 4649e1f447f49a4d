import {
  type BatchEvent,
  emptyParts,
  type RecordBlock,
  type RecordSink,
} from '@sealstream/contracts';

/** The batch that an event is about, as the stage hands it over. */
export interface AccountedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: RecordBlock;
  readonly from: bigint;
  readonly to: bigint;
}

/** What a transform counted. */
export interface BatchCounts {
  readonly rejected: ReadonlyMap<string, number>;
  readonly treated: Readonly<Record<string, number>>;
  readonly keyIds: readonly string[];
  readonly undeclared?: ReadonlyMap<string, number>;
  /** Where the stage makes groups. */
  readonly grouped?: {
    readonly groups: number;
    readonly waiting: number;
    readonly suppressed: ReadonlyMap<string, number>;
  };
  readonly droppedHeaders: number;
  readonly tombstones: number;
}

/**
 * The one audit event of a batch: what came in, what went out (with digests), what was treated and
 * rejected, under which policy and keys. Its number is the source range.
 */
export function batchEvent(
  stage: string,
  dataset: { readonly name: string; readonly sha256: string },
  batch: AccountedBatch,
  outputs: Readonly<Record<string, RecordSink>>,
  counts: BatchCounts,
): BatchEvent {
  return {
    v: 1,
    type: 'batch',
    time: new Date().toISOString(),
    emitter: `${stage}/${dataset.name}/${batch.partition}`,
    stage,
    dataset: dataset.name,
    topic: batch.topic,
    partition: batch.partition,
    range: { from: batch.from.toString(), to: batch.to.toString() },
    recordsIn: batch.records.length,
    bytesIn: batch.records.sizeBytes,
    ...lastRecordOf(batch.records),
    outputs: Object.fromEntries(
      Object.entries(outputs)
        .filter(([, sink]) => sink.length > 0)
        .map(([topic, sink]) => [
          topic,
          { records: sink.length, bytes: sink.sizeBytes, sha256: sink.digest() },
        ]),
    ),
    rejected: Object.fromEntries(counts.rejected),
    treated: counts.treated,
    ...(counts.undeclared !== undefined &&
      counts.undeclared.size > 0 && { undeclared: Object.fromEntries(counts.undeclared) }),
    ...(counts.grouped !== undefined && {
      ...counts.grouped,
      suppressed: Object.fromEntries(counts.grouped.suppressed),
    }),
    droppedHeaders: counts.droppedHeaders,
    tombstones: counts.tombstones,
    policy: dataset.sha256,
    keyIds: [...counts.keyIds],
  };
}

/** Producers set times as they like; RFC 3339 ends with the year 9999. */
const TIME_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function lastRecordOf(records: RecordBlock): Pick<BatchEvent, 'lastRecord'> {
  if (records.length === 0) return {};
  const parts = emptyParts();
  records.read(records.length - 1, parts);
  const { timestampMs } = parts;
  // Kafka's −1 stands for no time.
  if (timestampMs < 0 || timestampMs > TIME_MAX) return {};
  return { lastRecord: new Date(timestampMs).toISOString() };
}
