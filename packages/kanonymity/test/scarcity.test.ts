import { describe, expect, test } from 'vitest';
import { axisOf } from '../src/axis.ts';
import { Scarcity } from '../src/scarcity.ts';
import { QUASI, seeded } from './streams.ts';

const AXES = QUASI.map(axisOf);
const codesOf = (age: number, place: string) => [AXES[0].codeOf(age), AXES[1].codeOf(place)];

describe('how hard an entry is to place', () => {
  test('is the mean distance to its nearest arrivals of other subjects', () => {
    const scarcity = new Scarcity(AXES, 2, 100);
    const measure = (age: number, subject: string, at: number) =>
      scarcity.measure(codesOf(age, 'a1'), subject, at) / codesOf(-10 + 100.5 / 2, 'a1')[0];
    expect(measure(0, 'ann', 0)).toBe(0);
    expect(measure(20.1, 'bob', 1)).toBeCloseTo(0.4);
    expect(measure(20.1, 'bob', 2)).toBeCloseTo(0.4);
    expect(measure(20.1, 'cid', 3)).toBeCloseTo(0);
    expect(measure(20.1, 'dan', 103)).toBeCloseTo(0);
    expect(measure(20.1, 'eva', 500)).toBe(0);
  });

  test('is the same as by comparing with each arrival that counts, however many came', () => {
    const random = seeded(3);
    const places = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'];
    const scarcity = new Scarcity(AXES, 3, 3000);
    const seen: { codes: number[]; subject: string }[] = [];
    for (let at = 0; at < 7000; at++) {
      const codes = codesOf(random(90), places[random(6)]);
      const subject = `subject ${random(500)}`;
      const found = scarcity.measure(codes, subject, at);
      if (at % 97 === 0) {
        const near = seen
          .slice(-2048)
          .filter((other) => other.subject !== subject)
          .map((other) => apart(codes, other.codes))
          .toSorted((a, b) => a - b)
          .slice(0, 3);
        const mean = near.reduce((sum, distance) => sum + distance, 0) / Math.max(1, near.length);
        expect(found).toBe(mean);
      }
      seen.push({ codes, subject });
    }
  });
});

/** By making the pair a group. */
function apart(one: readonly number[], other: readonly number[]): number {
  return AXES.reduce((sum, axis, index) => {
    axis.start(one[index]);
    axis.add(other[index]);
    return sum + Math.round(axis.loss() * 2 ** 20);
  }, 0);
}
