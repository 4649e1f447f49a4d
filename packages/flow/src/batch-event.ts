import type { BatchEvent, RecordBlock, RecordSink } from '@sealstream/contracts';

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
