import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPattern, parsePattern } from '../src/index.ts';

test('a pattern is a JSON Pointer in which * stands for each element', () => {
  expect(parsePattern('/contacts/*/e~1m~0ail/~2')).toEqual(['contacts', null, 'e/m~ail', '*']);
  expect(parsePattern('/')).toEqual(['']);
});

test.each(['', 'ssn', '/a~', '/a~3', '#/a'])('%j is no pattern', (text) => {
  expect(parsePattern(text)).toBeUndefined();
});

test('any steps come back from their pattern', () => {
  const step = fc.oneof(fc.string(), fc.constantFrom('*', '~', '/', '~1', '~2', null));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (steps) => {
      expect(parsePattern(formatPattern(steps))).toEqual(steps);
    }),
  );
});
