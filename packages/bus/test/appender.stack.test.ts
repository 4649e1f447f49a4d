import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { openStack } from '../../../tools/stack/stack.ts';
import type { Bus } from '../src/index.ts';
import { connect, newFlow, readAll } from './workers.ts';

const { kafkaBrokers: brokers, name } = inject('stack');
let bus: Bus;

beforeEach(async () => {
  bus = await connect(brokers);
});
afterEach(() => bus.stop());

it('an append that begins while no broker answers is written once one does', async () => {
  const stack = openStack(name);
  const { out } = await newFlow(bus, brokers, 1);
  await stack.kill('kafka');
  const written = bus.append(out, 0, [{ key: null, value: Buffer.from('first') }]);
  const early = await Promise.race([written, new Promise((resolve) => setTimeout(resolve, 500))]);
  expect(early).toBeUndefined();
  await stack.start('kafka');
  expect(await written).toBe(0n);
  const [records] = await readAll(bus, out, 1);
  expect(records.map(({ value }) => value?.toString())).toEqual(['first']);
}, 60_000);
