import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUICK_BROKER } from '../../../tools/stack/kafka.ts';
import { type Stack, startStack } from '../../../tools/stack/stack.ts';
import type { Bus } from '../src/index.ts';
import { API, KafkaProxy } from './kafka-proxy.ts';
import { connect, isDrained, newFlow, passOn, readAll, until, writeNumbered } from './workers.ts';

let proxy: KafkaProxy;
let stack: Stack;
let bus: Bus;

beforeAll(async () => {
  proxy = await KafkaProxy.listen(0);
  stack = await startStack({
    name: `test-${process.pid}-proxy`,
    kind: 'java',
    forPid: process.pid,
    kafkaProperties: {
      ...QUICK_BROKER,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}`,
    },
  });
  proxy.forwardTo(Number(stack.kafkaBrokers.split(':')[1]));
  bus = await connect(`127.0.0.1:${proxy.port}`);
});
afterAll(async () => {
  await bus.stop();
  await proxy.close();
  await stack.stop({ purge: true });
});

describe('an answer that is lost inside a transaction', () => {
  it.each(Object.entries(API))('to %s loses nothing and doubles nothing', async (_, apiKey) => {
    const flow = await newFlow(bus, `127.0.0.1:${proxy.port}`, 1);
    const stage = await bus.stage({
      name: 'lost',
      groupId: flow.group,
      source: flow.source,
      outputs: [flow.out],
      batchRecords: 50,
      lingerMs: 1,
      sessionTimeoutMs: 1500,
      heartbeatMs: 200,
      transform: passOn(flow.out),
    });
    await writeNumbered(bus, flow, 100);
    await until(() => isDrained(bus, flow));
    const before = proxy.dropped;
    // As many records again in batches of the same size: what a reused sequence number would lose.
    if (apiKey === API.initProducerId || apiKey === API.offsetFetch) {
      // Asked only when a session opens: a second fault brings one about.
      await writeNumbered(bus, flow, 50, 100);
      stage.pause('TEST');
      await until(() => stage.lanes().every((lane) => lane.state === 'paused'));
      await stage.stop();
      proxy.dropNextAnswer(apiKey);
      const again = await bus.stage({
        name: 'lost',
        groupId: flow.group,
        source: flow.source,
        outputs: [flow.out],
        batchRecords: 50,
        sessionTimeoutMs: 1500,
        heartbeatMs: 200,
        transform: passOn(flow.out),
      });
      await until(() => proxy.dropped > before);
      await writeNumbered(bus, flow, 350, 150);
      await until(() => isDrained(bus, flow));
      await again.stop();
    } else {
      proxy.dropNextAnswer(apiKey);
      await writeNumbered(bus, flow, 400, 100);
      await until(() => isDrained(bus, flow));
      await stage.stop();
    }
    expect(proxy.dropped).toBe(before + 1);
    const [out] = await readAll(bus, flow.out, 1);
    expect(out.map((record) => record.value?.toString())).toEqual(
      Array.from({ length: 500 }, (__, n) => `0:${n}`),
    );
  });
});

describe('a connection that was cut while the one for fetches stands', () => {
  it('is made once by the many calls that find it down', async () => {
    const flow = await newFlow(bus, `127.0.0.1:${proxy.port}`, 1);
    await writeNumbered(bus, flow, 10);
    await readAll(bus, flow.source, 1);
    proxy.cutAllButFetches();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = proxy.joined;
    await Promise.all(Array.from({ length: 30 }, () => bus.ping()));
    expect(proxy.joined - before).toBe(1);
  });
});
