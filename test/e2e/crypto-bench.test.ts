import { describe, expect, test } from 'vitest';
import { cpuMicros } from '../../bench/ground/cpu-time.ts';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- crypto', () => {
  test('times every form beside node:crypto in the same run', () => {
    const run = bench('crypto', '--json', '--calls', '300');
    expect(run.status, run.stderr).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ what }) => what)).toEqual([
      'seal field',
      'open field',
      'seal field',
      'open field',
      'seal record',
      'open record',
      '3 fields of a record',
      ...['AES-256-GCM token', 'deterministic token', 'JWE', 'Fernet'].flatMap((form) => [
        `seal ${form}`,
        `open ${form}`,
      ]),
      'keyed hash',
    ]);
    for (const { figure, reference, what } of lines) {
      expect(figure, String(what)).toBeGreaterThan(0);
      if (what !== 'keyed hash') expect(reference, String(what)).toBeGreaterThan(0);
    }
  }, 60_000);

  test('tells work that takes ten times as long apart', () => {
    const spin = (turns: number) => () => {
      for (let turn = 0, sum = 0; turn < turns; turn += 1) sum = Math.imul(sum + turn, 31);
    };
    expect(cpuMicros(200, spin(200_000))).toBeGreaterThan(cpuMicros(200, spin(20_000)) * 2);
  });
});

describe('npm run bench -- keys', () => {
  test('seals under keys that are new, cold and warm, and misses none', () => {
    const run = bench('keys', '--json', '--subjects', '4000');
    expect(run.status, run.stderr).toBe(0);
    expect(linesOf(run).map(({ what }) => what)).toEqual([
      'keys of the dataset, warm',
      'keys of persons, new',
      'keys of persons, cold',
      'keys of persons, warm',
    ]);
  }, 60_000);
});
