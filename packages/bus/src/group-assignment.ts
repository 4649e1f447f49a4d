import type { Subscription, TopicPartition } from './group-protocol.ts';

/** What was handed out, and whether something had to be kept back. */
export interface Assignment {
  /** By member id; every member has an entry. */
  readonly shares: ReadonlyMap<string, readonly TopicPartition[]>;
  /** A partition waits until its present holder has given it up. */
  readonly isPartial: boolean;
}

interface Member {
  readonly id: string;
  readonly subscription: Subscription;
  readonly share: TopicPartition[];
}

/**
 * What the group's leader hands out: balanced and sticky.
 *
 * Promises: the same members and counts give the same outcome, in whatever order they come. Among
 * the subscribers of a topic nobody is meant to have two partitions of it more than another, and
 * as few as that allows change hands. A partition is given to nobody while another member holds it:
 * that one sees that it is not in its share, gives it up and joins again; the next round hands it
 * out. So after at most two rounds without a change of members all partitions have an owner.
 *
 * Where two say that they hold a partition, the one that was given it in the later generation does.
 * A topic that is missing at the moment (in no count) stays with its holders, who tell so.
 */
export function assignPartitions(
  subscriptions: ReadonlyMap<string, Subscription>,
  counts: ReadonlyMap<string, number>,
): Assignment {
  const members = [...subscriptions]
    .map(([id, subscription]): Member => ({ id, subscription, share: [] }))
    .sort(byId);
  const topics = [...new Set(members.flatMap(({ subscription }) => subscription.topics))].sort();
  let isPartial = false;
  for (const topic of topics) {
    const holders = holdersOf(topic, members);
    const count = counts.get(topic) ?? Math.max(0, ...[...holders.keys()].map((p) => p + 1));
    const meant = shareOut(topic, count, members, holders);
    for (const [partition, member] of meant) {
      const holding = holders.get(partition) ?? [];
      if (holding.length === 0 || holding[0] === member) member.share.push({ topic, partition });
      else isPartial = true;
    }
  }
  return { shares: new Map(members.map(({ id, share }) => [id, share])), isPartial };
}

/** Who holds each partition; where several say so, the rightful one first. */
function holdersOf(topic: string, members: readonly Member[]): Map<number, Member[]> {
  const holders = new Map<number, Member[]>();
  for (const member of members) {
    for (const held of member.subscription.held) {
      if (held.topic !== topic) continue;
      holders.set(held.partition, [...(holders.get(held.partition) ?? []), member]);
    }
  }
  for (const holding of holders.values()) {
    holding.sort((a, b) => b.subscription.generation - a.subscription.generation || byId(a, b));
  }
  return holders;
}

/** The owner that each partition of one topic is meant to have, by partition. */
function shareOut(
  topic: string,
  count: number,
  members: readonly Member[],
  holders: ReadonlyMap<number, readonly Member[]>,
): Map<number, Member> {
  const takers = members.filter(({ subscription }) => subscription.topics.includes(topic));
  const meant = new Map<number, Member>();
  if (takers.length === 0) return meant;
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  const kept = new Map(takers.map((taker) => [taker, 0]));
  for (const partition of partitions) {
    const holder = holders.get(partition)?.at(0);
    if (holder !== undefined) kept.set(holder, (kept.get(holder) ?? 0) + 1);
  }
  const rooms = roomsFor(count, takers, kept);
  const take = (member: Member | undefined, partition: number) => {
    const room = member === undefined ? 0 : (rooms.get(member) ?? 0);
    if (member === undefined || room === 0) return;
    rooms.set(member, room - 1);
    meant.set(partition, member);
  };
  for (const partition of partitions) take(holders.get(partition)?.at(0), partition);
  for (const partition of partitions) {
    if (!meant.has(partition)) take(roomiest(takers, rooms), partition);
  }
  return new Map([...meant].sort(([a], [b]) => a - b));
}

/**
 * How many partitions each taker gets. One more than the rest goes to those who hold the most, so
 * that the least has to move, then to those who have the least of other topics.
 */
function roomsFor(
  count: number,
  takers: readonly Member[],
  held: ReadonlyMap<Member, number>,
): Map<Member, number> {
  const least = Math.floor(count / takers.length);
  const ranked = [...takers].sort(
    (a, b) =>
      (held.get(b) ?? 0) - (held.get(a) ?? 0) || a.share.length - b.share.length || byId(a, b),
  );
  const more = count % takers.length;
  return new Map(ranked.map((taker, rank) => [taker, rank < more ? least + 1 : least]));
}

function roomiest(takers: readonly Member[], rooms: ReadonlyMap<Member, number>): Member {
  return takers.reduce((a, b) => ((rooms.get(b) ?? 0) > (rooms.get(a) ?? 0) ? b : a));
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
