import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type ConsoleRecord, consoleConsumer } from '../../../../test/console-consumer.ts';
import { kcat } from '../../../../test/kcat.ts';
import type { Bus } from '../../src/index.ts';
import { connect, newFlow } from '../workers.ts';
import type { PlainRecord } from './fault-client.ts';
import { RandomBatches } from './random-batches.ts';

const RECORDS = 4000;

const brokers = inject('stack').kafkaBrokers;
const seed = process.env['SEED'] ?? randomBytes(6).toString('hex');
let bus: Bus;
let topic: string;
const written: PlainRecord[] = [];

beforeAll(async () => {
  bus = await connect(brokers);
  ({ out: topic } = await newFlow(bus, brokers, 1));
  const random = new RandomBatches(seed);
  while (written.length < RECORDS) {
    const batch = Array.from({ length: 250 }, () => random.wildRecord());
    const dated = batch.map((record) => ({ ...record, timestamp: BigInt(record.timestamp) }));
    await bus.append(topic, 0, dated);
    written.push(...batch);
  }
});
afterAll(() => bus.stop());

/** One line a record, so that a difference is told in a line. */
function linesOf(records: readonly (ConsoleRecord | PlainRecord)[]): string[] {
  const text = (value: Buffer | null) => value?.toString('latin1') ?? null;
  return records.map(({ key, value, headers, timestamp }) =>
    JSON.stringify([
      Number(timestamp),
      text(key),
      text(value),
      headers.map(([name, bytes]) => [name, text(bytes)]),
    ]),
  );
}

test(`Java's console consumer reads ${RECORDS} random records as they were written`, async () => {
  const read = await consoleConsumer({ brokers, topic, isolation: 'read_committed' });
  expect(linesOf(read), `SEED=${seed}`).toEqual(linesOf(written));
});

test(`kcat reads ${RECORDS} random records as they were written`, async () => {
  expect(linesOf(await kcat(brokers, topic)), `SEED=${seed}`).toEqual(linesOf(written));
});
