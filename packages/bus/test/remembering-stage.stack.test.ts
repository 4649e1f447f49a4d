import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { emptyParts, SealstreamError } from '@sealstream/contracts';
import type { Bus, StageBatch, StageOptions, StageSinks } from '../src/index.ts';
import { connect, type Flow, newFlow, readAll, until, writeNumbered } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
const DELAY_MS = 700;
let bus: Bus;

beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

/** Lets each record leave a time after it came; what waits stands on the flow's audit topic. */
class Holding {
  readonly opened: number[] = [];
  readonly closed: number[] = [];
  readonly ranges: string[] = [];
  readonly #flow: Flow;
  readonly #waiting = new Map<string, { sinceMs: number; value: Buffer }>();
  #fails = 0;

  constructor(flow: Flow, fails = 0) {
    this.#flow = flow;
    this.#fails = fails;
  }

  options(): StageOptions {
    const { audit, group, out, source } = this.#flow;
    return {
      name: 'holding',
      groupId: group,
      source,
      outputs: [out, audit],
      lingerMs: 1,
      opened: (partition) => this.#restore(partition),
      closed: (partition) => this.closed.push(partition),
      wantedMs: () => this.#dueMs(),
      transform: (batch, sinks) => this.#transform(batch, sinks),
    };
  }

  get size(): number {
    return this.#waiting.size;
  }

  #dueMs(): number | undefined {
    const [first] = this.#waiting.values();
    return first === undefined ? undefined : first.sinceMs + DELAY_MS;
  }

  async #restore(partition: number): Promise<void> {
    this.opened.push(partition);
    this.#waiting.clear();
    const starts = [{ topic: this.#flow.audit, partition, offset: 'earliest' as const }];
    for await (const { records } of bus.read({ starts, until: 'end' }))
      for (const { key, value } of records) {
        const id = String(key);
        if (value === null) this.#waiting.delete(id);
        else this.#waiting.set(id, { sinceMs: Number(value.toString()), value: Buffer.from(id) });
      }
  }

  #transform({ from, records, to }: StageBatch, sinks: StageSinks): void {
    this.ranges.push(`${from}..${to}`);
    const { audit, out } = this.#flow;
    const parts = emptyParts();
    const nowMs = Date.now();
    for (let index = 0; index < records.length; index += 1) {
      records.read(index, parts);
      const { bytes, from: start, to: end } = parts.value;
      const value = Buffer.from(bytes.subarray(start, end));
      this.#waiting.set(value.toString(), { sinceMs: nowMs, value });
      sinks.to(audit).push({ key: value, value: Buffer.from(String(nowMs)) });
    }
    for (const [id, { sinceMs, value }] of this.#waiting) {
      if (sinceMs + DELAY_MS > nowMs) break;
      this.#waiting.delete(id);
      sinks.to(out).push({ key: null, value });
      sinks.to(audit).push({ key: value, value: null });
    }
    // What was remembered of this batch is then of one that was never committed.
    if (this.#fails-- > 0) throw new SealstreamError('KEYRING_STALE', {});
  }
}

const valuesOf = async (flow: Flow) => {
  const [records] = await readAll(bus, flow.out, 1);
  return records.map(({ value }) => String(value));
};
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `0:${at}`);

test('what waits leaves when its time has come, though no record comes', async () => {
  const flow = await newFlow(bus, brokers, 1);
  const holding = new Holding(flow);
  const stage = await bus.stage(holding.options());
  await writeNumbered(bus, flow, 20);
  await until(async () => (await valuesOf(flow)).length === 20);
  expect(await valuesOf(flow)).toEqual(numbered(20));
  // Nothing more is wanted, so nothing more is asked.
  const asked = holding.ranges.length;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(holding.ranges.length).toBe(asked);
  await stage.stop();
  const ends = holding.ranges.map((range) => range.split('..'));
  for (const [at, [from]] of ends.entries()) expect(from).toBe(at === 0 ? '0' : ends[at - 1]?.[1]);
});

test('a transform that remembers begins anew from what was committed, after failures and restarts', async () => {
  const flow = await newFlow(bus, brokers, 1);
  const first = new Holding(flow, 2);
  const stage = await bus.stage(first.options());
  await writeNumbered(bus, flow, 20);
  const committed = async () => (await bus.admin.committed(flow.group, flow.source, 0)).offset;
  await until(async () => (await committed()) > 0n);
  await stage.stop();
  expect(first.opened.length).toBe(3);
  expect(first.closed).toEqual([0]);
  const second = new Holding(flow);
  const next = await bus.stage(second.options());
  await until(async () => second.size === 0 && (await valuesOf(flow)).length === 20);
  await next.stop();
  expect(second.opened).toEqual([0]);
  expect(await valuesOf(flow)).toEqual(numbered(20));
});
