import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const DAY_MS = 86_400_000;
const shifted = (text: string, subject: string, path = '/x', days = 30) =>
  maskOne('dateShift', { days }, text, { subject, path }) ?? 'unfit';
const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY_MS;

describe('dateShift', () => {
  test('moves every date of a subject alike, in all fields, within its days and never by none', () => {
    const date = fc.date({
      min: new Date('1900-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    });
    const text = date.map((moment) => moment.toISOString().slice(0, 10));
    fc.assert(
      fc.property(text, text, fc.string(), (first, second, subject) => {
        const by = days(first, shifted(first, subject));
        expect(by).toBe(days(second, shifted(second, subject, '/y')));
        expect(Math.abs(by)).toBeLessThanOrEqual(30);
        expect(by).not.toBe(0);
      }),
    );
  });

  test('moves subjects apart, by each number of days', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 200; i += 1)
      seen.add(days('2020-03-01', shifted('2020-03-01', `${i}`, '/x', 3)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-3, -2, -1, 1, 2, 3]);
  });

  test('leaves the time of day as it was written', () => {
    expect(shifted('2020-02-28T23:59:60.5+01:00', 'ann')).toMatch(
      /^\d{4}-\d\d-\d\dT23:59:60\.5\+01:00$/,
    );
  });

  test.each(['', '2020-02-30', '28.02.2020', '2020-02-28x', '0001-01-01'])(
    '%s is unfit',
    (text) => {
      const all = Array.from({ length: 20 }, (_, i) => shifted(text, `${i}`));
      if (text === '0001-01-01') expect(all).toContain('unfit');
      else expect(new Set(all)).toEqual(new Set(['unfit']));
    },
  );
});
