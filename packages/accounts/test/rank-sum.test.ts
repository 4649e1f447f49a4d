import { expect, test } from 'vitest';
import { rankSum } from '../../../bench/sign-in/rank-sum.ts';

/** A sequence that is the same in every run (Park and Miller). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test('ages of males and females at a diagnosis give U and p of the example of SciPy', () => {
  // scipy.stats.mannwhitneyu, its documentation: method asymptotic, with the correction for continuity.
  const { p, u } = rankSum([19, 22, 16, 29, 24], [20, 11, 17, 12]);
  expect(u).toBe(17);
  expect(p).toBeCloseTo(0.111_346_886, 6);
});

test('equal samples are not told apart, and those that do not overlap are', () => {
  const values = Array.from({ length: 100 }, (_, at) => at % 7);
  expect(rankSum(values, values).p).toBe(1);
  expect(rankSum([1, 1, 1], [1, 1]).p).toBe(1);
  const higher = values.map((value) => value + 7);
  expect(rankSum(higher, values)).toMatchObject({ u: 10_000 });
  expect(rankSum(higher, values).p).toBeLessThan(1e-30);
  expect(rankSum(values, higher).p).toBe(rankSum(higher, values).p);
  expect(() => rankSum([], values)).toThrow(RangeError);
});

test('p is as often below a bound as it says, when there is no difference', () => {
  const next = sequence(4711);
  const sample = () => Array.from({ length: 50 }, next);
  const below = (bound: number, ps: readonly number[]) => ps.filter((p) => p < bound).length;
  const ps = Array.from({ length: 2000 }, () => rankSum(sample(), sample()).p);
  // Four standard deviations of the binomial about 1,000, 200 and 20.
  expect(Math.abs(below(0.5, ps) - 1000)).toBeLessThan(90);
  expect(Math.abs(below(0.1, ps) - 200)).toBeLessThan(54);
  expect(below(0.01, ps)).toBeLessThan(38);
});
