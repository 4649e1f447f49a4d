import { BATCH_OVERHEAD_BYTES, recordSizeBound } from './wire/record-batch-encoder.ts';
import type { StageOutput, StageRecord } from './stage-options.ts';
import type { PartitionOutput } from './transaction-session.ts';

/** Outputs cut into record batches, or the sources of those records that fit in none. */
export type CutOutputs =
  | { readonly fits: true; readonly outputs: PartitionOutput[] }
  | { readonly fits: false; readonly topic: string; readonly oversized: readonly bigint[] };

/**
 * Cuts each topic's records into batches within that topic's max.message.bytes. Records that are
 * too large by themselves are named by their source, for the transform to reject.
 */
export function cutOutputs(
  outputs: readonly StageOutput[],
  partition: number,
  limitOf: (topic: string) => number,
): CutOutputs {
  const cut: PartitionOutput[] = [];
  for (const { topic, records } of outputs) {
    const limit = limitOf(topic) - BATCH_OVERHEAD_BYTES;
    const oversized: bigint[] = [];
    const batches: StageRecord[][] = [];
    let room = 0;
    for (const record of records) {
      const sizeBytes = recordSizeBound(record);
      if (sizeBytes > limit) {
        oversized.push(record.sourceOffset ?? -1n);
        continue;
      }
      if (sizeBytes > room) {
        batches.push([]);
        room = limit;
      }
      batches[batches.length - 1].push(record);
      room -= sizeBytes;
    }
    if (oversized.length > 0) return { fits: false, topic, oversized };
    cut.push({ topic, partition, batches });
  }
  return { fits: true, outputs: cut };
}
