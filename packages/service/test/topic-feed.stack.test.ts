import { randomBytes } from 'node:crypto';

import { type Bus, openBus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';

import { TopicFeed } from '../src/topic-feed.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let bus: Bus;
let topic: string;
let seen: string[] = [];
const feeds: TopicFeed[] = [];

beforeAll(async () => {
  const brokers = inject('stack').kafkaBrokers.split(',');
  bus = await openBus({ brokers, clientId: 'test', logger });
});
afterAll(() => bus.stop());
beforeEach(async () => {
  seen = [];
  topic = `feed.${randomBytes(4).toString('hex')}`;
  await bus.admin.createTopic(topic, 2, 1, {});
});
afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.stop();
});

async function write(partition: number, ...values: string[]): Promise<void> {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  await bus.append(topic, partition, records);
}

async function open(from: 'earliest' | { newest: number }): Promise<TopicFeed> {
  const onRecord = (_: string, { value }: { value: Buffer | null }) => seen.push(String(value));
  const feed = await TopicFeed.open({ bus, logger, topics: [topic], from, onRecord });
  feeds.push(feed);
  return feed;
}

test('a feed that is caught up has handed over everything that stood there when it was asked', async () => {
  await write(0, 'a', 'b');
  const feed = await open('earliest');
  expect([seen.toSorted(), feed.isWhole]).toEqual([['a', 'b'], true]);
  for (let n = 0; n < 5; n += 1) {
    await write(n % 2, `n${n}`);
    await feed.caughtUp(10_000);
    expect(seen).toContain(`n${n}`);
  }
  expect(seen).toHaveLength(7);
});

test('a feed of the newest begins so many before the end of each partition, and says it is not whole', async () => {
  await write(0, 'a', 'b', 'c', 'd');
  await write(1, 'x');
  const feed = await open({ newest: 2 });
  expect(seen.toSorted()).toEqual(['c', 'd', 'x']);
  expect(feed.isWhole).toBe(false);
  await write(1, 'y');
  await feed.caughtUp(10_000);
  expect(seen.toSorted()).toEqual(['c', 'd', 'x', 'y']);
});

test('a feed whose topic is longer than is waited for says that Kafka gave no answer', async () => {
  const feed = await open('earliest');
  await write(0, 'a');
  const refused = await feed.caughtUp(0).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SealstreamError);
  expect(refused).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  await feed.caughtUp(10_000);
});
