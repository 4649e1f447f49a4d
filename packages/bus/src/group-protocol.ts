import { ByteReader } from './wire/byte-reader.ts';
import { ByteWriter } from './wire/byte-writer.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a member tells when it joins. */
export interface Subscription {
  readonly topics: readonly string[];
  /** Partitions that it works on, or has not ended giving up. */
  readonly held: readonly TopicPartition[];
  /** The generation in which it was last given partitions; -1 for none. */
  readonly generation: number;
}

/** What the leader tells a member. */
export interface Share {
  readonly partitions: readonly TopicPartition[];
  /** Number of partitions of each topic that was handed out. */
  readonly counts: ReadonlyMap<string, number>;
  /** Something is handed out to nobody yet: whoever holds it gives it up, and all join again. */
  readonly isPartial: boolean;
}

/** Names this way of handing out; members that know another one cannot be in the same group. */
export const GROUP_PROTOCOL = 'sealstream-sticky';

const SUBSCRIPTION_VERSION = 2;
const SHARE_VERSION = 0;

/** The consumer protocol's subscription, version 2, without user data (KIP-429, KIP-792). */
export function encodeSubscription(subscription: Subscription): Buffer {
  const body = new ByteWriter().int16(SUBSCRIPTION_VERSION).int32(subscription.topics.length);
  for (const topic of subscription.topics) body.string(topic);
  body.int32(-1);
  writePartitions(body, subscription.held);
  return body.int32(subscription.generation).done();
}

/** Reads any version; what an older one does not have is empty. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  const topics = reader.array((topic) => topic.string() ?? '');
  reader.view(Math.max(0, reader.int32()));
  const held = version >= 1 ? readPartitions(reader) : [];
  const generation = version >= 2 ? reader.int32() : -1;
  return { topics, held, generation };
}

/** The consumer protocol's assignment, version 0; counts and the flag are its user data. */
export function encodeShare(share: Share): Buffer {
  const body = new ByteWriter().int16(SHARE_VERSION);
  writePartitions(body, share.partitions);
  const extra = new ByteWriter().int8(share.isPartial ? 1 : 0).int32(share.counts.size);
  for (const [topic, count] of share.counts) extra.string(topic).int32(count);
  return body.bytes(extra.done()).done();
}

export function decodeShare(bytes: Buffer): Share {
  if (bytes.length === 0) return { partitions: [], counts: new Map(), isPartial: false };
  const reader = new ByteReader(bytes);
  reader.int16();
  const partitions = readPartitions(reader);
  const extra = new ByteReader(reader.view(reader.int32()));
  const isPartial = extra.int8() === 1;
  const counts = new Map(extra.array((topic) => [topic.string() ?? '', topic.int32()]));
  return { partitions, counts, isPartial };
}

function writePartitions(body: ByteWriter, partitions: readonly TopicPartition[]): void {
  const topics = Map.groupBy(partitions, (part) => part.topic);
  body.int32(topics.size);
  for (const [topic, parts] of topics) {
    body.string(topic).int32(parts.length);
    for (const part of parts) body.int32(part.partition);
  }
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return reader
    .array((topics) => {
      const topic = topics.string() ?? '';
      return topics.array((partition) => ({ topic, partition: partition.int32() }));
    })
    .flat();
}
