import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { editDistance, nearName } from '../src/near-name.ts';

test('counts insertions, deletions, changes and swaps of neighbours once each', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('PROT', 'PORT')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
});

test('is a distance: zero only for equal texts, and the same both ways', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test('suggests nothing when nothing is near', () => {
  expect(nearName('SEALSTREAM_HTTP_PROT', ['SEALSTREAM_HTTP_PORT', 'X'])).toBe(
    'SEALSTREAM_HTTP_PORT',
  );
  expect(nearName('ABCDEF', ['uvwxyz'])).toBeUndefined();
});
