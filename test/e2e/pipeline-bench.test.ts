import { inject, describe, expect, test } from 'vitest';
import { Asked } from '../../bench/ground/bench.ts';
import { KafkaView } from '../../bench/ground/kafka-view.ts';
import { pipelineOptions } from '../../bench/pipeline/options.ts';
import { checkOutcomes } from '../../bench/pipeline/outcomes.ts';
import { PIPELINE, plainTopic } from '../../bench/pipeline/pipeline.ts';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- pipeline', () => {
  test('prints one JSON object a line: what, unit, figure, reference, ratio', () => {
    const few = ['--records', '1000', '--bytes', '400', '--partitions', '2'];
    const run = bench('pipeline', '--json', '--stage', 'mask', ...few);
    expect(run.stderr).not.toContain('failed');
    expect(run.status).toBe(0);
    const lines = linesOf(run);
    expect(lines.map(({ unit }) => unit)).toEqual(['records/s', 'CPU-s/M', 'MB']);
    const number = expect.any(Number) as unknown;
    const figures = { figure: number, reference: number, ratio: number };
    for (const line of lines)
      expect(line).toMatchObject({ what: 'mask', bytes: 400, records: 1000, ...figures });
  });

  test('measures every stage and both sizes unless told otherwise', () => {
    expect(pipelineOptions(new Asked(PIPELINE, []))).toEqual({
      records: 200_000,
      bytes: [350, 1000],
      stages: ['ingest', 'mask', 'encrypt'],
      partitions: 4,
    });
  });
});

describe('a run of the bench', () => {
  test('fails unless every record came out', async () => {
    const kafka = await KafkaView.open(inject('stack').kafkaBrokers, 2);
    const plain = plainTopic('mask');
    try {
      await kafka.makeTopics([plain]);
      await expect(kafka.checkCount(plain, 5)).rejects.toThrow('of 5 records 0 came out');
      await expect(checkOutcomes(kafka, 'mask', 5)).rejects.toThrow('of 5 records 0 came out');
    } finally {
      await kafka.close();
    }
  });
});
