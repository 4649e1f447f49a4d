import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SubjectIndexTable } from '../src/subject-index-table.ts';

/** Indexes that meet in few places, so that they have to step over each other. */
const crowded = fc.integer({ min: 0, max: 40 }).map((n) => {
  const index = Buffer.alloc(16);
  index[0] = n % 3;
  index[15] = n;
  return index;
});

describe('table of subjects', () => {
  test('gives what a map would give, whatever is set and deleted', () => {
    const step = fc.record({ index: crowded, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [table, map] = [new SubjectIndexTable(), new Map<string, number>()];
        let next = 0;
        for (const { index, remove } of steps) {
          const name = index.toString('hex');
          const known = map.get(name);
          if (remove && known !== undefined) {
            table.delete(known);
            map.delete(name);
          } else if (known === undefined) {
            table.set(index, 0, next);
            map.set(name, next++);
          }
        }
        expect(table.size).toBe(map.size);
        for (const { index } of steps)
          expect(table.find(index, 0)).toBe(map.get(index.toString('hex')) ?? -1);
      }),
    );
  });

  test('grows and finds each of many thousands, and nobody else', () => {
    const table = new SubjectIndexTable();
    const indexes = Array.from({ length: 20_000 }, () => randomBytes(16));
    for (const [number, index] of indexes.entries()) table.set(index, 0, number);
    for (const [number, index] of indexes.entries()) expect(table.find(index, 0)).toBe(number);
    for (const number of indexes.keys()) if (number % 2 === 0) table.delete(number);
    for (const [number, index] of indexes.entries())
      expect(table.find(index, 0)).toBe(number % 2 === 0 ? -1 : number);
    expect(table.find(randomBytes(16), 0)).toBe(-1);
  });
});
