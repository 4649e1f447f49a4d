import type { OutRecord } from '../records.ts';
import { type BatchProducer, RecordBatchWriter } from './record-batch-writer.ts';

/**
 * One record batch (magic 2, uncompressed) of records that are objects, in a buffer of its own.
 *
 * Precondition: records is not empty. `nowMs` dates those that have no timestamp.
 */
export function encodeRecordBatch(
  records: readonly OutRecord[],
  producer: BatchProducer,
  nowMs: bigint,
): Buffer {
  const writer = new RecordBatchWriter().reset(Number.MAX_SAFE_INTEGER, Number(nowMs));
  for (const record of records) writer.push(record);
  return writer.finish(producer);
}
