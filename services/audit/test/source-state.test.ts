import { expect, test } from 'vitest';
import { resume } from '../src/source-state.ts';

const TOPIC = 'audit.events.mask';
const ID = 'ab'.repeat(16);

function resumed(from: bigint | null, earliest: bigint, latest: bigint, topicId = ID) {
  const positions = new Map(from === null ? [] : [[`${TOPIC}/2`, from]]);
  const state = { positions, topicIds: new Map([[TOPIC, ID]]) };
  return resume(state, { topic: TOPIC, topicId, partition: 2, earliest, latest });
}

test('a partition that was never read begins at its earliest record', () => {
  expect(resumed(null, 7n, 9n)).toEqual({ next: 7n, lost: null });
});

test('a position that Kafka still has is where reading goes on', () => {
  for (const from of [7n, 8n, 9n])
    expect(resumed(from, 7n, 9n)).toEqual({ next: from, lost: null });
});

test('records that expired before they were read are told as a range', () => {
  expect(resumed(3n, 7n, 9n)).toMatchObject({
    next: 7n,
    lost: { from: 3n, to: 7n, reason: 'expired' },
  });
});

test('a topic that ends before the position goes on at its end, and that is told', () => {
  expect(resumed(12n, 7n, 9n)).toMatchObject({
    next: 9n,
    lost: { from: 12n, reason: 'topic-cut' },
  });
});

test('a topic made anew is read from its beginning, even where the old position would fit', () => {
  const anew = resumed(8n, 0n, 100n, 'cd'.repeat(16));
  expect(anew).toMatchObject({ next: 0n, lost: { from: 8n, to: 0n, reason: 'topic-made-anew' } });
});
