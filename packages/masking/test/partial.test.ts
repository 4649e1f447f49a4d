import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partialKeeps, type PartialParameters, partialProblem } from '../src/index.ts';
import { maskOne } from './mask-one.ts';

const partial = (rule: PartialParameters, text: string) => maskOne('partial', rule, text);

describe('partial', () => {
  test.each<[PartialParameters, string, string]>([
    [{ hideLast: 4, with: 'X' }, '123-45-6789', '123-45-XXXX'],
    [{ hideFirst: 5 }, '123-45-6789', 'XXX-XX-6789'],
    [{ keepLast: 4 }, '+1 (555) 123-4567', '+X (XXX) XXX-4567'],
    [{ keepFirst: 6, keepLast: 4 }, '4111 1111 1111 1111', '4111 11XX XXXX 1111'],
    [{ keepFirst: 3 }, '94110', '941XX'],
    [{ keepFirst: 1, hideLast: 2 }, 'abcd', 'aXXX'],
    [{ hideLast: 2, with: '•' }, 'Zoë', 'Z••'],
    [{ keepFirst: 0 }, 'abc', 'XXX'],
  ])('%j of %j is %j: separators stay', (rule, text, masked) => {
    expect(partial(rule, text)).toBe(masked);
  });

  test.each<[PartialParameters, string, string]>([
    [{ hideLast: 4 }, '123', 'XXX'],
    [{ hideLast: 4 }, '1-2', 'XXX'],
    [{ keepLast: 4 }, '4567', 'XXXX'],
    [{ keepFirst: 6, keepLast: 4 }, '411111-1111', 'XXXXXXXXXXX'],
    [{ keepFirst: 2, hideLast: 2 }, 'abc', 'XXX'],
    [{ hideLast: 4 }, '!?', 'XX'],
    [{ hideLast: 4 }, '', ''],
  ])(
    '%j of a value shorter than kept and hidden together hides it whole: %j',
    (rule, text, out) => {
      expect(partial(rule, text)).toBe(out);
    },
  );

  test('what is no separator is counted and hidden, in any script', () => {
    expect(partial({ keepLast: 1 }, 'Ж漢🙂é9')).toBe('XXXX9');
    expect(partial({ keepLast: 1 }, 'Ж、漢9')).toBe('X、X9');
  });

  test('an ASCII text is treated as it is with a character of another script beside it', () => {
    const small = fc.option(fc.nat(4), { nil: undefined });
    fc.assert(
      fc.property(
        fc.record({ keepFirst: small, keepLast: small, hideFirst: small, hideLast: small }),
        fc.string({ unit: fc.constantFrom('a', 'Z', '5', '-', ' ', '"', '~'), maxLength: 12 }),
        (raw, text) => {
          const rule = Object.fromEntries(
            Object.entries(raw).filter(([, value]) => value !== undefined),
          ) as PartialParameters;
          fc.pre(partialProblem(rule) === undefined);
          expect(partial(rule, text)).toBe(partial(rule, `${text}、`)?.slice(0, -1));
          expect(partial(rule, text)?.replaceAll('X', '•')).toBe(
            partial({ ...rule, with: '•' }, text),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('what stays readable is never more than partialKeeps says', () => {
    const small = fc.option(fc.nat(6), { nil: undefined });
    fc.assert(
      fc.property(
        fc.record({ keepFirst: small, keepLast: small, hideFirst: small, hideLast: small }),
        fc.string({ unit: fc.constantFrom('a', '5', '-', 'ß'), maxLength: 12 }),
        (raw, text) => {
          const rule = Object.fromEntries(
            Object.entries(raw).filter(([, value]) => value !== undefined),
          ) as PartialParameters;
          fc.pre(partialProblem(rule) === undefined);
          const masked = partial(rule, text) ?? '';
          expect(Array.from(masked)).toHaveLength(Array.from(text).length);
          const count = (s: string) => s.replaceAll(/[-X]/g, '').length;
          expect(count(masked)).toBe(partialKeeps(rule, count(text)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a rule that hides nothing or contradicts itself is told', () => {
    expect(partialProblem({})).toContain('hides nothing');
    expect(partialProblem({ hideLast: 0 })).toContain('hides nothing');
    expect(partialProblem({ keepLast: 4, hideLast: 2 })).toContain('both keep and hide');
    expect(partialProblem({ keepFirst: 4, hideFirst: 2 })).toContain('both keep and hide');
    expect(partialProblem({ keepFirst: 4 })).toBeUndefined();
  });
});
