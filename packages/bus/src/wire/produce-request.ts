import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** One batch for one partition. */
export interface ProducePart {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** The broker's word on one partition's batch. */
export interface ProduceAnswer {
  readonly errorCode: number;
  /** Offset of the batch's first record. */
  readonly baseOffset: bigint;
}

/**
 * Produce v7 with acks=all: one batch for each of some partitions, each of another topic. The answers
 * are in the order of the parts; one that does not cover each of them is an error, so nothing is ever
 * taken for written that was not acknowledged. The largest batch goes to the socket as it stands,
 * without a copy: it must not change before the answer.
 */
export function produceRequest(options: {
  parts: readonly ProducePart[];
  transactionalId: string | null;
  timeoutMs: number;
}): WireRequest<readonly ProduceAnswer[]> {
  const { parts, timeoutMs, transactionalId } = options;
  const ordered = parts.toSorted((one, other) => one.batch.length - other.batch.length);
  const body = new ByteWriter().string(transactionalId).int16(-1).int32(timeoutMs);
  body.int32(ordered.length);
  for (const [index, { batch, partition, topic }] of ordered.entries()) {
    body.string(topic).int32(1).int32(partition).int32(batch.length);
    if (index < ordered.length - 1) body.raw(batch);
  }
  const read = (reader: ByteReader): readonly ProduceAnswer[] => {
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
    return parts.map((part) => {
      const answer = topics
        .find((topic) => topic.name === part.topic)
        ?.partitions.find((partition) => partition.index === part.partition);
      if (answer === undefined) throw new RangeError('produce answer does not cover the partition');
      return answer;
    });
  };
  const api = { key: 0, version: 7, name: 'Produce' };
  return wireRequest(api, body, read, null, ordered.at(-1)?.batch);
}
