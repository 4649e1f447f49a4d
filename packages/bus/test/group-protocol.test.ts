import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AssignerProtocol } from 'kafkajs';
import {
  decodeShare,
  decodeSubscription,
  encodeShare,
  encodeSubscription,
} from '../src/group-protocol.ts';

const topicNames = fc.string({ minLength: 1, maxLength: 20 });
const partitions = fc
  .uniqueArray(fc.tuple(topicNames, fc.nat(1000)), { selector: (part) => part.join('/') })
  .map((parts) => parts.map(([topic, partition]) => ({ topic, partition })));
const grouped = (parts: readonly { topic: string; partition: number }[]) =>
  [...Map.groupBy(parts, ({ topic }) => topic).values()].flat();

it('a subscription comes back as it was told', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(topicNames),
      partitions,
      fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      (topics, held, generation) => {
        const bytes = encodeSubscription({ topics, held, generation });
        expect(decodeSubscription(bytes)).toEqual({ topics, held: grouped(held), generation });
      },
    ),
  );
});

it('a share comes back as it was told', () => {
  fc.assert(
    fc.property(
      partitions,
      fc.uniqueArray(fc.tuple(topicNames, fc.nat(1000)), { selector: ([topic]) => topic }),
      fc.boolean(),
      (parts, counts, isPartial) => {
        const share = { partitions: parts, counts: new Map(counts), isPartial };
        expect(decodeShare(encodeShare(share))).toEqual({ ...share, partitions: grouped(parts) });
      },
    ),
  );
});

it('another client reads the topics of a subscription and the partitions of a share', () => {
  const held = [{ topic: 'people', partition: 3 }];
  const subscription = encodeSubscription({ topics: ['people'], held, generation: 7 });
  expect(AssignerProtocol.MemberMetadata.decode(subscription)?.topics).toEqual(['people']);
  const share = encodeShare({
    partitions: held,
    counts: new Map([['people', 4]]),
    isPartial: true,
  });
  expect(AssignerProtocol.MemberAssignment.decode(share)?.assignment).toEqual({ people: [3] });
});

it('a subscription of an older version holds nothing', () => {
  const old = AssignerProtocol.MemberMetadata.encode({
    version: 0,
    topics: ['people'],
    userData: Buffer.from('theirs'),
  });
  expect(decodeSubscription(old)).toEqual({ topics: ['people'], held: [], generation: -1 });
});

it('a member without a share has nothing', () => {
  expect(decodeShare(Buffer.alloc(0)).partitions).toEqual([]);
});
