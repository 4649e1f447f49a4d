import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../src/index.ts';
import { type ProxiedBroker, proxiedBroker } from './faults/proxied-broker.ts';
import { API, type KafkaProxy } from './kafka-proxy.ts';
import { isDrained, newFlow, passOn, readAll, until, writeNumbered } from './workers.ts';

let ground: ProxiedBroker;
let proxy: KafkaProxy;
let bus: Bus;

beforeAll(async () => {
  ground = await proxiedBroker();
  ({ proxy, bus } = ground);
});
afterAll(() => ground.close());

/** What is asked only when a stage joins its group and a session opens. */
const ASKED_AT_START: readonly number[] = [
  API.joinGroup,
  API.syncGroup,
  API.initProducerId,
  API.offsetFetch,
];

describe('an answer that is lost inside a transaction', () => {
  it.each(Object.entries(API))('to %s loses nothing and doubles nothing', async (_, apiKey) => {
    const flow = await newFlow(bus, ground.brokers, 1);
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
    if (ASKED_AT_START.includes(apiKey)) {
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
