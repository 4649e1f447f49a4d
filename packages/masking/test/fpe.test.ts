import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FpeField, fpeLengthMin, type FpeParameters, fpeProblem } from '../src/fpe.ts';
import { keys, maskOne } from './mask-one.ts';

const enciphered = (text: string, rule?: FpeParameters) => maskOne('fpe', rule, text);
const CARD = '4111-1111-1111-1111';

/** What the enciphered text becomes on the way back; undefined when it is refused. */
function back(text: string, rule: FpeParameters = {}): string | undefined {
  const out = Buffer.alloc(1000);
  const bytes = Buffer.from(text);
  const field = new FpeField(rule, { dataset: 'people', path: '/x' });
  return field.decrypt(keys, bytes, out) ? out.toString('utf8', 0, bytes.length) : undefined;
}

/** Whether a number passes Luhn's test, written from the standard's words for this test alone. */
function passesLuhn(text: string): boolean {
  const digits = Array.from(text.replaceAll(/\D/g, ''), Number).toReversed();
  const sum = digits.reduce((total, digit, i) => {
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

describe('fpe', () => {
  test('keeps form and what is kept, is the same for equal values, and comes back', () => {
    const rule = fc.record({
      alphabet: fc.constantFrom('digits' as const, 'alphanumeric' as const),
      keepFirst: fc.nat(6),
      keepLast: fc.nat(4),
    });
    const text = fc.stringMatching(/^([A-Za-z0-9]{1,3}[-. é]?){12,40}$/);
    fc.assert(
      fc.property(rule, text, (parameters, value) => {
        const known = parameters.alphabet === 'digits' ? /\d/g : /[A-Za-z0-9]/g;
        const length = value.match(known)?.length ?? 0;
        const made = enciphered(value, parameters);
        if (length < fpeLengthMin(parameters)) {
          expect(made).toBeUndefined();
          return;
        }
        expect(made).not.toBe(value);
        expect(made?.replaceAll(known, '#')).toBe(value.replaceAll(known, '#'));
        const characters = (from: string | undefined) => from?.match(known)?.join('') ?? '';
        const { keepFirst, keepLast } = parameters;
        expect(characters(made).slice(0, keepFirst)).toBe(characters(value).slice(0, keepFirst));
        expect(characters(made).slice(length - keepLast)).toBe(
          characters(value).slice(length - keepLast),
        );
        expect(enciphered(value, parameters)).toBe(made);
        expect(back(made ?? '', parameters)).toBe(value);
      }),
    );
  });

  test('with luhn: valid gives a card number that passes, with luhn: broken one that never does', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{15}$/), (digits) => {
        const last = '0123456789'.split('').find((digit) => passesLuhn(digits + digit)) ?? '';
        const card = digits + last;
        const valid = enciphered(card, { luhn: 'valid', keepFirst: 6 }) ?? '';
        const broken = enciphered(card, { luhn: 'broken', keepFirst: 6 }) ?? '';
        expect([passesLuhn(valid), passesLuhn(broken)]).toEqual([true, false]);
        expect(valid.slice(0, 6)).toBe(card.slice(0, 6));
        expect(back(valid, { luhn: 'valid', keepFirst: 6 })).toBe(card);
        expect(back(broken, { luhn: 'broken', keepFirst: 6 })).toBe(card);
        expect(back(valid, { luhn: 'broken', keepFirst: 6 })).toBeUndefined();
      }),
    );
    expect(enciphered('4111-1111-1111-1112', { luhn: 'valid' })).toBeUndefined();
  });

  test('what is kept decides about the rest, so equal middles of two cards do not show', () => {
    const rule = { keepFirst: 6, keepLast: 4 };
    const middle = (card: string) => enciphered(card, rule)?.slice(7, 14);
    expect(middle(CARD)).not.toBe(middle(CARD.replace(/1$/, '2')));
  });

  test.each([
    ['12345', {}],
    ['123-45-6789', { keepLast: 4 }],
    ['12345678901', { keepFirst: 6 }],
    ['abcd', { alphabet: 'alphanumeric' as const, keepLast: 1 }],
    ['', {}],
    ['1'.repeat(1001), {}],
  ])(
    '%s under %o is unfit: fewer than 10^6 values have its form, or it is too long',
    (text, rule) => {
      expect(enciphered(text, rule)).toBeUndefined();
    },
  );

  test('rules that contradict themselves are told', () => {
    expect(fpeProblem({ luhn: 'valid', alphabet: 'alphanumeric' })).toMatch(/digits alone/);
    expect(fpeProblem({ luhn: 'broken', keepLast: 4 })).toMatch(/check digit/);
    expect(fpeProblem({ luhn: 'valid', keepFirst: 6 })).toBeUndefined();
    expect(fpeProblem({ keepFirst: 6, keepLast: 4 })).toBeUndefined();
  });
});
