import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { figuresOf, type Sample } from '../../bench/pipeline/figures.ts';
import { KafkaSide } from '../../bench/pipeline/kafka-side.ts';
import { metricSum } from '../../bench/pipeline/metrics.ts';
import { readOptions } from '../../bench/pipeline/options.ts';
import { keyOf, personJson } from '../../bench/pipeline/people.ts';
import { linesOf } from '../../bench/pipeline/report.ts';
import { ROOT } from '../../tools/stack/paths.ts';

function bench(...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', join(ROOT, 'bench/run.ts'), ...args];
  // Whatever the shell says of servers, the bench must not look at it.
  const env = { ...process.env, KAFKA_BROKERS: '127.0.0.1:9', REDIS_URL: 'redis://127.0.0.1:9' };
  return spawnSync(process.execPath, command, { encoding: 'utf8', env, timeout: 110_000 });
}

const sample = (atMs: number, records: number, cpuSeconds: number): Sample => ({
  atMs,
  records,
  cpuSeconds,
  rssBytes: 1e6 * (1 + records),
});

describe('npm run bench -- pipeline', () => {
  test('prints one JSON object a line: what, unit, figure, reference, ratio', () => {
    const few = ['--records', '1000', '--bytes', '400', '--partitions', '2'];
    const { status, stdout, stderr } = bench('pipeline', '--json', '--stage', 'mask', ...few);
    expect(stderr).not.toContain('failed');
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ unit }) => unit)).toEqual(['records/s', 'CPU-s/M', 'MB']);
    const number = expect.any(Number) as unknown;
    const figures = { figure: number, reference: number, ratio: number };
    for (const line of lines)
      expect(line).toMatchObject({ what: 'mask', bytes: 400, records: 1000, ...figures });
  });

  test('tells usage on stderr with exit code 2, and help with exit code 0', () => {
    expect(bench('pipeline', '--stage', 'all-of-it')).toMatchObject({ status: 2, stdout: '' });
    expect(bench('--help')).toMatchObject({ status: 0, stderr: '' });
  });

  test('measures every stage and both sizes unless told otherwise', () => {
    expect(readOptions(['pipeline'])).toEqual({
      records: 200_000,
      bytes: [350, 1000],
      stages: ['ingest', 'mask', 'encrypt'],
      partitions: 4,
      json: false,
    });
  });
});

describe('a run of the bench', () => {
  test('fails unless every record came out', async () => {
    const kafka = await KafkaSide.open(inject('stack').kafkaBrokers, 2);
    try {
      await kafka.makeTopics(['mask']);
      await expect(kafka.checkPlain('mask', 5)).rejects.toThrow('of 5 records 0 came out');
      await expect(kafka.checkOutcomes('mask', 5)).rejects.toThrow('of 5 records 0 came out');
    } finally {
      await kafka.close();
    }
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
    const lines = linesOf({ what: 'mask', bytes: 350, records: 5 }, own, reference);
    expect(lines.map(({ ratio }) => ratio)).toEqual([2, 0.5, 1.5]);
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
