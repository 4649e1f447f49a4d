import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { Fetcher, type FetchSource } from '../src/fetcher.ts';
import type { Bus } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import type { FetchedPartition } from '../src/wire/fetch-request.ts';
import { decodeRecordBatches } from '../src/wire/record-batch-decoder.ts';
import { logger } from './quiet-logger.ts';
import { connect, until } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
/** Longer than a fetch waits in an idle process, so that one waits again by then. */
const SILENCE_MS = 1300;
const TRIES = 5;

let bus: Bus;
let link: KafkaLink;
let fetcher: Fetcher;

beforeAll(async () => {
  bus = await connect(brokers);
  link = new KafkaLink({ brokers: brokers.split(','), clientId: 'fetcher' }, logger);
  await link.connect(10_000);
});
afterEach(() => fetcher.stop());
afterAll(async () => {
  await link.stop();
  await bus.stop();
});

/** Takes records of one partition and remembers when they came. */
class Probe implements FetchSource {
  readonly topic: string;
  readonly partition: number;
  answers = 0;
  records = 0;
  /** When something came last. */
  atMs = 0;
  isFull = false;
  #offset = 0n;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  wish(): { offset: bigint; maxBytes: number } | null {
    return this.isFull ? null : { offset: this.#offset, maxBytes: 100_000 };
  }

  onFetched({ aborted, bytes, errorCode }: FetchedPartition): void {
    expect(errorCode).toBe(0);
    const { nextOffset, records } = decodeRecordBatches(bytes, this.#offset, aborted);
    this.answers += 1;
    this.records += records.length;
    this.#offset = nextOffset;
    if (records.length > 0) this.atMs = performance.now();
  }
}

async function probes(count: number): Promise<Probe[]> {
  const topic = `fetched.${randomBytes(5).toString('hex')}`;
  await bus.admin.createTopic(topic, count, 1, {});
  await until(async () => (await bus.admin.partitionCount(topic)) === count);
  fetcher = new Fetcher(link, true);
  return Array.from({ length: count }, (_, partition) => new Probe(topic, partition));
}

async function write({ partition, topic }: Probe): Promise<number> {
  await bus.append(topic, partition, [{ key: null, value: Buffer.from('x') }]);
  return performance.now();
}

/** Of several tries; one slow answer of a busy machine decides nothing. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function medianOf(tries: number, measure: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let n = 0; n < tries; n += 1) all.push(await measure());
  return median(all);
}

describe('the fetcher', () => {
  it('asks about once a second while nothing comes', async () => {
    const [one, two] = await probes(2);
    fetcher.add(one);
    fetcher.add(two);
    await sleep(SILENCE_MS);
    const before = one.answers;
    await sleep(3000);
    expect(one.answers - before).toBeGreaterThan(0);
    expect(one.answers - before).toBeLessThanOrEqual(4);
  });

  it('hands on a record that comes after a silence at once', async () => {
    const [one, two] = await probes(2);
    fetcher.add(one);
    fetcher.add(two);
    const lateMs = await medianOf(TRIES, async () => {
      await sleep(SILENCE_MS);
      const before = two.records;
      const writtenMs = await write(two);
      await until(() => two.records > before);
      return two.atMs - writtenMs;
    });
    expect(lateMs).toBeLessThan(100);
  });

  it('lets a partition that comes while others are waited for not wait with them', async () => {
    const lateMs = await medianOf(TRIES, async () => {
      const [waiting, late] = await probes(2);
      await write(late);
      fetcher.add(waiting);
      await sleep(SILENCE_MS);
      const addedMs = performance.now();
      fetcher.add(late);
      await until(() => late.records > 0);
      fetcher.stop();
      return late.atMs - addedMs;
    });
    expect(lateMs).toBeLessThan(200);
  });

  it('goes on at once with a partition whose buffer was full while others are waited for', async () => {
    const [waiting, full] = await probes(2);
    fetcher.add(waiting);
    fetcher.add(full);
    await write(full);
    await until(() => full.records === 1);
    const lateMs = await medianOf(TRIES, async () => {
      full.isFull = true;
      const before = full.records;
      await write(full);
      await sleep(SILENCE_MS);
      expect(full.records).toBe(before);
      const wokenMs = performance.now();
      full.isFull = false;
      fetcher.wake();
      await until(() => full.records > before);
      return full.atMs - wokenMs;
    });
    expect(lateMs).toBeLessThan(200);
  });

  it('gives each record once to a partition that is asked for beside others', async () => {
    const [waiting, late] = await probes(2);
    fetcher.add(waiting);
    await sleep(SILENCE_MS);
    fetcher.add(late);
    const count = 60;
    for (let n = 0; n < count; n += 1) {
      await write(late);
      // Leaves and comes back, as a partition does after a failed batch.
      if (n % 20 === 19) {
        fetcher.remove(late);
        fetcher.add(late);
      }
    }
    await until(() => late.records >= count);
    await sleep(300);
    expect(late.records).toBe(count);
  });

  it('ends what waits at a broker when it stops', async () => {
    const [one] = await probes(1);
    fetcher.add(one);
    await sleep(SILENCE_MS);
    const other = new KafkaLink({ brokers: brokers.split(','), clientId: 'stopping' }, logger);
    await other.connect(10_000);
    const stopping = new Fetcher(other, true);
    stopping.add(new Probe(one.topic, 0));
    await sleep(SILENCE_MS);
    const startMs = performance.now();
    stopping.stop();
    await other.stop();
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});
