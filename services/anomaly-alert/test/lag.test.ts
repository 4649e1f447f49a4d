import type { LagSample } from '@sealstream/service';
import { describe, expect, test } from 'vitest';

import { LagRule } from '../src/lag.ts';

const STAGE = { dataset: 'people', stage: 'mask', topic: 'accepted.people' };
const LIMITS = { records: 1000, ageMs: 60_000 };

const at = (partition: number, stable: number, committed: number): LagSample => ({
  partition,
  stable: BigInt(stable),
  committed: BigInt(committed),
});

function judged(rule: LagRule, nowMs: number) {
  const [condition] = rule.conditions(nowMs);
  return condition;
}

describe('lag', () => {
  test('is the sum over partitions in records and the oldest unread record in seconds', () => {
    const rule = new LagRule([STAGE], LIMITS);
    rule.sample(STAGE, [at(0, 100, 100), at(1, 50, 50)], 0);
    rule.sample(STAGE, [at(0, 110, 100), at(1, 50, 50)], 2000);
    rule.sample(STAGE, [at(0, 120, 105), at(1, 57, 50)], 4000);
    expect(rule.lags(10_000)).toEqual([
      { watched: STAGE, lag: { records: 22, ageMs: 8000, first: '0:105' } },
    ]);
    rule.sample(STAGE, [at(0, 120, 110), at(1, 57, 57)], 6000);
    expect(rule.lags(10_000)[0]?.lag).toEqual({ records: 10, ageMs: 6000, first: '0:110' });
    rule.sample(STAGE, [at(0, 120, 120), at(1, 57, 57)], 8000);
    expect(rule.lags(10_000)[0]?.lag).toEqual({ records: 0, ageMs: 0, first: null });
  });

  test('fires by records or by seconds and is good again only below half of both', () => {
    const rule = new LagRule([STAGE], LIMITS);
    rule.sample(STAGE, [at(0, 1000, 0)], 0);
    expect(judged(rule, 0)).toMatchObject({ signal: 'bad', seen: '1000 records, 0.0 s behind' });
    rule.sample(STAGE, [at(0, 1000, 400)], 1000);
    expect(judged(rule, 1000)?.signal).toBe('hold');
    rule.sample(STAGE, [at(0, 1000, 501)], 1000);
    expect(judged(rule, 1000)?.signal).toBe('good');
    expect(judged(rule, 40_000)?.signal).toBe('hold');
    expect(judged(rule, 61_000)).toMatchObject({ signal: 'bad', firstOffset: '0:501', sinceMs: 0 });
  });

  test('says nothing before the first figures and while they cannot be had', () => {
    const rule = new LagRule([STAGE], LIMITS);
    expect(judged(rule, 0)).toMatchObject({ signal: 'hold', seen: 'unknown' });
    rule.sample(STAGE, [at(0, 5000, 0)], 0);
    rule.unknown(STAGE);
    expect(judged(rule, 0)?.signal).toBe('hold');
  });

  test('of a stage that keeps up stays young, however long it runs', () => {
    const rule = new LagRule([STAGE], LIMITS);
    for (let second = 0; second < 5000; second++) {
      rule.sample(STAGE, [at(0, second * 100 + 100, second * 100)], second * 1000);
      expect(rule.lags(second * 1000)[0]?.lag.ageMs).toBeLessThanOrEqual(1000);
    }
  });

  test('of a stage that stands still grows with the clock, in bounded memory', () => {
    const rule = new LagRule([STAGE], LIMITS);
    for (let second = 0; second < 5000; second++)
      rule.sample(STAGE, [at(0, second + 1, 0)], second * 1000);
    expect(rule.lags(5_000_000)[0]?.lag).toEqual({
      records: 5000,
      ageMs: 5_000_000,
      first: '0:0',
    });
  });
});
