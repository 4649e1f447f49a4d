import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Bus } from '../src/index.ts';
import { connect, newFlow, passOn, readAll, until, writeNumbered } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;

beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

test('a stage with an end works on nothing after it, not even on what it appends to its own source', async () => {
  const flow = await newFlow(bus, brokers, 2);
  await writeNumbered(bus, flow, 600);
  const ends = new Map([
    [0, 300n],
    [1, 100n],
  ]);
  const stage = await bus.stage({
    name: 'echo',
    groupId: flow.group,
    source: flow.source,
    outputs: [flow.source, flow.out],
    until: ends,
    lingerMs: 1,
    transform: (batch, out) => {
      passOn(flow.out)(batch, out);
      passOn(flow.source)(batch, out);
    },
  });
  const committed = async (partition: number) =>
    (await bus.admin.committed(flow.group, flow.source, partition)).offset;
  await until(async () => (await committed(0)) === 300n && (await committed(1)) === 100n);
  // Time in which it would have gone on.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await stage.stop();
  expect([await committed(0), await committed(1)]).toEqual([300n, 100n]);
  const out = await readAll(bus, flow.out, flow.partitions);
  expect(out.map((records) => records.length)).toEqual([300, 100]);
});
