import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SealstreamError } from '@sealstream/contracts';
import { type Bus, errorWord, type StageOptions } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import { TransactionSession } from '../src/transaction-session.ts';
import { logger } from './quiet-logger.ts';
import {
  connect,
  type Flow,
  isDrained,
  newFlow,
  passOn,
  readAll,
  until,
  writeNumbered,
} from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;

beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

function passthrough(flow: Flow, more: Partial<StageOptions> = {}): StageOptions {
  return {
    name: 'passthrough',
    groupId: flow.group,
    source: flow.source,
    outputs: [flow.out],
    sessionTimeoutMs: 1500,
    heartbeatMs: 200,
    lingerMs: 1,
    transform: passOn(flow.out),
    ...more,
  };
}

const failureOf = (stage: { failed: Promise<never> }) =>
  stage.failed.catch((error: unknown) => errorWord(error));

describe('a stage ends, its lanes stop and it leaves the group', () => {
  it.each([
    ['a session that the broker does not allow', { sessionTimeoutMs: 10 }, 'KAFKA_REFUSED'],
    ['a transaction time-out over the limit', { transactionTimeoutMs: 2 ** 30 }, 'KAFKA_REFUSED'],
    ['a fault in the transform', { transform: () => JSON.parse('{') as undefined }, 'INTERNAL'],
    [
      'an error that trying again does not mend',
      {
        transform: () => {
          throw new SealstreamError('TOPIC_LIMITS');
        },
      },
      'TOPIC_LIMITS',
    ],
  ])('on %s', async (_, options, code) => {
    const flow = await newFlow(bus, brokers, 2);
    await writeNumbered(bus, flow, 20);
    const stage = await bus.stage(passthrough(flow, options));
    expect(await failureOf(stage)).toBe(code);
    await stage.stop();
    expect(stage.lanes()).toEqual([]);
    expect(await bus.admin.members(flow.group)).toEqual([]);
    expect((await readAll(bus, flow.out, 2)).flat()).toEqual([]);
  });
});

describe('a stage that was fenced while the group still says that the partition is its own', () => {
  it('opens it again after the group has confirmed so, and doubles nothing', async () => {
    const flow = await newFlow(bus, brokers, 1);
    const fenced: boolean[] = [];
    const onAborted = (_: number, __: string, isFenced: boolean) => fenced.push(isFenced);
    const stage = await bus.stage(passthrough(flow, { observer: { onAborted } }));
    await writeNumbered(bus, flow, 100);
    await until(() => isDrained(bus, flow));
    await openElsewhere(flow);
    await writeNumbered(bus, flow, 100, 100);
    await until(() => isDrained(bus, flow));
    await stage.stop();
    expect(fenced).toContain(true);
    const [out] = await readAll(bus, flow.out, 1);
    expect(out.map(({ value }) => value?.toString())).toEqual(
      Array.from({ length: 200 }, (_, n) => `0:${n}`),
    );
  });
});

describe('a static member', () => {
  it('keeps its partitions through a stop, and hands them over at once when told to leave', async () => {
    const flow = await newFlow(bus, brokers, 2);
    const session = { sessionTimeoutMs: 20_000 };
    const first = await bus.stage(passthrough(flow, { ...session, groupInstanceId: 'first' }));
    await until(() => first.lanes().length === 2);
    await first.stop();
    expect((await bus.admin.members(flow.group)).length).toBe(1);
    const again = await bus.stage(passthrough(flow, { ...session, groupInstanceId: 'first' }));
    await until(() => again.lanes().length === 2, 5000);
    await again.stop({ leave: true });
    expect(await bus.admin.members(flow.group)).toEqual([]);
    const other = await bus.stage(passthrough(flow, { ...session, groupInstanceId: 'other' }));
    await until(() => other.lanes().length === 2, 5000);
    await other.stop({ leave: true });
  });
});

/** What another owner of the partition does first. */
async function openElsewhere(flow: Flow): Promise<void> {
  const link = new KafkaLink({ brokers: brokers.split(','), clientId: 'elsewhere' }, logger);
  await link.connect(10_000);
  await TransactionSession.open(link, {
    transactionalId: `${flow.group}.${flow.source}.0`,
    groupId: flow.group,
    source: { topic: flow.source, topicId: Buffer.alloc(16), partition: 0 },
    transactionTimeoutMs: 60_000,
    compression: 'none',
  });
  await link.stop();
}
