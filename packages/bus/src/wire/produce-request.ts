import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** The broker's word on one partition's batch. */
export interface ProduceAnswer {
  readonly errorCode: number;
  /** Offset of the batch's first record. */
  readonly baseOffset: bigint;
}

/**
 * Produce v7 with acks=all, for exactly one partition: an answer that does not cover that partition
 * is an error, so nothing is ever taken for written that was not acknowledged. The batch goes to the
 * socket as it stands, without a copy: it must not change before the answer.
 */
export function produceRequest(options: {
  topic: string;
  partition: number;
  batch: Buffer;
  transactionalId: string | null;
  timeoutMs: number;
}): WireRequest<ProduceAnswer> {
  const body = new ByteWriter()
    .string(options.transactionalId)
    .int16(-1)
    .int32(options.timeoutMs)
    .int32(1)
    .string(options.topic)
    .int32(1)
    .int32(options.partition)
    .int32(options.batch.length);
  const read = (reader: ByteReader): ProduceAnswer => {
    const topics = reader.array((topic) => ({
      name: topic.string(),
      partitions: topic.array((partition) => {
        const index = partition.int32();
        const errorCode = partition.int16();
        const baseOffset = partition.int64();
        partition.int64();
        partition.int64();
        return { index, errorCode, baseOffset };
      }),
    }));
    const answer = topics
      .find((topic) => topic.name === options.topic)
      ?.partitions.find((partition) => partition.index === options.partition);
    if (answer === undefined) throw new RangeError('produce answer does not cover the partition');
    return answer;
  };
  const api = { key: 0, version: 7, name: 'Produce' };
  return wireRequest(api, body, read, null, options.batch);
}
