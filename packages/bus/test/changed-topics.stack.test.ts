import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { offsetMetadata } from '../src/committed-offset.ts';
import type { Bus, StageOptions } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
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

function passthrough(flow: Flow): StageOptions {
  return {
    name: 'passthrough',
    groupId: flow.group,
    source: flow.source,
    outputs: [flow.out],
    sessionTimeoutMs: 1500,
    heartbeatMs: 200,
    lingerMs: 1,
    transform: passOn(flow.out),
  };
}

/** Deletes the source and makes it again at once. */
async function remake(flow: Flow): Promise<void> {
  await bus.admin.deleteTopic(flow.source);
  await until(() => bus.admin.createTopic(flow.source, flow.partitions, 1, {}));
}

async function valuesOf(flow: Flow): Promise<(string | undefined)[]> {
  const [out] = await readAll(bus, flow.out, 1);
  return out.map((record) => record.value?.toString());
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `0:${n}`);

describe('a source that was deleted and made again', () => {
  it('is read from its first record by a stage that was at work on the old one', async () => {
    const flow = await newFlow(bus, brokers, 1);
    await writeNumbered(bus, flow, 100);
    const stage = await bus.stage(passthrough(flow));
    await until(() => isDrained(bus, flow));
    await remake(flow);
    // More than the old one had: reading on at the old offset would skip the first hundred.
    await writeNumbered(bus, flow, 300);
    await until(async () => (await valuesOf(flow)).length >= 400);
    await stage.stop();
    expect(await valuesOf(flow)).toEqual([...numbered(100), ...numbered(300)]);
  });

  it('pauses on an offset that was committed on the old one, until somebody sets it', async () => {
    const flow = await newFlow(bus, brokers, 1);
    await writeNumbered(bus, flow, 100);
    const [old] = await bus.admin.topics([flow.source]);
    const first = await bus.stage(passthrough(flow));
    await until(() => isDrained(bus, flow));
    await first.stop();
    await remake(flow);
    await writeNumbered(bus, flow, 300);
    // As a transaction does that was under way while the topic was made anew.
    await commit(flow, 100n, offsetMetadata('100', old.id));
    const stage = await bus.stage(passthrough(flow));
    await until(() => stage.lanes().some(({ code }) => code === 'TOPIC_REPLACED'));
    await stage.stop();
    expect(await valuesOf(flow)).toEqual(numbered(100));
    await bus.admin.setCommitted(flow.group, flow.source, 0, 0n);
    const next = await bus.stage(passthrough(flow));
    await until(() => isDrained(bus, flow));
    await next.stop();
    expect(await valuesOf(flow)).toEqual([...numbered(100), ...numbered(300)]);
  });
});

describe('partitions that are added while a stage runs', () => {
  it('are worked on from their first record, and the others go on', async () => {
    const flow = { ...(await newFlow(bus, brokers, 1)) };
    const stage = await bus.stage(passthrough(flow));
    await writeNumbered(bus, flow, 100);
    for (const topic of [flow.out, flow.source]) await bus.admin.growTopic(topic, 3);
    const grown = { ...flow, partitions: 3 };
    await writeNumbered(bus, { ...grown, partitions: 3 }, 300, 100);
    await until(() => isDrained(bus, grown));
    await stage.stop();
    const out = await readAll(bus, flow.out, 3);
    const numbers = out.map((records) => records.map(({ value }) => value?.toString()));
    const from100 = (partition: number) =>
      Array.from({ length: 100 }, (_, n) => `${partition}:${100 + n}`);
    expect(numbers).toEqual([numbered(200), from100(1), from100(2)]);
  });
});

/** Commits an offset of the group outside of any transaction, with that metadata. */
async function commit(flow: Flow, offset: bigint, metadata: string): Promise<void> {
  const link = new KafkaLink({ brokers: brokers.split(','), clientId: 'late' }, logger);
  await link.connect(10_000);
  const coordinator = await link.groupCoordinator(flow.group);
  await coordinator.offsetCommit({
    groupId: flow.group,
    groupGenerationId: -1,
    memberId: '',
    topics: [{ topic: flow.source, partitions: [{ partition: 0, offset, metadata }] }],
  });
  await link.stop();
}
