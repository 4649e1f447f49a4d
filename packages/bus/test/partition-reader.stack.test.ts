import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Bus } from '../src/index.ts';
import { connect, until } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
const REST_MS = 300;
const RECORDS = 60;

let bus: Bus;
beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

/** Writes records one by one while they are read; how often some came, and how long that took. */
async function readWhileWritten(restMs: number): Promise<{ chunks: number; tookMs: number }> {
  const topic = `read.${randomBytes(5).toString('hex')}`;
  await bus.admin.createTopic(topic, 2, 1, {});
  await until(async () => (await bus.admin.partitionCount(topic)) === 2);
  const done = new AbortController();
  const values: string[] = [];
  let chunks = 0;
  const read = async () => {
    const starts = [0, 1].map((partition) => ({ topic, partition, offset: 'earliest' as const }));
    for await (const { records } of bus.read({ starts, restMs, signal: done.signal })) {
      chunks += 1;
      for (const { value } of records) values.push(String(value));
    }
  };
  const beganMs = performance.now();
  const reading = read();
  const written = Array.from({ length: RECORDS }, (_, n) => String(n));
  for (const value of written) {
    await bus.append(topic, 0, [{ key: null, value: Buffer.from(value) }]);
    await sleep(10);
  }
  await until(() => values.length >= RECORDS);
  const tookMs = performance.now() - beganMs;
  done.abort();
  await reading;
  expect(values).toEqual(written);
  return { chunks, tookMs };
}

test('a reader that rests takes what came meanwhile together, and misses none', async () => {
  const { chunks, tookMs } = await readWhileWritten(REST_MS);
  // One chunk at the beginning and one after each rest; the other partition stays empty.
  expect(chunks).toBeLessThanOrEqual(tookMs / REST_MS + 2);
});

test('a reader without a rest takes records as they come', async () => {
  const { chunks } = await readWhileWritten(0);
  expect(chunks).toBeGreaterThan(RECORDS / 4);
});
