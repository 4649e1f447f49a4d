import { inject, describe, expect, test } from 'vitest';
import type { OutRecord } from '@sealstream/bus';
import { FLOW_SERVICES, SOURCE_HEADER } from '@sealstream/contracts';
import { encodeSourceMark } from '@sealstream/flow';
import { Asked } from '../../bench/ground/bench.ts';
import { KafkaView } from '../../bench/ground/kafka-view.ts';
import { pipelineOptions, ROWS } from '../../bench/pipeline/options.ts';
import { checkOutcomes, OUTPUT, plainTopic } from '../../bench/flow/outcomes.ts';
import { PIPELINE } from '../../bench/pipeline/pipeline.ts';
import { bench, linesOf } from './bench-run.ts';

const number = expect.any(Number) as unknown;
const timed = (what: string) =>
  expect.objectContaining({ what, unit: 'ms', figure: number, reference: number }) as unknown;

describe('npm run bench -- pipeline', () => {
  test('prints one JSON object a line: what, unit, figure, reference, ratio', () => {
    const few = ['--records', '1000', '--bytes', '400', '--partitions', '2'];
    const run = bench('pipeline', '--json', '--rows', 'mask', ...few);
    expect(run.stderr).not.toContain('failed');
    expect(run.status).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ unit }) => unit)).toEqual(['records/s', 'CPU-s/M', 'MB']);
    const figures = { figure: number, reference: number, ratio: number };
    for (const line of lines)
      expect(line).toMatchObject({ what: 'mask', bytes: 400, records: 1000, ...figures });
  });

  test('measures the whole flow and its latency in both settings, beside plain loops', () => {
    const few = [
      '--records',
      '1000',
      '--seconds',
      '1',
      '--least',
      '500',
      '--timed',
      '400',
      '--warmup',
      '1',
    ];
    const run = bench(
      'pipeline',
      '--json',
      '--rows',
      'together,latency',
      '--partitions',
      '2',
      ...few,
    );
    expect(run.stderr).not.toContain('failed');
    expect(run.status).toBe(0);
    const lines = linesOf(run);
    for (const way of ['raw to masked', 'raw to masked, low latency'])
      for (const q of ['p50', 'p90', 'p99']) expect(lines).toContainEqual(timed(`${way}, ${q}`));
    expect(lines).toContainEqual(
      expect.objectContaining({ what: 'together', unit: 'records/s', goal: '>= 25000' }),
    );
    for (const service of FLOW_SERVICES)
      for (const unit of ['CPU-s/M', 'MB'])
        expect(lines).toContainEqual(
          expect.objectContaining({ what: `together, ${service}`, unit, figure: number }),
        );
  }, 200_000);

  test('measures every row and both sizes unless told otherwise', () => {
    expect(pipelineOptions(new Asked(PIPELINE, []))).toMatchObject({
      rows: ROWS,
      bytes: [350, 1000],
      partitions: 4,
      seconds: 300,
      least: 10_000_000,
      rate: 2000,
    });
  });
});

describe('a run of the bench', () => {
  test('fails unless every record came out once, in order and treated', async () => {
    const kafka = await KafkaView.open(inject('stack').kafkaBrokers, 2);
    const plain = plainTopic('mask');
    const masked = (offset: bigint, value: string): OutRecord => {
      const place = { partition: 1, offset, incarnation: Buffer.alloc(4) };
      const mark = { ...place, policyId: Buffer.alloc(8), attempt: 0, branch: 'both' as const };
      const headers = [[SOURCE_HEADER, encodeSourceMark(mark)]] as const;
      return { key: null, value: Buffer.from(value), headers };
    };
    try {
      await kafka.makeTopics([OUTPUT.mask, OUTPUT.encrypt, plain]);
      await expect(kafka.checkCount(plain, 5)).rejects.toThrow('of 5 records 0 came out');
      await expect(checkOutcomes(kafka, 'mask', 5)).rejects.toThrow('of 5 records 0 came out');
      await kafka.bus.append(OUTPUT.mask, 1, [masked(0n, '{}'), masked(1n, '{}')]);
      await checkOutcomes(kafka, 'mask', 2);
      await kafka.bus.append(OUTPUT.mask, 1, [masked(1n, '{}')]);
      await expect(checkOutcomes(kafka, 'mask', 3)).rejects.toThrow('1/1 stands where 2 should');
      await kafka.bus.append(OUTPUT.encrypt, 1, [masked(0n, '{"ssn":"123-45-6789"}')]);
      await expect(checkOutcomes(kafka, 'encrypt', 1)).rejects.toThrow('was not treated');
    } finally {
      await kafka.close();
    }
  });
});
