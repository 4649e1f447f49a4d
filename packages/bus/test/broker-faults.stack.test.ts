import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { QUICK_BROKER } from '../../../tools/stack/kafka.ts';
import { type Stack, startStack } from '../../../tools/stack/stack.ts';
import { type Bus, openBus, type Stage, type StageOptions } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import { ByteWriter } from '../src/wire/byte-writer.ts';
import { metadataRequest } from '../src/wire/metadata-request.ts';
import { expectExactlyOnce } from './exactly-once.ts';
import { API, KafkaProxy } from './kafka-proxy.ts';
import { logger } from './quiet-logger.ts';
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

const NOT_COORDINATOR = 16;
/** Longer than a worker's session (1.5 s) and its transactions' time-out (5 s). */
const AWAY_MS = 7000;
/** After which the broker forgets a transactional id that nobody uses. */
const ID_LIFE_MS = 2000;

let proxy: KafkaProxy;
let stack: Stack;
let brokers = '';
let bus: Bus;

beforeAll(async () => {
  proxy = await KafkaProxy.listen(0);
  brokers = `127.0.0.1:${proxy.port}`;
  stack = await startStack({
    name: `test-${process.pid}-faults`,
    kind: 'java',
    forPid: process.pid,
    kafkaProperties: {
      ...QUICK_BROKER,
      'advertised.listeners': `PLAINTEXT://${brokers}`,
      'transactional.id.expiration.ms': String(ID_LIFE_MS),
      'transaction.remove.expired.transaction.cleanup.interval.ms': '500',
    },
  });
  proxy.forwardTo(Number(stack.kafkaBrokers.split(':')[1]));
  bus = await connect(brokers);
});
afterEach(endAllWorkers);
afterAll(async () => {
  await bus.stop();
  await proxy.close();
  await stack.stop({ purge: true });
});

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

async function expectInOrder(flow: Flow, count: number): Promise<void> {
  const [out] = await readAll(bus, flow.out, 1);
  const values = out.map((record) => record.value?.toString());
  expect(values).toEqual(Array.from({ length: count }, (_, n) => `0:${n}`));
}

/** Stops the broker's process in the middle of its work; `done` lets it go on. */
function hang(): { done(): void } {
  const pid = stack.pids.kafka ?? 0;
  process.kill(pid, 'SIGSTOP');
  return { done: () => process.kill(pid, 'SIGCONT') };
}

describe('a broker that is away', () => {
  it('for longer than sessions and transactions live costs no record and doubles none', async () => {
    const flow = await newFlow(bus, brokers, 2);
    const worker = await startWorker(flow);
    const writing = writeNumbered(bus, flow, 2000);
    await until(async () => (await bus.admin.committed(flow.group, flow.source, 0)).offset > 0n);
    const broker = hang();
    await sleep(AWAY_MS);
    broker.done();
    await writing;
    await until(() => isDrained(bus, flow));
    // The same once more, with a broker that is gone and comes back.
    const more = writeNumbered(bus, flow, 2000, 1000);
    await until(async () => (await bus.admin.committed(flow.group, flow.source, 0)).offset > 1050n);
    await stack.kill('kafka');
    await sleep(2000);
    await stack.start('kafka');
    await more;
    await until(() => isDrained(bus, flow));
    await endWorker(worker, 'SIGTERM');
    await expectExactlyOnce(bus, flow, 2000);
  });

  it('does not hold up a stop beyond its bound, and the next owner does again what was not committed', async () => {
    const flow = await newFlow(bus, brokers, 1);
    const own = await connect(brokers);
    const stage = await own.stage(passthrough(flow, { batchRecords: 100 }));
    await writeNumbered(bus, flow, 20_000);
    await until(async () => (await bus.admin.committed(flow.group, flow.source, 0)).offset > 0n);
    const broker = hang();
    await sleep(300);
    const beganMs = performance.now();
    await stage.stop({ withinMs: 1000 });
    const stageMs = performance.now() - beganMs;
    await own.stop();
    const busMs = performance.now() - beganMs;
    broker.done();
    expect(stageMs).toBeLessThan(1500);
    expect(busMs).toBeLessThan(3000);
    expect(await isDrained(bus, flow)).toBe(false);
    const heir = await bus.stage(passthrough(flow));
    await until(() => isDrained(bus, flow));
    await heir.stop();
    await expectInOrder(flow, 20_000);
  });
});

describe('a transactional id that the broker forgot because the partition was idle', () => {
  it('is taken anew, and nothing is lost or doubled', async () => {
    const flow = await newFlow(bus, brokers, 1);
    const aborted: string[] = [];
    const onAborted = (_: number, code: string) => aborted.push(code);
    const stage = await bus.stage(passthrough(flow, { observer: { onAborted } }));
    await writeNumbered(bus, flow, 100);
    await until(() => isDrained(bus, flow));
    await sleep(ID_LIFE_MS + 1500);
    await writeNumbered(bus, flow, 100, 100);
    await until(() => isDrained(bus, flow));
    await stage.stop();
    expect(aborted).toContain('INVALID_PRODUCER_ID_MAPPING');
    await expectInOrder(flow, 200);
  });
});

/** An answer that refuses: no throttling, the code, and zeros for what follows. */
const refusal = () =>
  Buffer.concat([new ByteWriter().int32(0).int16(NOT_COORDINATOR).done(), Buffer.alloc(32)]);

/** The same where each partition has its own code. */
function partitionRefusal(topic: string): Buffer {
  const body = new ByteWriter().int32(0).int32(1).string(topic).int32(1);
  return body.int32(0).int16(NOT_COORDINATOR).done();
}

const AT_THE_START = ['joinGroup', 'syncGroup', 'initProducerId', 'offsetFetch'] as const;
const IN_WORK = ['heartbeat', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'];

describe('a coordinator that is it no longer', () => {
  const answerOf = (kind: string, flow: Flow): Buffer => {
    if (kind === 'txnOffsetCommit') return partitionRefusal(flow.source);
    if (kind === 'addPartitionsToTxn') return partitionRefusal(flow.out);
    if (kind !== 'offsetFetch') return refusal();
    return new ByteWriter().int32(0).int32(0).int16(NOT_COORDINATOR).done();
  };
  const kindOf = (kind: string) => API[kind as keyof typeof API];

  async function running(flow: Flow): Promise<Stage> {
    const stage = await bus.stage(passthrough(flow));
    await writeNumbered(bus, flow, 100);
    await until(() => isDrained(bus, flow));
    return stage;
  }

  it.each(IN_WORK)('is looked for again when it says so to %s', async (kind) => {
    const flow = await newFlow(bus, brokers, 1);
    const stage = await running(flow);
    const before = proxy.answered;
    proxy.answerNext(kindOf(kind), answerOf(kind, flow));
    await writeNumbered(bus, flow, 400, 100);
    await until(() => isDrained(bus, flow));
    await until(() => proxy.answered > before);
    await stage.stop();
    expect(proxy.answered).toBe(before + 1);
    await expectInOrder(flow, 500);
  });

  it.each(AT_THE_START)('is looked for again when it says so to %s', async (kind) => {
    const flow = await newFlow(bus, brokers, 1);
    await (await running(flow)).stop();
    const before = proxy.answered;
    proxy.answerNext(kindOf(kind), answerOf(kind, flow));
    const stage = await bus.stage(passthrough(flow));
    await until(() => proxy.answered > before);
    await writeNumbered(bus, flow, 400, 100);
    await until(() => isDrained(bus, flow));
    await stage.stop();
    expect(proxy.answered).toBe(before + 1);
    await expectInOrder(flow, 500);
  });
});

describe('a connection to a broker', () => {
  /** A link whose connection was cut, and which has noticed. */
  async function cutLink() {
    const link = new KafkaLink({ brokers: [brokers], clientId: 'cut' }, logger);
    await link.connect(10_000);
    const broker = await link.anyBroker();
    const [connection] = broker.connectionPool.pool;
    const old = connection.socket as unknown as EventEmitter;
    proxy.cutAll();
    await until(() => proxy.connectionsOf('cut') === 0);
    await sleep(100);
    const ask = () => link.sendTo(broker, metadataRequest([]));
    return { ask, broker, link, old };
  }

  it('that is being made is left alone by a call that failed to make one', async () => {
    const { ask, broker, link } = await cutLink();
    const first = ask();
    // What kafkajs does for a call that could not connect, while another one is about to.
    await broker.disconnect();
    const answers = await Promise.all([first, ...Array.from({ length: 20 }, ask)]);
    expect(answers.map((answer) => answer.brokers)).toEqual(Array<number>(21).fill(1));
    await link.stop();
  });

  it('does not suffer from what befalls the one before it', async () => {
    const { ask, link, old } = await cutLink();
    await ask();
    const underWay = ask();
    old.emit('error', new Error('late'));
    old.emit('end');
    expect((await underWay).brokers).toBe(1);
    expect((await ask()).brokers).toBe(1);
    await link.stop();
  });
});

describe('a process with 48 partitions that reads and writes besides', () => {
  it('has at most three connections to a broker, also after all were cut', async () => {
    const flow = await newFlow(bus, brokers, 48);
    await writeNumbered(bus, flow, 48 * 10);
    const own = await openBus({ brokers: [brokers], clientId: 'busy', logger });
    const ending = new AbortController();
    let read = 0;
    const reading = (async () => {
      const starts = Array.from({ length: 48 }, (_, partition) => {
        return { topic: flow.out, partition, offset: 'earliest' as const };
      });
      for await (const chunk of own.read({ starts, signal: ending.signal }))
        read += chunk.records.length;
    })();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, proxy.connectionsOf('busy'));
    }, 5);
    const stage = await own.stage(passthrough(flow));
    await until(() => isDrained(bus, flow));
    expect(proxy.connectionsOf('busy')).toBe(3);
    proxy.cutAll();
    await writeNumbered(own, flow, 48 * 10, 10);
    await until(() => isDrained(bus, flow));
    await until(() => read === 48 * 20);
    clearInterval(watch);
    expect(proxy.connectionsOf('busy')).toBe(3);
    expect(most).toBe(3);
    ending.abort();
    await reading;
    await stage.stop();
    await own.stop();
    await until(() => proxy.connectionsOf('busy') === 0);
  });
});
