import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootstrapLimits } from '../src/index.ts';

test.each([
  [0, false, 'nobody'],
  [1, false, 'second-only'],
  [2, false, 'all'],
  [5, false, 'all'],
  [1, true, 'all'],
  [0, true, 'all'],
] as const)(
  'with %d administrators, once two: %s, the limits are: %s',
  (enabled, wereTwo, limits) => {
    expect(bootstrapLimits({ enabled, wereTwo })).toBe(limits);
  },
);

test('nobody is alone again who was two: however administrators come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (changes) => {
      let [enabled, wereTwo] = [1, false];
      for (const comes of changes) {
        if (comes) enabled++;
        else if (enabled > 0) enabled--;
        wereTwo ||= enabled >= 2;
        expect(bootstrapLimits({ enabled, wereTwo }) === 'all').toBe(wereTwo);
      }
    }),
  );
});
