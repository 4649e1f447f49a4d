import type { BatchEvent } from '@sealstream/contracts';
import { outputDigest } from './output-digest.ts';

interface BatchRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

/** The batch that an event is about, as the stage hands it over. */
export interface AccountedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly BatchRecord[];
  readonly from: bigint;
  readonly to: bigint;
}

/** What a transform counted. */
export interface BatchCounts {
  readonly rejected: ReadonlyMap<string, number>;
  readonly treated: Readonly<Record<string, number>>;
  readonly keyIds: readonly string[];
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
  outputs: readonly { readonly topic: string; readonly records: readonly BatchRecord[] }[],
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
    bytesIn: bytesOf(batch.records),
    outputs: Object.fromEntries(
      outputs
        .filter((output) => output.records.length > 0)
        .map(({ topic, records }) => [
          topic,
          { records: records.length, bytes: bytesOf(records), sha256: outputDigest(records) },
        ]),
    ),
    rejected: Object.fromEntries(counts.rejected),
    treated: counts.treated,
    droppedHeaders: counts.droppedHeaders,
    tombstones: counts.tombstones,
    policy: dataset.sha256,
    keyIds: [...counts.keyIds],
  };
}

function bytesOf(records: readonly BatchRecord[]): number {
  let total = 0;
  for (const { key, value } of records) total += (key?.length ?? 0) + (value?.length ?? 0);
  return total;
}
