import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomToken } from '../src/random-token.ts';

/** Luhn's test as ISO/IEC 7812-1 words it: each second digit from the right is doubled. */
function passesLuhn(text: string): boolean {
  const digits = Array.from(text)
    .filter((one) => one >= '0' && one <= '9')
    .toReversed();
  const sums = digits.map(Number).map((digit, at) => {
    const times = at % 2 === 1 ? digit * 2 : digit;
    return Math.floor(times / 10) + (times % 10);
  });
  return sums.reduce((sum, one) => sum + one, 0) % 10 === 0;
}

const formOf = (text: string) =>
  text.replaceAll(/[0-9]/g, '9').replaceAll(/[a-z]/g, 'a').replaceAll(/[A-Z]/g, 'A');
const like = (value: string) => randomToken('same', Buffer.from(value));

describe('a token of the same shape', () => {
  test('has digits for digits, letters for letters of their case, and all else as it stands', () => {
    const value = fc.stringMatching(/^[ -~]{0,20}[0-9A-Za-z][ -~]{0,20}$/);
    fc.assert(
      fc.property(value, (text) => {
        const token = like(text);
        expect(formOf(token)).toBe(formOf(text));
        expect(token).not.toBe(text);
      }),
    );
  });

  test('with as many digits as a card number is never one by its check digit', () => {
    const card = fc.stringMatching(/^[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[0-9]{0,7}$/);
    fc.assert(
      fc.property(card, (text) => {
        expect(passesLuhn(like(text))).toBe(false);
      }),
      { numRuns: 500 },
    );
    // The control: other lengths are left to chance.
    const short = Array.from({ length: 200 }, () => like('1234567890'));
    expect(short.some(passesLuhn)).toBe(true);
  });

  test('takes every digit and letter at each place', () => {
    const tokens = Array.from({ length: 2000 }, () => like('a1'));
    expect(new Set(tokens.map((token) => token[0])).size).toBe(26);
    expect(new Set(tokens.map((token) => token[1])).size).toBe(10);
  });
});
