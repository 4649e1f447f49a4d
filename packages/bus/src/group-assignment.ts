import { ByteReader } from './wire/byte-reader.ts';
import { ByteWriter } from './wire/byte-writer.ts';
import type { GroupMember } from './kafka-internals.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The subscription that a member sends when it joins (consumer protocol, version 0). */
export function encodeSubscription(topics: readonly string[]): Buffer {
  const body = new ByteWriter().int16(0).int32(topics.length);
  for (const topic of topics) body.string(topic);
  return body.int32(0).done();
}

function decodeSubscription(bytes: Buffer): string[] {
  const reader = new ByteReader(bytes);
  reader.int16();
  return reader.array((topic) => topic.string() ?? '');
}

function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const topics = Map.groupBy(partitions, (part) => part.topic);
  const body = new ByteWriter().int16(0).int32(topics.size);
  for (const [topic, parts] of topics) {
    body.string(topic).int32(parts.length);
    for (const part of parts) body.int32(part.partition);
  }
  return body.int32(0).done();
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  reader.int16();
  return reader
    .array((topics) => {
      const topic = topics.string() ?? '';
      return topics.array((partition) => ({ topic, partition: partition.int32() }));
    })
    .flat();
}

function byTopic(a: readonly [string, number], b: readonly [string, number]): number {
  return a[0] < b[0] ? -1 : 1;
}

/**
 * What the group's leader hands out: the partitions of each topic in turn to the members that
 * subscribed it, members in the order of their ids. Every partition gets exactly one member.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitionsOf: ReadonlyMap<string, number>,
): { memberId: string; memberAssignment: Buffer }[] {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const shares = new Map<string, TopicPartition[]>(sorted.map((member) => [member.memberId, []]));
  let turn = 0;
  for (const [topic, count] of [...partitionsOf].sort(byTopic)) {
    const takers = sorted.filter((member) =>
      decodeSubscription(member.memberMetadata).includes(topic),
    );
    if (takers.length === 0) continue;
    for (let partition = 0; partition < count; partition += 1) {
      shares.get(takers[turn % takers.length].memberId)?.push({ topic, partition });
      turn += 1;
    }
  }
  return [...shares].map(([memberId, share]) => ({
    memberId,
    memberAssignment: encodeAssignment(share),
  }));
}

/** The topics that any member subscribed. */
export function subscribedTopics(members: readonly GroupMember[]): string[] {
  return [...new Set(members.flatMap((member) => decodeSubscription(member.memberMetadata)))];
}
