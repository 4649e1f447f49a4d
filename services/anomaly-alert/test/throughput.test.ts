import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AlertBoard } from '../src/alert-board.ts';
import { Throughput } from '../src/throughput.ts';

const TOPIC = { dataset: 'people', topic: 'masked.people', service: 'mask' };
const TIMES = { rate: 1, windowMs: 30_000, silenceMs: 5000 };
const ID = 'throughput-stopped/people/masked.people';

/** Plays a series through rule and states, looking every half second; seconds in, seconds out. */
function play(records: (second: number) => number, untilSecond: number) {
  const rule = new Throughput([TOPIC], TIMES);
  const board = new AlertBoard({
    rules: [rule],
    timesOf: () => ({ pendingMs: 5000, resolveMs: 5000, resolveMaxMs: 300_000, calmMs: 600_000 }),
    runbooks: 'docs/runbooks',
  });
  const changes: [number, string][] = [];
  for (let ms = 0; ms <= untilSecond * 1000; ms += 500) {
    const count = ms % 1000 === 0 ? records(ms / 1000) : 0;
    rule.count(TOPIC.topic, count, ms, `0:${ms}`);
    for (const { state } of board.look(ms)) changes.push([ms / 1000, state]);
  }
  return changes;
}

describe('throughput-stopped', () => {
  test('a steady flow that stops fires 10 s later and resolves after 5 s of flow', () => {
    const changes = play((second) => (second <= 40 || second >= 60 ? 100 : 0), 80);
    expect(changes).toEqual([
      [50, 'firing'],
      [65, 'resolved'],
    ]);
  });

  test('a burst of a few seconds counts as a flow: 30 records make one a second over 30 s', () => {
    expect(play((second) => (second < 5 ? 2000 : 0), 20)).toEqual([[14, 'firing']]);
    expect(play((second) => (second === 0 ? 29 : 0), 60)).toEqual([]);
    expect(play((second) => (second === 0 ? 30 : 0), 20)).toEqual([[10, 'firing']]);
  });

  test('a slow flow of one record in two seconds is expected of nobody', () => {
    expect(play((second) => (second % 2 === 0 && second < 100 ? 1 : 0), 200)).toEqual([]);
  });

  test('gaps shorter than 10 s do not fire', () => {
    expect(play((second) => (second % 9 === 0 ? 500 : 0), 300)).toEqual([]);
  });

  test('one stray record does not resolve it', () => {
    const changes = play((second) => (second <= 30 ? 10 : second === 60 ? 1 : 0), 300);
    expect(changes).toEqual([[40, 'firing']]);
  });

  test('it stays firing for as long as nothing flows: the baseline does not fade', () => {
    expect(play((second) => (second <= 30 ? 10 : 0), 7200)).toEqual([[40, 'firing']]);
  });

  test('a slow tail resolves it: ten records evenly over 15 s', () => {
    const changes = play((second) => {
      if (second <= 30) return 10;
      return second >= 60 && second < 75 && (second - 60) % 3 !== 2 ? 1 : 0;
    }, 76);
    expect(changes).toEqual([
      [40, 'firing'],
      [65, 'resolved'],
    ]);
  });

  test('a topic that never carried a record is not expected to', () => {
    expect(play(() => 0, 600)).toEqual([]);
  });

  test('a steady flow of at least one record a second never fires', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 10, maxLength: 120 }),
        (counts) => {
          expect(play((second) => counts[second] ?? 0, counts.length - 1)).toEqual([]);
        },
      ),
    );
  });

  test('any flow of 30 records that stops for good fires exactly 10 s after its last record', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 30, maxLength: 60 }),
        (counts) => {
          const changes = play((second) => counts[second] ?? 0, counts.length + 60);
          expect(changes).toEqual([[counts.length - 1 + 10, 'firing']]);
        },
      ),
    );
  });

  test('says what was expected, what is seen, since when and from which offset on', () => {
    const rule = new Throughput([TOPIC], TIMES);
    for (let second = 0; second < 30; second++)
      rule.count(TOPIC.topic, 20, second * 1000, `3:${second}`);
    const [condition] = rule.conditions(36_000, () => false);
    expect(condition).toEqual({
      id: ID,
      rule: 'throughput-stopped',
      ...TOPIC,
      signal: 'bad',
      expected: 'records to go on: 20.0/s over 30.0 s before',
      seen: 'last record 7.0 s ago',
      sinceMs: 29_000,
      firstOffset: '3:29',
    });
  });

  test('memory is bounded: however many events come, a window of pieces is kept', () => {
    const rule = new Throughput([TOPIC], TIMES);
    for (let event = 0; event < 200_000; event++) rule.count(TOPIC.topic, 1, event, '0:0');
    expect(rule.rates(200_000)[0]?.perSecond).toBeCloseTo(1000, -2);
  });
});
