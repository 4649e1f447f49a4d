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
 * is an error, so nothing is ever taken for written that was not acknowledged.
 */
export function produceRequest(options: {
  topic: string;
  partition: number;
  batch: Buffer;
  transactionalId: string | null;
  timeoutMs: number;
}): WireRequest<ProduceAnswer> {
  const body = new ByteWriter(options.batch.length + options.topic.length + 128)
    .string(options.transactionalId)
    .int16(-1)
    .int32(options.timeoutMs)
    .int32(1)
    .string(options.topic)
    .int32(1)
    .int32(options.partition)
    .bytes(options.batch);
  return wireRequest<ProduceAnswer>({ key: 0, version: 7, name: 'Produce' }, body, (reader) => {
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
  });
}
