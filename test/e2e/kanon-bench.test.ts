import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- kanon', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sealstream-kanon-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  /** A table of 400 rows in a new folder, with a hierarchy for one of its columns. */
  function people(hierarchy = 'Kenya,Africa,*\nTogo,Africa,*\nPeru,America,*'): string {
    const rows = Array.from({ length: 400 }, (_, row) =>
      [20 + ((row * 7) % 50), ['Kenya', 'Togo', 'Peru'][row % 3], row % 2 ? 'yes' : 'no'].join(','),
    );
    const file = join(dir, 'people.csv');
    writeFileSync(file, `${['age,country,ill', ...rows].join('\r\n')}\r\n`);
    writeFileSync(join(dir, 'people_hierarchy_country.csv'), hierarchy);
    return file;
  }

  test('loses less than Mondrian on batches, within the delay, and proves it on a synthetic table', () => {
    const run = bench('kanon', '--json', '--records', '3000', '--delay', '500');
    expect(run.status, run.stderr).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ what }) => what)).toEqual([
      'loss',
      'loss',
      'suppressed',
      'speed',
      'longest delay',
      'waiting at most',
      'proved by the checker',
    ]);
    expect(Number(lines[0].ratio)).toBeLessThan(0.9);
    expect(lines[4]).toMatchObject({ goal: '<= 500', reached: true });
    expect(Number(lines[6].figure)).toBeGreaterThan(2990);
  }, 60_000);

  test('reads a table with its hierarchies, in any order, with l values in each group', () => {
    const args = ['--json', '--data', people(), '--separator', ',', '--delay', '100', '--l', '2'];
    const run = bench('kanon', ...args, '--shuffle', '3');
    expect(run.status, run.stderr).toBe(0);
    expect(linesOf(run)[0]).toMatchObject({ k: 5, l: 2, records: 400, quasi: 'age+country' });
  }, 60_000);

  test('says in which line a hierarchy or a table is wrong, and tells no value', () => {
    const args = ['--separator', ',', '--quasi', 'country'];
    const broken = bench('kanon', '--data', people('Kenya,Africa,*\nTogo,*'), ...args);
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('line 2 of the hierarchy');
    const unknown = bench('kanon', '--data', people('Kenya,Africa,*\nTogo,Africa,*'), ...args);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('people.csv:4: the hierarchy of country does not know');
    expect(unknown.stderr).not.toContain('Peru');
  }, 60_000);
});
