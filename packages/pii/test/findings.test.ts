import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Findings } from '../src/index.ts';

function settled(candidates: readonly (readonly [from: number, to: number, score: number])[]) {
  const findings = new Findings();
  findings.reset(0);
  for (const [from, to, score] of candidates) findings.add(0, from, to, score);
  findings.finish();
  return findings.objects().map(({ from, to, score }) => [from, to, score]);
}

test('of two that overlap the higher score stays, then the longer, then the earlier', () => {
  expect(
    settled([
      [0, 10, 50],
      [5, 9, 60],
    ]),
  ).toEqual([[5, 9, 60]]);
  expect(
    settled([
      [0, 10, 50],
      [5, 9, 50],
    ]),
  ).toEqual([[0, 10, 50]]);
  expect(
    settled([
      [0, 4, 50],
      [2, 6, 50],
    ]),
  ).toEqual([[0, 4, 50]]);
});

test('a form with a check that loses is taken in by what wins over a part of it, up to its neighbours', () => {
  expect(
    settled([
      [2, 9, 90],
      [7, 12, 95],
    ]),
  ).toEqual([[2, 12, 95]]);
  expect(
    settled([
      [0, 4, 98],
      [2, 20, 90],
      [8, 10, 97],
      [16, 30, 96],
    ]),
  ).toEqual([
    [0, 8, 98],
    [8, 16, 97],
    [16, 30, 96],
  ]);
});

test('what loses to a loser stays', () => {
  expect(
    settled([
      [0, 4, 50],
      [3, 8, 60],
      [7, 12, 70],
    ]),
  ).toEqual([
    [0, 4, 50],
    [7, 12, 70],
  ]);
});

test('findings are sorted and disjoint however many candidates come', () => {
  const candidate = fc.tuple(
    fc.nat(5),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 50, max: 99 }),
  );
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 600 }), (steps) => {
      let at = 0;
      const all = steps.map(([step, length, score]) => {
        at += step;
        return [at, at + length, score] as const;
      });
      let end = 0;
      for (const [from = 0, to = 0] of settled(all)) {
        expect(from).toBeGreaterThanOrEqual(end);
        end = to;
      }
    }),
    { numRuns: 200 },
  );
});

test('of few candidates none is left out that overlaps no finding', () => {
  const candidate = fc.tuple(
    fc.nat(60),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 50, max: 99 }),
  );
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 30 }), (raw) => {
      const all = raw
        .map(([from, length, score]) => [from, from + length, score] as const)
        .sort((a, b) => a[0] - b[0]);
      const kept = settled(all);
      for (const [from, to] of all)
        expect(kept.some(([start = 0, end = 0]) => start < to && from < end)).toBe(true);
    }),
  );
});
