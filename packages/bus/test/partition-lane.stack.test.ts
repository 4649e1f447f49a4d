import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Fetcher } from '../src/fetcher.ts';
import type { Bus } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import { PartitionLane } from '../src/partition-lane.ts';
import { stageLimits, type StageOptions } from '../src/stage-options.ts';
import { TransactionSession } from '../src/transaction-session.ts';
import { logger } from './quiet-logger.ts';
import { connect, isDrained, newFlow, passOn, until, writeNumbered } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;
let link: KafkaLink;

beforeAll(async () => {
  bus = await connect(brokers);
  link = new KafkaLink({ brokers: brokers.split(','), clientId: 'lane' }, logger);
  await link.connect(10_000);
});
afterAll(async () => {
  await bus.stop();
  await link.stop();
});

it('a lane that was fenced opens nothing until the group confirms what was asked after that', async () => {
  const flow = await newFlow(bus, brokers, 1);
  const group = { asked: 7, confirmed: 7 };
  let fencings = 0;
  const options: StageOptions = {
    name: 'lane',
    groupId: flow.group,
    source: flow.source,
    outputs: [flow.out],
    lingerMs: 1,
    transform: passOn(flow.out),
    observer: {
      onAborted: (_, __, isFenced) => {
        fencings += isFenced ? 1 : 0;
      },
    },
  };
  const fetcher = new Fetcher(link, true);
  const lane = new PartitionLane(flow.source, 0, {
    link,
    fetcher,
    options,
    limits: stageLimits(options),
    asked: () => group.asked,
    confirmed: () => group.confirmed,
    pausedBy: () => '',
    fail: () => undefined,
  });
  const done = lane.start();
  await writeNumbered(bus, flow, 100);
  await until(() => isDrained(bus, flow));
  // A heartbeat is under way when another process opens the partition.
  group.asked = 8;
  await TransactionSession.open(link, {
    transactionalId: `${flow.group}.${flow.source}.0`,
    groupId: flow.group,
    source: { topic: flow.source, topicId: Buffer.alloc(16), partition: 0 },
    transactionTimeoutMs: 60_000,
    compression: 'none',
  });
  await writeNumbered(bus, flow, 100, 100);
  await until(() => fencings === 1);
  // Its answer tells of the time before.
  group.confirmed = 8;
  await sleep(1000);
  expect(await isDrained(bus, flow)).toBe(false);
  expect(fencings).toBe(1);
  group.asked = 9;
  group.confirmed = 9;
  await until(() => isDrained(bus, flow));
  await lane.stop(5000);
  await done;
  fetcher.stop();
});
