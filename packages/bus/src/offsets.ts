import type { KafkaLink } from './kafka-link.ts';

/** earliest: the log's start. latest: the last stable offset, up to which everything is decided. */
export type OffsetQuery = 'earliest' | 'latest' | { readonly atMs: number };

const READ_COMMITTED = 1;

/**
 * An offset of one partition. For a time: the first offset at or after it, or -1 when there is none.
 */
export async function partitionOffset(
  link: KafkaLink,
  topic: string,
  partition: number,
  query: OffsetQuery,
): Promise<bigint> {
  const timestamp =
    typeof query === 'object' ? BigInt(query.atMs) : query === 'earliest' ? -2n : -1n;
  try {
    const broker = await link.broker(await link.leader(topic, partition));
    const answer = await link.call(broker, () =>
      broker.listOffsets({
        replicaId: -1,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: [{ partition, timestamp }] }],
      }),
    );
    const found = answer.responses[0]?.partitions[0];
    if (found === undefined) throw new RangeError('offset answer does not cover the partition');
    return BigInt(found.offset);
  } catch (error) {
    link.forgetTopic(topic);
    throw error;
  }
}
