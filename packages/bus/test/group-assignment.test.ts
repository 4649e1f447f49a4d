import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Assignment, assignPartitions } from '../src/group-assignment.ts';
import type { Subscription, TopicPartition } from '../src/group-protocol.ts';

type Group = ReadonlyMap<string, Subscription>;

const TOPICS = ['a', 'b'];

/** Members that hold what they like, rightly or not, and topics of some partitions. */
const groups = fc
  .record({
    counts: fc.tuple(fc.nat(13), fc.nat(13)),
    members: fc.array(
      fc.record({
        topics: fc.subarray(TOPICS),
        generation: fc.integer({ min: -1, max: 3 }),
        held: fc.uniqueArray(fc.record({ topic: fc.nat(1), partition: fc.nat(14) }), {
          selector: ({ topic, partition }) => `${topic}/${partition}`,
        }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ counts, members }) => ({
    counts: new Map(TOPICS.map((topic, index) => [topic, counts[index]])),
    group: new Map(
      members.map((member, index): [string, Subscription] => {
        const held = member.held.map(({ topic, partition }) => ({
          topic: TOPICS[topic],
          partition,
        }));
        return [`member-${index}`, { ...member, held }];
      }),
    ),
  }));

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/** What the members tell in the next round: they have given up what was not theirs. */
function obeyed(group: Group, { shares }: Assignment, generation: number): Group {
  return new Map(
    [...group].map(([id, subscription]) => {
      return [id, { ...subscription, held: shares.get(id) ?? [], generation }];
    }),
  );
}

/** Rounds until nothing is kept back any more. */
function settled(group: Group, counts: ReadonlyMap<string, number>) {
  const rounds = [assignPartitions(group, counts)];
  while (rounds[rounds.length - 1].isPartial && rounds.length < 5) {
    const last = rounds[rounds.length - 1];
    rounds.push(assignPartitions(obeyed(group, last, 3 + rounds.length), counts));
  }
  return rounds;
}

function shareOf({ shares }: Assignment, id: string, topic: string): number {
  return (shares.get(id) ?? []).filter((part) => part.topic === topic).length;
}

describe('the assignment of partitions', () => {
  it('gives no partition to a member while another holds it, and none to two', () => {
    fc.assert(
      fc.property(groups, ({ counts, group }) => {
        const given = new Set<string>();
        for (const [id, share] of assignPartitions(group, counts).shares) {
          for (const part of share) {
            expect(given.has(nameOf(part))).toBe(false);
            given.add(nameOf(part));
            const isHeld = ({ held }: Subscription) => held.some((h) => nameOf(h) === nameOf(part));
            const own = group.get(id);
            const others = [...group].filter(([other, member]) => other !== id && isHeld(member));
            const isFirst = (own !== undefined && isHeld(own)) || others.length === 0;
            expect(isFirst).toBe(true);
            // Of several holders, the one of the latest generation.
            for (const [, { generation }] of others)
              expect(own?.generation).toBeGreaterThanOrEqual(generation);
          }
        }
      }),
    );
  });

  it('has an owner for every partition of a subscribed topic after at most two rounds', () => {
    fc.assert(
      fc.property(groups, ({ counts, group }) => {
        const rounds = settled(group, counts);
        expect(rounds.length).toBeLessThanOrEqual(2);
        const last = rounds[rounds.length - 1];
        const given = [...last.shares.values()].flat().map(nameOf).sort();
        const wanted = TOPICS.flatMap((topic) => {
          const isTaken = [...group.values()].some(({ topics }) => topics.includes(topic));
          const count = isTaken ? (counts.get(topic) ?? 0) : 0;
          return Array.from({ length: count }, (_, partition) => `${topic}/${partition}`);
        });
        expect(given).toEqual(wanted.sort());
      }),
    );
  });

  it('differs by at most one partition of a topic between its subscribers, and gives others none', () => {
    fc.assert(
      fc.property(groups, ({ counts, group }) => {
        const last = settled(group, counts).at(-1);
        for (const topic of TOPICS) {
          const sizes = [...group].map(([id, { topics }]) => {
            const size = last === undefined ? -1 : shareOf(last, id, topic);
            return { isTaker: topics.includes(topic), size };
          });
          const taken = sizes.filter(({ isTaker }) => isTaker).map(({ size }) => size);
          if (taken.length > 0)
            expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(1);
          for (const { isTaker, size } of sizes) if (!isTaker) expect(size).toBe(0);
        }
      }),
    );
  });

  it('moves as few partitions as any balanced assignment would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(8), { minLength: 1, maxLength: 5 }),
        fc.nat(5),
        fc.nat(3),
        (held, free, joining) => {
          const { counts, group, size } = holding(
            [...held, ...Array<number>(joining).fill(0)],
            free,
          );
          const last = settled(group, counts).at(-1);
          let kept = 0;
          for (const [id, { held: before }] of group) {
            const now = new Set((last?.shares.get(id) ?? []).map(nameOf));
            kept += before.filter((part) => now.has(nameOf(part))).length;
          }
          expect(kept).toBe(
            mostKept(
              [...group.values()].map((m) => m.held.length),
              size,
            ),
          );
        },
      ),
    );
  });

  it('is the same in whatever order the members come', () => {
    fc.assert(
      fc.property(groups, fc.infiniteStream(fc.nat()), ({ counts, group }, random) => {
        const mixed = [...group]
          .map((entry) => ({ entry, rank: random.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry);
        const asSorted = ({ isPartial, shares }: Assignment) => ({
          isPartial,
          shares: [...shares].sort(([a], [b]) => (a < b ? -1 : 1)),
        });
        expect(asSorted(assignPartitions(new Map(mixed), counts))).toEqual(
          asSorted(assignPartitions(group, counts)),
        );
      }),
    );
  });

  it('leaves a topic that is missing at the moment with its holders, who tell that it is', () => {
    const held = [0, 2].map((partition) => ({ topic: 'a', partition }));
    const group = new Map([['one', { topics: ['a'], held, generation: 4 }]]);
    const { isPartial, shares } = assignPartitions(group, new Map());
    expect(isPartial).toBe(false);
    expect(shares.get('one')).toEqual(expect.arrayContaining(held));
  });
});

/** A group of one topic in which member n holds sizes[n] partitions and some are nobody's. */
function holding(sizes: readonly number[], free: number) {
  let next = 0;
  const group = new Map(
    sizes.map((size, index): [string, Subscription] => {
      const held = Array.from({ length: size }, () => ({ topic: 'a', partition: next++ }));
      return [`member-${index}`, { topics: ['a'], held, generation: 1 }];
    }),
  );
  return { group, counts: new Map([['a', next + free]]), size: next + free };
}

/** By trying every way to say who has one partition more. */
function mostKept(held: readonly number[], size: number): number {
  const least = Math.floor(size / held.length);
  const more = size % held.length;
  let best = 0;
  for (let chosen = 0; chosen < 2 ** held.length; chosen += 1) {
    const gets = held.map((_, index) => least + ((chosen >> index) & 1));
    if (gets.filter((room) => room > least).length !== more) continue;
    best = Math.max(
      best,
      held.reduce((sum, has, index) => sum + Math.min(has, gets[index]), 0),
    );
  }
  return best;
}
