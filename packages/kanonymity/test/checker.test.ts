import { describe, expect, test } from 'vitest';
import { OutputChecker, type PublishedRow } from '../src/index.ts';

const K = 3;

/** A group as it should be: k + 1 subjects, three sensitive values. */
function group(values: string[], from: number): PublishedRow[] {
  return Array.from({ length: K + 1 }, (_, index) => ({
    values,
    sensitive: [['flu', 'cold', 'none'][index % 3]],
    subject: `sealed ${from + index}`,
  }));
}

const good = () => [group(['20..30', 'a'], 0), group(['40', '*'], 10), group(['20..30', 'a'], 20)];

/** Each of the groups in a commit of its own. */
function check(groups: readonly (readonly PublishedRow[])[], l = 2) {
  const checker = new OutputChecker(K, l);
  for (const rows of groups) {
    for (const row of rows) checker.row(row);
    checker.commit();
  }
  return checker.result;
}

describe('the checker', () => {
  test('finds nothing in a good output', () => {
    expect(check(good())).toEqual({ committed: 12, faults: [] });
  });

  test('finds a group of k - 1, and nothing else', () => {
    const groups = good();
    groups[1] = groups[1].slice(0, K - 1);
    expect(check(groups).faults).toEqual([
      { what: 'too-few-subjects', rows: [4, 5], has: 2, needs: 3 },
    ]);
  });

  test('finds one subject twice among k rows, and nothing else', () => {
    const groups = good();
    groups[1] = groups[1].slice(0, K);
    groups[1][1] = { ...groups[1][1], subject: groups[1][0].subject };
    expect(check(groups).faults).toEqual([
      { what: 'too-few-subjects', rows: [4, 5, 6], has: 2, needs: 3 },
    ]);
  });

  test('finds a row that is not like its group, and nothing else', () => {
    const groups = good();
    groups[2][1] = { ...groups[2][1], values: ['21', 'a'] };
    expect(check(groups, 1).faults).toEqual([
      { what: 'too-few-subjects', rows: [9], has: 1, needs: 3 },
    ]);
  });

  test('finds a group with one sensitive value, and nothing else', () => {
    const groups = good();
    groups[0] = groups[0].map((row) => ({ ...row, sensitive: ['flu'] }));
    expect(check(groups).faults).toEqual([
      { what: 'too-few-values', rows: [0, 1, 2, 3], has: 1, needs: 2 },
    ]);
  });

  test('finds a group that a commit tears in two, though it is whole in the end', () => {
    const groups = good();
    const torn = [groups[0], groups[1].slice(0, 2), groups[1].slice(2), groups[2]];
    expect(check(torn).faults.map(({ rows }) => rows)).toEqual([
      [4, 5],
      [6, 7],
    ]);
  });

  test('lets no row of an earlier commit help, though it shows the same', () => {
    const groups = good();
    groups[2] = groups[2].slice(0, 1);
    expect(check(groups, 1).faults.map(({ rows }) => rows)).toEqual([[8]]);
  });

  test('does not mix up values that look alike when they are written together', () => {
    const rows = [...group(['a', 'b;c'], 0).slice(0, 2), ...group(['a;b', 'c'], 10).slice(0, 2)];
    expect(check([rows], 1).faults).toHaveLength(2);
  });

  test('does not judge rows before their commit', () => {
    const checker = new OutputChecker(K);
    for (const row of group(['a'], 0).slice(0, 1)) checker.row(row);
    expect(checker.result).toEqual({ committed: 0, faults: [] });
    checker.commit();
    expect(checker.result.faults).toHaveLength(1);
  });
});
