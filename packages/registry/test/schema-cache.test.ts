import { expect, test } from 'vitest';
import { SchemaCache } from '../src/schema-cache.ts';

const never = () => 0;

test('holds so many at most, and forgets first what nobody asked for longest', async () => {
  const cache = new SchemaCache<string>(2, never);
  const asked: number[] = [];
  const get = (id: number) =>
    cache.get(id, () => {
      asked.push(id);
      return Promise.resolve(`schema ${id}`);
    });
  for (const id of [1, 2, 1, 3, 1, 2]) expect(await get(id)).toBe(`schema ${id}`);
  expect(asked).toEqual([1, 2, 3, 2]);
  expect(cache.size).toBe(2);
});

test('asks once for what many want at the same time', async () => {
  const cache = new SchemaCache<number>(10, never);
  let asked = 0;
  const fetch = () => Promise.resolve(++asked);
  expect(await Promise.all([cache.get(1, fetch), cache.get(1, fetch)])).toEqual([1, 1]);
});

test('asks again after a failure that may pass', async () => {
  const cache = new SchemaCache<string>(10, never);
  await expect(cache.get(1, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await cache.get(1, () => Promise.resolve('there'))).toBe('there');
});

test('remembers a failure for as long as it is told, and no longer', async () => {
  const cache = new SchemaCache<string>(10, () => 40);
  const there = () => Promise.resolve('there');
  await expect(cache.get(1, () => Promise.reject(new Error('none')))).rejects.toThrow('none');
  await expect(cache.get(1, there)).rejects.toThrow('none');
  await new Promise((done) => setTimeout(done, 60));
  expect(await cache.get(1, there)).toBe('there');
});
