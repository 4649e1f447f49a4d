import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const noisy = (text: string, rule: object, about: { subject?: string; source?: Buffer } = {}) =>
  maskOne('noise', rule, text, about) ?? 'unfit';

describe('noise', () => {
  test('moves a number within its bounds, by whole steps of its last digit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 1, max: 1000 }),
        (cents, within) => {
          const masked = Number(noisy(String(cents), { within }));
          expect(Number.isInteger(masked)).toBe(true);
          expect(Math.abs(masked - cents)).toBeLessThanOrEqual(within);
        },
      ),
    );
  });

  test('draws evenly, and anew for each record', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2100; i += 1) {
      const masked = noisy('100', { within: 3 }, { source: randomBytes(16) });
      counts.set(masked, (counts.get(masked) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['100', '101', '102', '103', '97', '98', '99']);
    // Six standard deviations of a draw that comes 300 times.
    for (const count of counts.values()) expect(Math.abs(count - 300)).toBeLessThan(6 * 16.1);
  });

  test('of a record is the same when it is treated again, so that it cannot be averaged away', () => {
    const source = randomBytes(16);
    expect(noisy('1000000', { within: 900_000 }, { source })).toBe(
      noisy('1000000', { within: 900_000 }, { source }),
    );
  });

  test('per subject moves all of their numbers in a field alike', () => {
    const rule = { within: 500_000, per: 'subject' };
    const by = (text: string, subject: string) =>
      Number(noisy(text, rule, { subject })) - Number(text);
    expect(by('10', 'ann')).toBe(by('777', 'ann'));
    expect(by('10', 'ann')).not.toBe(by('10', 'bob'));
  });

  test.each([
    ['12.30', { within: 0.05 }, /^12\.(2[5-9]|3[0-5]?)$/],
    ['7', { within: 0.5 }, /^(6\.[5-9]|7(\.[1-5])?)$/],
    ['1e3', { within: 1 }, /^(999|100[01])$/],
    ['0.00000000000000000001', { within: 1 }, /^-?[01](\.\d{20})?$/],
  ])('%s under %o keeps its form', (text, rule, form) => {
    for (let i = 0; i < 50; i += 1)
      expect(noisy(text, rule, { source: randomBytes(16) })).toMatch(form);
  });

  test.each(['', 'abc', '1e1001', '1'.repeat(1001)])('%s is unfit', (text) => {
    expect(noisy(text, { within: 1 })).toBe('unfit');
  });
});
