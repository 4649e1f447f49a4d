import type { PlainEvent } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';

import { AuditGaps } from '../src/audit-gaps.ts';
import { UndeclaredData } from '../src/undeclared-data.ts';
import { CheckpointAge } from '../src/checkpoint-age.ts';
import type { Condition, Rule } from '../src/condition.ts';
import { Liveness } from '../src/liveness.ts';
import { MissingOutcomes } from '../src/missing-outcomes.ts';
import { Pauses } from '../src/pauses.ts';

const STAGE = { dataset: 'people', stage: 'mask', topic: 'accepted.people' };

function judged(rule: Rule, nowMs: number): Condition | undefined {
  return rule.conditions(nowMs, () => false)[0];
}

describe('service-down', () => {
  test('a service is alive while its group has members', () => {
    const rule = new Liveness([STAGE], 0, 60_000);
    rule.members('people', 'mask', 2, 1000);
    expect(judged(rule, 1000)).toMatchObject({
      id: 'service-down/people/mask',
      signal: 'good',
      seen: '2 in the group',
    });
    rule.members('people', 'mask', 0, 4000);
    expect(judged(rule, 4000)).toMatchObject({
      signal: 'bad',
      seen: 'none; last seen 3.0 s ago',
      sinceMs: 1000,
    });
  });

  test('one that was never seen has its grace, then it is down', () => {
    const rule = new Liveness([STAGE], 0, 60_000);
    rule.members('people', 'mask', 0, 1000);
    expect(judged(rule, 59_999)?.signal).toBe('hold');
    expect(judged(rule, 60_000)?.signal).toBe('bad');
  });

  test('a group that cannot be asked changes nothing', () => {
    const rule = new Liveness([STAGE], 0, 0);
    expect(judged(rule, 1000)?.signal).toBe('hold');
    rule.members('people', 'mask', 1, 1000);
    rule.members('people', 'mask', null, 2000);
    expect(judged(rule, 2000)?.signal).toBe('hold');
    expect(rule.alive()).toEqual([]);
  });
});

describe('audit-stale', () => {
  test('a checkpoint younger than 90 s is good, an older one bad', () => {
    const rule = new CheckpointAge(0, 90_000);
    rule.checkpoint(10_000, 10_000);
    expect(judged(rule, 99_999)?.signal).toBe('good');
    expect(judged(rule, 100_000)).toMatchObject({
      signal: 'bad',
      seen: 'the newest is 90 s old',
      sinceMs: 10_000,
    });
  });

  test('before the first one the start of the watcher counts', () => {
    const rule = new CheckpointAge(50_000, 90_000);
    expect(judged(rule, 139_999)?.signal).toBe('hold');
    expect(judged(rule, 140_000)?.signal).toBe('bad');
  });

  test('a checkpoint from before the start tells the age of the log at once', () => {
    const rule = new CheckpointAge(1_000_000, 90_000);
    rule.checkpoint(1000, 1_000_000);
    expect(judged(rule, 1_000_001)?.signal).toBe('bad');
  });

  test('one that claims to be from the future is taken as of now, and an old one replaces none', () => {
    const rule = new CheckpointAge(0, 90_000);
    rule.checkpoint(9e12, 1000);
    rule.checkpoint(500, 2000);
    expect(rule.ageMs(2000)).toBe(1000);
    expect(judged(rule, 91_000)?.signal).toBe('bad');
  });
});

describe('stage-paused', () => {
  const partition = (number: number) => ({ dataset: 'people', stage: 'mask', partition: number });
  const pause = (code: string, toldMs: number) => ({ code, sinceMs: 0, toldMs });

  test('names codes and partitions, and is good when the last one resumed', () => {
    const rule = new Pauses([STAGE], 90_000);
    rule.paused(partition(2), pause('KEYRING_STALE', 1000));
    rule.paused(partition(0), pause('KEYRING_STALE', 1000));
    rule.paused(partition(1), pause('POLICY_BEHIND', 1000));
    expect(judged(rule, 2000)).toMatchObject({
      id: 'stage-paused/people/mask',
      signal: 'bad',
      seen: 'KEYRING_STALE on partition 0, 2; POLICY_BEHIND on partition 1',
      sinceMs: 0,
    });
    for (const number of [0, 1, 2]) rule.resumed(partition(number));
    expect(judged(rule, 2000)).toMatchObject({ signal: 'good', seen: 'none' });
  });

  test('a pause that is not repeated is over: its process is gone', () => {
    const rule = new Pauses([STAGE], 90_000);
    rule.paused(partition(0), pause('KEYRING_STALE', 0));
    rule.paused(partition(0), pause('KEYRING_STALE', 30_000));
    expect(judged(rule, 119_999)?.signal).toBe('bad');
    expect(judged(rule, 120_000)?.signal).toBe('good');
  });

  test('a stage that is not watched is passed over', () => {
    const rule = new Pauses([STAGE], 90_000);
    rule.paused({ ...partition(0), dataset: 'other' }, pause('X', 0));
    expect(judged(rule, 0)?.signal).toBe('good');
  });
});

test('audit-gap stays for its hold after the last gap, since a gap does not mend itself', () => {
  const rule = new AuditGaps(86_400_000);
  expect(rule.conditions(0)).toEqual([]);
  rule.gap('mask', { atMs: 1000, expected: 'from 10', seen: 'from 12' });
  rule.gap('mask', { atMs: 5000, expected: 'from 20', seen: 'from 30' });
  expect(judged(rule, 86_404_999)).toMatchObject({
    id: 'audit-gap/mask',
    signal: 'bad',
    expected: 'from 20',
    sinceMs: 1000,
  });
  expect(judged(rule, 86_405_000)?.signal).toBe('good');
});

test('undeclared-personal-data stays for its hold after the last such record, then begins anew', () => {
  const rule = new UndeclaredData(1000);
  const event = (from: number, classes: Record<string, number>) =>
    ({
      dataset: 'people',
      partition: 1,
      range: { from: String(from) },
      undeclared: classes,
    }) as never;
  rule.batch(event(0, {}), 0);
  expect(rule.conditions(0)).toEqual([]);
  rule.batch(event(5, { card: 1 }), 100);
  rule.batch(event(9, { ssn: 2 }), 900);
  expect(judged(rule, 1899)).toMatchObject({
    signal: 'bad',
    seen: '3 records in which a field looks like card, ssn',
    sinceMs: 100,
    firstOffset: '1:5',
  });
  expect(judged(rule, 1900)?.signal).toBe('good');
  rule.batch(event(20, { email: 1 }), 5000);
  expect(judged(rule, 5000)).toMatchObject({
    signal: 'bad',
    seen: '1 record in which a field looks like email',
    firstOffset: '1:20',
  });
});

describe('missing-outcome', () => {
  const times = { waitMs: 1000, holdMs: 10_000 };
  const event = (type: string, details: object = {}, emitter = 'access/one') =>
    ({
      v: 1,
      time: '2026-01-01T00:00:00.000Z',
      type,
      number: 0,
      emitter,
      actor: 'bob',
      dataset: 'people',
      details: { action: 'reveal', request: 'r-1', told: 'plaintext', values: 7, ...details },
    }) as PlainEvent;

  test('an order without an outcome is told when its time is over, with who, what and how many', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered'), 100);
    rule.event('access', event('access-ordered', { request: 'r-2', values: 5 }), 200);
    expect(rule.conditions(1099)).toEqual([]);
    expect(judged(rule, 1100)).toMatchObject({
      id: 'missing-outcome/access',
      signal: 'bad',
      seen: '1 order without, 7 values at most; the first: access-ordered bob reveal people r-1',
      sinceMs: 100,
    });
    expect(judged(rule, 1200)?.seen).toMatch(/^2 orders without, 12 values at most; the first: /);
  });

  test('an outcome that comes late ends it, and one that comes in time is never told', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered'), 0);
    expect(judged(rule, 2000)?.signal).toBe('bad');
    rule.event('access', event('access-done'), 2500);
    expect(judged(rule, 2500)?.signal).toBe('good');
    rule.event('access', event('access-ordered'), 3000);
    rule.event('access', event('access-done'), 3001);
    expect(judged(rule, 9000)?.signal).toBe('good');
  });

  test('an outcome of another process, service, person or action is none', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered'), 0);
    rule.event('access', event('access-done', {}, 'access/two'), 1);
    rule.event('cli', event('access-done'), 1);
    rule.event('access', { ...event('access-done'), actor: 'eve' }, 1);
    rule.event('access', event('access-done', { action: 'seal' }), 1);
    rule.event('access', event('account-changed'), 1);
    expect(judged(rule, 2000)).toMatchObject({ signal: 'bad', service: 'access' });
  });

  test('of two orders under one id each needs an outcome of its own', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered'), 0);
    rule.event('access', event('access-ordered'), 1);
    rule.event('access', event('access-done'), 2);
    expect(judged(rule, 2000)?.seen).toMatch(/^1 order without/);
    rule.event('access', event('access-done'), 2001);
    expect(judged(rule, 2001)?.signal).toBe('good');
  });

  test('what is only read needs none, and what the command line orders does', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered', { told: 'read' }), 0);
    expect(rule.conditions(5000)).toEqual([]);
    rule.event('cli', event('detokenise-ordered', {}, 'cli/1'), 0);
    rule.event('cli', event('account-change-ordered', {}, 'cli/2'), 0);
    rule.event('cli', event('account-changed', {}, 'cli/2'), 1);
    expect(judged(rule, 5000)).toMatchObject({
      id: 'missing-outcome/cli',
      seen: '1 order without, 7 values at most; the first: detokenise-ordered bob reveal people r-1',
    });
  });

  test('it is told for its hold, and what an earlier process told for the rest of it', () => {
    const rule = new MissingOutcomes(times);
    rule.event('access', event('access-ordered'), 0);
    expect(judged(rule, 9_999)?.signal).toBe('bad');
    expect(judged(rule, 10_000)?.signal).toBe('good');
    const next = new MissingOutcomes(times);
    next.restore('access', { atMs: 0, seen: '1 order without' });
    expect(judged(next, 9_999)).toMatchObject({ signal: 'bad', seen: '1 order without' });
    expect(next.conditions(10_000)).toEqual([]);
  });

  test('a flood of orders is remembered up to a bound, the newest of it', () => {
    const rule = new MissingOutcomes(times);
    for (let n = 0; n < 20_010; n += 1)
      rule.event('access', event('access-ordered', { request: `r-${n}` }), 0);
    expect(judged(rule, 2000)?.seen).toMatch(/^20000 orders without, .* people r-10$/);
  });
});
