import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { consoleConsumer } from '../../../test/console-consumer.ts';
import { type Bus, RecordBatchWriter, type StageBatch, type StageSinks } from '../src/index.ts';
import { expectExactlyOnce } from './exactly-once.ts';
import {
  connect,
  endAllWorkers,
  endWorker,
  type Flow,
  isDrained,
  newFlow,
  passOn,
  readAll,
  startWorker,
  until,
  writeNumbered,
} from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;

beforeAll(async () => {
  bus = await connect(brokers);
});
afterEach(endAllWorkers);
afterAll(() => bus.stop());

describe('a stage', () => {
  it('gives each record once and in order though its process is killed again and again', async () => {
    const flow = await newFlow(bus, brokers);
    let killedInWork = 0;
    const writing = writeNumbered(bus, flow, 50_000);
    for (let kills = 0; kills < 4; kills += 1) {
      const worker = await startWorker(flow);
      await until(async () => (await bus.admin.members(flow.group)).length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300 + kills * 230));
      if (!(await isDrained(bus, flow))) killedInWork += 1;
      await endWorker(worker, 'SIGKILL');
    }
    expect(killedInWork).toBeGreaterThan(1);
    await writing;
    const [first, second] = [await startWorker(flow), await startWorker(flow)];
    await until(() => isDrained(bus, flow));
    await endWorker(first, 'SIGTERM');
    await endWorker(second, 'SIGTERM');
    await expectExactlyOnce(bus, flow, 12_500);
    // The same seen by a client that shares no line with this one.
    const seen = await consoleConsumer({ brokers, topic: flow.out, isolation: 'read_committed' });
    expect(seen.length).toBe(50_000);
    expect(new Set(seen.map((record) => String(record.value))).size).toBe(50_000);
  }, 120_000);

  it('fences an owner that was stopped past its session, and that owner does not fence back', async () => {
    const flow = await newFlow(bus, brokers);
    const zombie = await startWorker(flow);
    await writeNumbered(bus, flow, 4000);
    await until(async () => (await readAll(bus, flow.out, flow.partitions)).flat().length > 0);
    zombie.kill('SIGSTOP');
    const heir = await startWorker(flow);
    await writeNumbered(bus, flow, 4000, 1000);
    await until(() => isDrained(bus, flow));
    zombie.kill('SIGCONT');
    await writeNumbered(bus, flow, 4000, 2000);
    await until(() => isDrained(bus, flow));
    await endWorker(zombie, 'SIGTERM');
    await endWorker(heir, 'SIGTERM');
    await expectExactlyOnce(bus, flow, 3000);
  });

  it('leaves aborted copies in the log, which only the filter of committed reads hides', async () => {
    const flow = await newFlow(bus, brokers, 1);
    await writeNumbered(bus, flow, 100);
    const worker = await startWorker(flow);
    await until(() => isDrained(bus, flow));
    await endWorker(worker, 'SIGTERM');
    // A transaction that never ends well: the next owner of the id aborts it.
    const session = await openSession(flow);
    await session.begin(Buffer.from('never committed'));
    const heir = await startWorker(flow);
    await writeNumbered(bus, flow, 100, 100);
    await until(() => isDrained(bus, flow));
    await endWorker(heir, 'SIGTERM');
    await session.close();
    const isAborted = (value: Buffer | null) => value?.toString() === 'never committed';
    const raw = await consoleConsumer({ brokers, topic: flow.out, isolation: 'read_uncommitted' });
    expect(raw.filter(({ value }) => isAborted(value)).length).toBe(1);
    await expectExactlyOnce(bus, flow, 200);
  });

  it('asks again for records that are too large, and splits what does not fit in one batch', async () => {
    const flow = await newFlow(bus, brokers, 1);
    const big = Buffer.alloc(700_000, 'b');
    await bus.append(
      flow.source,
      0,
      [1, 2, 3, 4].map((n) => ({ key: Buffer.from(String(n)), value: big })),
    );
    const oversized: number[] = [];
    const stage = await bus.stage({
      name: 'grow',
      groupId: flow.group,
      source: flow.source,
      outputs: [flow.out],
      batchBytes: 8 * 1024 * 1024,
      transform: (batch: StageBatch, to: StageSinks) => {
        oversized.push(...batch.oversized);
        for (const { key, value, offset } of batch.records) {
          const grows = key?.toString() === '2' && !batch.oversized.has(Number(offset));
          const written = grows ? Buffer.concat([big, big]) : (value ?? big);
          to.to(flow.out).push({ key, value: written }, Number(offset));
        }
      },
    });
    await until(() => isDrained(bus, flow));
    await stage.stop();
    const [out] = await readAll(bus, flow.out, 1);
    expect(out.map((record) => record.key?.toString())).toEqual(['1', '2', '3', '4']);
    expect(oversized).toContain(1);
  });

  it('pauses and tells the range when records were deleted before they were read', async () => {
    const flow = await newFlow(bus, brokers, 1);
    await writeNumbered(bus, flow, 100);
    await bus.admin.setCommitted(flow.group, flow.source, 0, 10n);
    await bus.admin.deleteBefore(flow.source, 0, 50n);
    const lost: string[] = [];
    const stage = await bus.stage({
      name: 'late',
      groupId: flow.group,
      source: flow.source,
      outputs: [flow.out],
      transform: () => undefined,
      observer: { onLost: (_, from, to) => lost.push(`${from}-${to}`) },
    });
    await until(() => stage.lanes().some((lane) => lane.code === 'OFFSETS_LOST'));
    await stage.stop();
    expect(lost).toEqual(['10-50']);
    expect((await bus.admin.committed(flow.group, flow.source, 0)).offset).toBe(10n);
  });

  it('does not read a partition that an output does not have', async () => {
    const flow = await newFlow(bus, brokers, 1);
    await bus.admin.growTopic(flow.source, 2);
    await bus.append(flow.source, 1, [{ key: null, value: Buffer.from('1:0') }]);
    const worker = await startWorker(flow);
    await writeNumbered(bus, flow, 10);
    await until(async () => (await bus.admin.committed(flow.group, flow.source, 0)).offset >= 10n);
    expect((await bus.admin.committed(flow.group, flow.source, 1)).offset).toBe(-1n);
    await bus.admin.growTopic(flow.out, 2);
    await bus.admin.growTopic(flow.audit, 2);
    await until(async () => (await bus.admin.committed(flow.group, flow.source, 1)).offset >= 1n);
    await endWorker(worker, 'SIGTERM');
  });

  it('starts no transaction while paused, and goes on when resumed', async () => {
    const flow = await newFlow(bus, brokers, 1);
    const stage = await bus.stage({
      name: 'paused',
      groupId: flow.group,
      source: flow.source,
      outputs: [flow.out],
      transform: passOn(flow.out),
    });
    stage.pause('OPERATOR');
    await until(() => stage.lanes().some((lane) => lane.state === 'paused'));
    await writeNumbered(bus, flow, 10);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await readAll(bus, flow.out, 1)).flat()).toEqual([]);
    stage.resume();
    await until(() => isDrained(bus, flow));
    await stage.stop();
    expect((await readAll(bus, flow.out, 1)).flat().length).toBe(10);
  });
});

/** The pieces of an unfinished transaction under the id that the worker's partition 0 uses. */
async function openSession(flow: Flow) {
  const { KafkaLink } = await import('../src/kafka-link.ts');
  const { TransactionSession } = await import('../src/transaction-session.ts');
  const { logger } = await import('./quiet-logger.ts');
  const link = new KafkaLink({ brokers: brokers.split(','), clientId: 'unfinished' }, logger);
  await link.connect(10_000);
  const session = await TransactionSession.open(link, {
    transactionalId: `${flow.group}.${flow.source}.0`,
    groupId: flow.group,
    source: { topic: flow.source, topicId: Buffer.alloc(16), partition: 0 },
    transactionTimeoutMs: 60_000,
    compression: 'none',
  });
  return {
    begin: (value: Buffer) =>
      session.write([{ topic: flow.out, partition: 0, batches: [batchOf(value)] }]),
    close: () => link.stop(),
  };
}

function batchOf(value: Buffer): RecordBatchWriter {
  const writer = new RecordBatchWriter().reset(1024, Date.now());
  writer.push({ key: null, value });
  return writer;
}
