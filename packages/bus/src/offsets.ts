import { setTimeout as sleep } from 'node:timers/promises';
import { refusalType } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';

/** earliest: the log's start. latest: the last stable offset, up to which everything is decided. */
export type OffsetQuery = 'earliest' | 'latest' | { readonly atMs: number };

const READ_COMMITTED = 1;

/** What passes by itself while a topic was just made or a leader moves. */
const PASSING = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
]);
const PASSING_MS = 10_000;

/**
 * An offset of one partition. For a time: the first offset at or after it, or -1 when there is none.
 */
export async function partitionOffset(
  link: KafkaLink,
  topic: string,
  partition: number,
  query: OffsetQuery,
): Promise<bigint> {
  const deadline = Date.now() + PASSING_MS;
  for (;;) {
    try {
      return await askOffset(link, topic, partition, query);
    } catch (error) {
      link.forgetTopic(topic);
      if (!PASSING.has(refusalType(error)) || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

async function askOffset(
  link: KafkaLink,
  topic: string,
  partition: number,
  query: OffsetQuery,
): Promise<bigint> {
  const timestamp =
    typeof query === 'object' ? BigInt(query.atMs) : query === 'earliest' ? -2n : -1n;
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
}
