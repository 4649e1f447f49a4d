import { describe, expect, test } from 'vitest';
import { allPassed, countsOf, failuresOf, sum } from '../checks/counts.ts';

const file = (status: string, ...states: string[]) => ({
  status,
  assertionResults: states.map((state) => ({ status: state })),
});
const report = (...testResults: object[]) => ({ testResults });

describe('the closing line', () => {
  test('counts every test that passed', () => {
    const counts = countsOf(
      report(file('passed', 'passed', 'passed'), file('passed', 'passed')),
      0,
    );
    expect(counts).toEqual({ passed: 3, failed: 0 });
    expect(allPassed(counts)).toBe(true);
  });

  test('counts a failed test as failed', () => {
    const counts = countsOf(report(file('failed', 'passed', 'failed')), 1);
    expect(counts).toEqual({ passed: 1, failed: 1 });
    expect(allPassed(counts)).toBe(false);
  });

  test.each(['skipped', 'pending', 'todo', 'disabled'])('counts a %s test as failed', (state) => {
    expect(countsOf(report(file('passed', 'passed', state)), 0)).toEqual({ passed: 1, failed: 1 });
  });

  test('counts a file that could not be loaded as one failed', () => {
    const counts = countsOf(report(file('failed'), file('passed', 'passed')), 1);
    expect(counts).toEqual({ passed: 1, failed: 1 });
  });

  test('does not pass when nothing ran', () => {
    expect(countsOf(report(), 0)).toEqual({ passed: 0, failed: 1 });
    expect(allPassed({ passed: 0, failed: 0 })).toBe(false);
  });

  test('does not pass without a report, or when the run failed for no test’s sake', () => {
    expect(countsOf(undefined, 0)).toEqual({ passed: 0, failed: 1 });
    expect(countsOf(report(file('passed', 'passed')), 1)).toEqual({ passed: 1, failed: 1 });
    expect(countsOf(report(file('passed', 'passed')), null)).toEqual({ passed: 1, failed: 1 });
  });

  test('comes after the names of what did not pass', () => {
    const told = failuresOf({
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          assertionResults: [
            { fullName: 'holds', status: 'passed' },
            { fullName: 'breaks', status: 'failed' },
            { fullName: 'waits', status: 'skipped' },
          ],
        },
        { name: 'b.test.ts', status: 'failed', assertionResults: [] },
        { name: 'c.test.ts', ...file('passed', 'passed') },
      ],
    });
    expect(told).toEqual([
      'a.test.ts: breaks',
      'a.test.ts: waits',
      'b.test.ts: could not be loaded',
    ]);
    expect(failuresOf(undefined)).toEqual([]);
  });

  test('adds up the parts of a run', () => {
    const parts = [
      { passed: 1, failed: 0 },
      { passed: 2, failed: 3 },
    ];
    expect(sum(parts)).toEqual({ passed: 3, failed: 3 });
  });
});
