import { expect, test } from 'vitest';
import { turnClock } from '../src/turn-clock.ts';

test('the time is read once while nothing waits, and anew after each wait', async () => {
  let reads = 0;
  const clock = turnClock(() => ++reads);
  expect([clock(), clock(), clock()]).toEqual([1, 1, 1]);
  await Promise.resolve();
  expect([clock(), clock()]).toEqual([2, 2]);
  await new Promise((done) => setImmediate(done));
  expect(clock()).toBe(3);
});

test('it goes on and never back', async () => {
  const clock = turnClock();
  const before = performance.now();
  const first = clock();
  await new Promise((done) => setTimeout(done, 5));
  const second = clock();
  expect(first).toBeGreaterThanOrEqual(before);
  expect(second).toBeGreaterThan(first);
  expect(second).toBeLessThanOrEqual(performance.now());
});
