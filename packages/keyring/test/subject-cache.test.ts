import { randomBytes } from 'node:crypto';
import { generateKey, type KeyHandle } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { SubjectCache } from '../src/subject-cache.ts';
import { codeOf } from './keyring-fixture.ts';

const USE = {
  purpose: 'subject',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
} as const;
const slots: Buffer[] = [];

function filling(slot: Buffer): KeyHandle {
  slots.push(slot);
  return generateKey(slot);
}
const zero = Buffer.alloc(32);
const memories: ArrayBufferLike[] = [];
const numberOf = (memory: ArrayBufferLike): number =>
  memories.includes(memory) ? memories.indexOf(memory) : memories.push(memory) - 1;

function cacheOf(max: number) {
  const cache = new SubjectCache('people', max, false);
  const indexes: Buffer[] = [];
  const take = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const index = randomBytes(16);
      cache.take(index, `key-${String(indexes.length).padStart(8, '0')}`, filling);
      indexes.push(index);
    }
  };
  const has = (index: Buffer): boolean => cache.find(index, 0) >= 0;
  return { cache, indexes, take, has };
}

describe('cache of subject keys', () => {
  test('keeps its bound, and zeroes whom it gives up', () => {
    slots.length = 0;
    const { cache, has, indexes, take } = cacheOf(10);
    for (let round = 0; round < 8; round++) {
      take(5);
      for (const index of indexes.slice(-5)) cache.give(USE, cache.find(index, 0));
      cache.nextRound();
    }
    expect(cache.size).toBeLessThanOrEqual(15);
    const gone = indexes.filter((index) => !has(index));
    expect(gone.length).toBe(40 - cache.size);
    // Each slot that is not zero is that of somebody who is still there.
    const memory = new Set(
      slots.map(({ buffer, byteOffset }) => `${numberOf(buffer)} ${byteOffset}`),
    );
    const filled = new Set(
      slots
        .filter((slot) => !slot.equals(zero))
        .map(({ buffer, byteOffset }) => `${numberOf(buffer)} ${byteOffset}`),
    );
    expect(filled.size).toBe(cache.size);
    expect(memory.size).toBeGreaterThanOrEqual(cache.size);
  });

  test('never gives up what this round or the last one used, also beyond the bound', () => {
    const { cache, has, indexes, take } = cacheOf(10);
    take(25);
    expect(indexes.every(has)).toBe(true);
    cache.nextRound();
    take(25);
    expect(indexes.every(has)).toBe(true);
    cache.nextRound();
    for (const index of indexes.slice(0, 5)) cache.give(USE, cache.find(index, 0));
    take(1);
    expect(indexes.slice(0, 5).every(has)).toBe(true);
    expect(indexes.slice(5, 25).some(has)).toBe(false);
  });

  test('zeroes a subject that is dropped, stored key and derived ones', () => {
    slots.length = 0;
    const { cache, has, indexes, take } = cacheOf(10);
    take(1);
    cache.give(USE, cache.find(indexes[0], 0));
    expect(slots[0].equals(zero)).toBe(false);
    cache.drop(indexes[0]);
    cache.drop(indexes[0]);
    expect(slots[0].equals(zero)).toBe(true);
    expect([has(indexes[0]), cache.findId('key-00000000'), cache.size]).toEqual([false, -1, 0]);
  });

  test('keeps nothing of a key that could not be filled in', () => {
    const { cache } = cacheOf(10);
    let slot: Buffer = zero;
    const failing = (given: Buffer): never => {
      slot = given.fill(7);
      throw new Error('no');
    };
    expect(() => cache.take(randomBytes(16), 'key-id', failing)).toThrow('no');
    expect(slot.equals(zero)).toBe(true);
    expect(cache.size).toBe(0);
  });

  test('gives no key for a use of another dataset, purpose or algorithm', async () => {
    const { cache, indexes, take } = cacheOf(10);
    take(1);
    const number = cache.find(indexes[0], 0);
    for (const other of [
      { dataset: 'staff' },
      { purpose: 'field' },
      { algorithm: 'x25519' },
    ] as const)
      expect(await codeOf(() => cache.give({ ...USE, ...other }, number))).toBe('INTERNAL');
  });

  test('closed, it holds zeroes and its handle cannot be used', () => {
    slots.length = 0;
    const { cache, indexes, take } = cacheOf(10);
    take(3);
    const key = cache.give(USE, cache.find(indexes[0], 0))?.key;
    cache.close();
    expect(slots.every((slot) => slot.equals(zero))).toBe(true);
    expect(String(key)).toBe('[key]');
    expect(cache.find(indexes[0], 0)).toBe(-1);
  });
});
