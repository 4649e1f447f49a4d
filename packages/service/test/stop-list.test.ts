import { expect, test } from 'vitest';

import { StopList } from '../src/stop-list.ts';

test('ends what was begun last first, and each once', async () => {
  const order: string[] = [];
  const list = new StopList();
  for (const name of ['a', 'b', 'c']) list.add(name, async () => void order.push(name));
  expect(await list.stop(1000)).toBe(true);
  expect(await list.stop(1000)).toBe(true);
  expect(order).toEqual(['c', 'b', 'a']);
});

test('one that fails or hangs holds back no other, and the bound is for all together', async () => {
  const order: string[] = [];
  const list = new StopList();
  list.add('first', async () => void order.push('first'));
  list.add('hangs', () => new Promise<void>(() => undefined));
  list.add('fails', () => Promise.reject(new Error('x')));
  const startMs = performance.now();
  expect(await list.stop(50)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(order).toEqual(['first']);
});
