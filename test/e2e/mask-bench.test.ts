import { describe, expect, test } from 'vitest';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- mask', () => {
  test('times records and each transform beside plain JavaScript, with memory level', () => {
    const run = bench('mask', '--json', '--calls', '300');
    expect(run.status, run.stderr).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ what }) => what)).toEqual([
      '3 fields of a record',
      '3 fields of a record',
      'memory after ten times as many records',
      '3 fields of a record in avro',
      '3 fields of a record in protobuf',
      ...['scrub', 'fpe', 'pseudonym', 'dateShift', 'truncateIp', 'keepDomain'].map(
        (name) => `a record of one value, ${name}`,
      ),
    ]);
    for (const { figure, reference, what } of lines) {
      expect(figure, String(what)).toBeGreaterThan(0);
      expect(reference, String(what)).toBeGreaterThan(0);
    }
  }, 60_000);
});

describe('npm run bench -- fpe', () => {
  test('times FF1 beside another implementation of it', () => {
    const run = bench('fpe', '--json', '--calls', '300');
    expect(run.status, run.stderr).toBe(0);
    expect(linesOf(run).map(({ digits }) => digits)).toEqual([6, 9, 16, 30]);
  }, 60_000);
});
