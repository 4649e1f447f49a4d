import { expect, test } from 'vitest';
import type { Flow } from '../src/page/api/answers.ts';
import {
  type History,
  HISTORY_SECONDS,
  thinned,
  withSample,
} from '../src/page/api/flow-history.ts';
import { flowAt } from './recorded-flow.ts';

const START = Date.parse('2026-01-02T03:00:00.000Z');
const flowOf = (second: number): Flow => flowAt(START + second * 1000);

function historyOf(seconds: readonly number[]) {
  const none: History = new Map();
  return seconds.reduce((history, second) => withSample(history, flowOf(second)), none);
}

test('the history of a dataset holds five minutes and no more', () => {
  const history = historyOf(Array.from({ length: 400 }, (_, second) => second));
  const samples = history.get('people') ?? [];
  expect(samples).toHaveLength(HISTORY_SECONDS);
  expect(samples.at(-1)?.at).toBe(START / 1000 + 399);
});

test('a moment that comes twice, or late, stands once and in order', () => {
  const samples = historyOf([0, 1, 2, 2, 1]).get('people') ?? [];
  expect(samples.map(({ at }) => at - START / 1000)).toEqual([0, 1]);
});

test('a dataset that is gone from the flow is gone from the history', () => {
  const history = withSample(historyOf([0]), { ...flowOf(1), datasets: [] });
  expect([...history.keys()]).toEqual([]);
});

test('latency that is not known is null, not zero', () => {
  const samples = historyOf([0]).get('people') ?? [];
  expect(samples[0]?.latencyMs.encrypt).toBeNull();
  expect(samples[0]?.latencyMs.mask).toBeGreaterThan(0);
});

test('a table has the newest moment first, then one each half minute', () => {
  const samples = historyOf(Array.from({ length: 100 }, (_, second) => second)).get('people') ?? [];
  const rows = thinned(samples, 30).map(({ at }) => at - START / 1000);
  expect(rows).toEqual([99, 69, 39, 9]);
});
