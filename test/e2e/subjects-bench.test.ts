import { describe, expect, test } from 'vitest';
import { requireEqual, requireSame } from '../../bench/subjects/subjects.ts';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- subjects', () => {
  test('makes, fetches, shreds, moves and restores 20,000 subjects, and checks each on the way', () => {
    const run = bench('subjects', '--json', '--subjects', '20000', '--shreds', '1000');
    expect(run.stderr).not.toContain('failed');
    expect(run.status).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ what }) => what)).toEqual([
      'made',
      'fetched',
      'asked for in memory',
      'memory of 100,000',
      'shredded',
      'moved and backed up',
      'moved and backed up',
      'restored',
    ]);
    for (const { bench: name, subjects } of lines)
      expect([name, subjects]).toEqual(['subjects', 20_000]);
  }, 240_000);

  test('sees a key that is another one, missing or too many', () => {
    requireSame('same', ['a', 'b'], ['a', 'b']);
    expect(() => requireSame('changed', ['a', 'c'], ['a', 'b'])).toThrow('subject 1');
    expect(() => requireSame('fewer', ['a'], ['a', 'b'])).toThrow('1 instead of 2');
    expect(() => requireEqual('count', 3, 2)).toThrow('count: 3 instead of 2');
  });
});
