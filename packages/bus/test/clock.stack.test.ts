import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import type { Bus } from '../src/index.ts';
import { connect, isDrained, newFlow, passOn, readAll, until, writeNumbered } from './workers.ts';

const HOUR_MS = 3_600_000;
const { kafkaBrokers: brokers } = inject('stack');
let bus: Bus;

// One for each test: setting the clock back to right at its end is a jump, too.
beforeEach(async () => {
  bus = await connect(brokers);
});
afterEach(async () => {
  await bus.stop();
  vi.restoreAllMocks();
});

it.each([-HOUR_MS, HOUR_MS])('a stage goes on when the clock jumps by %i ms', async (jumpMs) => {
  const flow = await newFlow(bus, brokers, 1);
  const stage = await bus.stage({
    name: 'clock',
    groupId: flow.group,
    source: flow.source,
    outputs: [flow.out],
    transform: passOn(flow.out),
  });
  await writeNumbered(bus, flow, 10);
  await until(() => isDrained(bus, flow));
  // As when the machine's time is set: what counts elapsed time by itself is not moved.
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + jumpMs);
  await writeNumbered(bus, flow, 10, 10);
  await until(() => isDrained(bus, flow), 10_000);
  await stage.stop();
  const [out] = await readAll(bus, flow.out, 1);
  expect(out.map(({ value }) => value?.toString())).toEqual(
    Array.from({ length: 20 }, (_, n) => `0:${n}`),
  );
});
