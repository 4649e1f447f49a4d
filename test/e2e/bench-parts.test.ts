import { describe, expect, test } from 'vitest';
import { BENCHES } from '../../bench/benches.ts';
import { Asked, UsageError } from '../../bench/ground/bench.ts';
import { figuresOf, type Sample } from '../../bench/ground/figures.ts';
import { lineOf, runLines } from '../../bench/ground/lines.ts';
import { metricSum } from '../../bench/ground/metrics.ts';
import { keyOf, personJson } from '../../bench/ground/people.ts';
import { quantile } from '../../bench/ground/quantiles.ts';
import { settled } from '../../bench/ground/settled.ts';
import { each, type FlowSample, PARTS, together } from '../../bench/pipeline/together-figures.ts';
import { FLOW_SERVICES } from '@sealstream/contracts';
import { bench } from './bench-run.ts';

const sample = (atMs: number, records: number, cpuSeconds: number): Sample => ({
  atMs,
  records,
  cpuSeconds,
  rssBytes: 1e6 * (1 + records),
});

describe('npm run bench', () => {
  test('tells usage on stderr with exit code 2, and help with exit code 0', () => {
    expect(bench('pipeline', '--rows', 'all-of-it')).toMatchObject({ status: 2, stdout: '' });
    expect(bench('nothing-of-the-kind')).toMatchObject({ status: 2, stdout: '' });
    expect(bench('--help')).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(BENCHES.map(({ name }) => name))('%s tells all of its options', (name) => {
    const { status, stdout } = bench(name, '--help');
    expect(status).toBe(0);
    const options = Object.keys(BENCHES.find((known) => known.name === name)?.options ?? {});
    for (const option of ['json', ...options]) expect(stdout).toContain(`  --${option}`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('takes no number out of bounds, no strange word and no strange option', () => {
    const options = {
      count: { takes: 'N', default: '5', meaning: '' },
      rows: { takes: 'R', default: 'all', meaning: '' },
    };
    const asked = (...args: string[]) => new Asked({ options }, args);
    expect(asked().whole('count', 1, 9)).toBe(5);
    expect(asked('--rows', 'b,a').words('rows', ['a', 'b', 'c'])).toEqual(['a', 'b']);
    expect(asked().words('rows', ['a', 'b'])).toEqual(['a', 'b']);
    expect(() => asked('--count', '10').whole('count', 1, 9)).toThrow(UsageError);
    expect(() => asked('--count', '1e0').whole('count', 1, 9)).toThrow(UsageError);
    expect(() => asked('--rows', 'd').words('rows', ['a', 'b'])).toThrow(UsageError);
    expect(() => asked('--of-its-own')).toThrow(UsageError);
  });
});

describe('the records of the bench', () => {
  test.each([300, 350, 1000, 5000])('have exactly %i bytes', (bytes) => {
    for (const index of [0, 1, 17, 199_999]) {
      const json = personJson(index, bytes);
      expect(json).toHaveLength(bytes);
      expect(JSON.parse(json.toString())).toMatchObject({
        ssn: expect.stringMatching(/^\d{3}-\d{2}-\d{4}$/) as unknown,
        card: expect.stringMatching(/^\d{16}$/) as unknown,
        email: expect.stringMatching(/^person\.\d{7}@example\.com$/) as unknown,
      });
    }
  });

  test('are the same for the same number', () => {
    expect(personJson(5, 350)).toEqual(personJson(5, 350));
    expect(personJson(6, 350)).not.toEqual(personJson(5, 350));
    expect(keyOf(6)).not.toEqual(keyOf(5));
  });
});

describe('the figures of a run', () => {
  test('leave out the first tenth, in which a process starts and warms up', () => {
    const samples = [
      sample(0, 0, 0),
      sample(3000, 50, 2),
      sample(4000, 100, 3),
      sample(6000, 1000, 3.9),
    ];
    const { recordsPerSecond, cpuPerMillion, peakRssBytes } = figuresOf(samples, 1000);
    expect(recordsPerSecond).toBeCloseTo(450);
    expect(cpuPerMillion).toBeCloseTo(1000);
    expect(peakRssBytes).toBe(1001e6);
  });

  test('take the whole run when it was over at once', () => {
    expect(figuresOf([sample(0, 0, 0), sample(1000, 10, 1)], 10).recordsPerSecond).toBe(10);
    expect(() => figuresOf([sample(0, 0, 0)], 10)).toThrow(RangeError);
  });

  test('stand beside the reference with their ratio', () => {
    const own = { recordsPerSecond: 40_000, cpuPerMillion: 20, peakRssBytes: 150e6 };
    const reference = { recordsPerSecond: 20_000, cpuPerMillion: 40, peakRssBytes: 100e6 };
    const lines = runLines({ what: 'mask', against: 'loop', with: {} }, own, reference);
    expect(lines.map(({ ratio }) => ratio)).toEqual([2, 0.5, 1.5]);
  });

  test('say whether what is wanted is reached, in the figure and in the ratio', () => {
    const measured = { what: 'x', unit: 'CPU-s/M', against: 'y', with: {}, places: 1 };
    const reached = (figure: number, goals: Partial<Parameters<typeof lineOf>[0]>) =>
      lineOf({ ...measured, figure, reference: 20, ...goals }).reached;
    expect(reached(5, {})).toBeUndefined();
    expect(reached(5, { goal: '<= 5' })).toBe(true);
    expect(reached(5.1, { goal: '<= 5' })).toBe(false);
    expect(reached(4.9, { goal: '>= 5' })).toBe(false);
    expect(reached(5, { goal: '<= 5', ratioGoal: '<= 0.2' })).toBe(false);
    expect(reached(5, { goal: '<= 5', ratioGoal: '<= 0.25' })).toBe(true);
  });

  test('are the nearest rank where they are quantiles', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.9, 0.99, 1].map((q) => quantile(values, q))).toEqual([50, 90, 99, 100]);
    expect(quantile([7], 0.5)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  test('come from the rows of a metric that have the labels asked for', () => {
    const text = [
      '# HELP a_total a_total 7',
      'a_total{stage="mask",outcome="in"} 5',
      'a_total{stage="mask",outcome="out"} 4',
      'a_total_more 9',
      'b 1.5',
    ].join('\n');
    expect(metricSum(text, 'a_total', { outcome: 'in' })).toBe(5);
    expect(metricSum(text, 'a_total')).toBe(9);
    expect(metricSum(text, 'b')).toBe(1.5);
  });
});

describe('the figures of the whole flow', () => {
  /** 100 s at 1,000 records/s, half of that from 60 to 90 s; mask grows from 100 to 200 MB. */
  const samples = Array.from({ length: 401 }, (_, n): FlowSample => {
    const second = n / 4;
    const slow = Math.min(Math.max(second - 60, 0), 30);
    return {
      atMs: 7000 + second * 1000,
      through: 1000 * (second - slow / 2),
      cpuSeconds: each(PARTS, (part) => (part === 'broker' ? second : second / 10)),
      rssBytes: each(FLOW_SERVICES, (service) =>
        service === 'mask' ? (100 + second) * 1e6 : 150e6,
      ),
    };
  });

  test('leave out the first tenth, and show the slowest half minute', () => {
    const { records, recordsPerSecond, seconds, slowestHalfMinute } = together(samples);
    expect(seconds).toBe(90);
    expect(records).toBe(75_000);
    expect(recordsPerSecond).toBeCloseTo(75_000 / 90);
    expect(slowestHalfMinute).toBe(500);
    expect(together(samples.slice(0, 40)).slowestHalfMinute).toBeCloseTo(1000);
  });

  test('give each process its CPU time, and show memory that grows', () => {
    const { cpuPerMillion, firstPeak, lastPeak } = together(samples);
    expect(cpuPerMillion.broker).toBeCloseTo(1200);
    expect(cpuPerMillion.ingest).toBeCloseTo(120);
    expect(firstPeak).toMatchObject({ mask: 119e6, encrypt: 150e6 });
    expect(lastPeak).toMatchObject({ mask: 200e6, encrypt: 150e6 });
  });
});

describe('a check of what came out', () => {
  test('is asked again until it holds, and throws when it never does', async () => {
    let asked = 0;
    const third = async () => {
      asked += 1;
      if (asked < 3) throw new Error('not yet');
    };
    await settled(third);
    expect(asked).toBe(3);
    const never = async () => {
      throw new Error('2 of 3 came out');
    };
    await expect(settled(never, 100)).rejects.toThrow('2 of 3 came out');
  });
});
