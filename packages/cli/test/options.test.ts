import { expect, test } from 'vitest';

import { durationMs, pointInTime, wholeNumber } from '../src/options.ts';

test('a duration has a unit', () => {
  expect([durationMs('500ms'), durationMs('2m'), durationMs('7d')]).toEqual([
    500, 120_000, 604_800_000,
  ]);
  for (const text of ['5', 'm', '-1s', '1.5h', '1 h']) expect(() => durationMs(text)).toThrow();
});

test('a point in time is RFC 3339 or how long ago', () => {
  expect(pointInTime('2026-05-01T12:00:00Z')).toBe(Date.UTC(2026, 4, 1, 12));
  expect(pointInTime('2026-05-01')).toBe(Date.UTC(2026, 4, 1));
  expect(Date.now() - pointInTime('2h')).toBeGreaterThanOrEqual(7_200_000);
  for (const text of ['yesterday', '2026-13-01', '12:00', '1'])
    expect(() => pointInTime(text)).toThrow();
});

test('a whole number is one, and not below its least', () => {
  expect(wholeNumber(1)('12')).toBe(12);
  for (const text of ['0', '-1', '1.5', 'x', '', '1e3'])
    expect(() => wholeNumber(1)(text)).toThrow();
});
