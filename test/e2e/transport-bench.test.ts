import { randomBytes } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { KafkaView } from '../../bench/ground/kafka-view.ts';
import { checkEvents, checkPassed } from '../../bench/transport/outcomes.ts';
import { bench, linesOf } from './bench-run.ts';

describe('npm run bench -- transport', () => {
  test('prints each row beside stock kafkajs of the same run', () => {
    const few = ['--records', '1000', '--bytes', '350', '--partitions', '2', '--transactions', '8'];
    const run = bench('transport', '--json', ...few);
    expect(run.stderr).not.toContain('failed');
    expect(run.status).toBe(0);
    const lines = linesOf(run);
    const run3 = ['records/s', 'CPU-s/M', 'MB'];
    const small = ['p50 ms', 'p90 ms', 'p99 ms'].map((cell) => `transaction ${cell}`);
    expect(lines.map(({ what, unit }) => `${String(what)} ${String(unit)}`)).toEqual([
      ...['passthrough', 'consume', 'produce'].flatMap((what) =>
        run3.map((unit) => `${what} ${unit}`),
      ),
      ...small,
      ...small,
    ]);
    for (const { bench: name, figure, reference } of lines) {
      expect(name).toBe('transport');
      expect(figure).toBeGreaterThan(0);
      expect(reference).toBeGreaterThan(0);
    }
    expect(lines.at(-1)).toMatchObject({ recordsPerTransaction: 50, partitions: 2 });
  }, 240_000);
});

describe('the check of a passthrough', () => {
  async function withTopic(work: (kafka: KafkaView, topic: string) => Promise<void>) {
    const kafka = await KafkaView.open(inject('stack').kafkaBrokers, 2);
    const topic = `bench-check.${randomBytes(4).toString('hex')}`;
    try {
      await kafka.makeTopics([topic]);
      await work(kafka, topic);
    } finally {
      await kafka.close();
    }
  }

  test('holds for what was written, and sees one record too few, twice, in another place or changed', () =>
    withTopic(async (kafka, topic) => {
      const wanted = { bytes: 350, total: 200 };
      await kafka.fill(topic, 200, 350, () => undefined);
      await checkPassed(kafka, topic, wanted);
      await expect(checkPassed(kafka, topic, { ...wanted, total: 201 })).rejects.toThrow(
        'of 201 records 200 came out',
      );
      await expect(checkPassed(kafka, topic, { ...wanted, bytes: 351 })).rejects.toThrow('stands');
      let last: { key: Buffer | null; value: Buffer | null } | undefined;
      for await (const record of kafka.records(topic)) if (record.partition === 0) last = record;
      await kafka.bus.append(topic, 0, [{ key: last?.key ?? null, value: last?.value ?? null }]);
      await expect(checkPassed(kafka, topic, { ...wanted, total: 201 })).rejects.toThrow('stands');
    }));

  test('sees a range that no event accounts for', () =>
    withTopic(async (kafka, topic) => {
      const event = (from: number, to: number) => ({
        key: null,
        value: Buffer.from(
          JSON.stringify({ partition: 0, from: `${from}`, to: `${to}`, records: to - from }),
        ),
      });
      await kafka.bus.append(topic, 0, [event(0, 5), event(5, 9)]);
      await checkEvents(kafka, topic, 9);
      await expect(checkEvents(kafka, topic, 10)).rejects.toThrow('9 of 10 are accounted for');
      await kafka.bus.append(topic, 0, [event(10, 12)]);
      await expect(checkEvents(kafka, topic, 11)).rejects.toThrow('after 9 comes an event from 10');
    }));
});
