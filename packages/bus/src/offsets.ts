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
  const [offset] = await partitionOffsets(link, topic, [partition], query);
  return offset;
}

/** The same of several partitions, in their order, with one question to each leader. */
export async function partitionOffsets(
  link: KafkaLink,
  topic: string,
  partitions: readonly number[],
  query: OffsetQuery,
): Promise<bigint[]> {
  const deadline = Date.now() + PASSING_MS;
  for (;;) {
    try {
      return await askOffsets(link, topic, partitions, query);
    } catch (error) {
      link.forgetTopic(topic);
      if (!PASSING.has(refusalType(error)) || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

async function askOffsets(
  link: KafkaLink,
  topic: string,
  partitions: readonly number[],
  query: OffsetQuery,
): Promise<bigint[]> {
  const timestamp =
    typeof query === 'object' ? BigInt(query.atMs) : query === 'earliest' ? -2n : -1n;
  const placed = await Promise.all(
    partitions.map(async (partition) => {
      return { partition, leader: await link.leader(topic, partition) };
    }),
  );
  const offsets = new Map<number, bigint>();
  const askLeader = async ([leader, led]: [number, { partition: number }[]]) => {
    const broker = await link.broker(leader);
    const asked = led.map(({ partition }) => ({ partition, timestamp }));
    const answer = await link.call(broker, () =>
      broker.listOffsets({
        replicaId: -1,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: asked }],
      }),
    );
    for (const { offset, partition } of answer.responses[0]?.partitions ?? [])
      offsets.set(partition, BigInt(offset));
  };
  await Promise.all([...Map.groupBy(placed, ({ leader }) => leader)].map(askLeader));
  return partitions.map((partition) => {
    const offset = offsets.get(partition);
    if (offset === undefined) throw new RangeError('offset answer does not cover the partition');
    return offset;
  });
}
