import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { API } from '../kafka-proxy.ts';
import { type Flow, isDrained, newFlow, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';
import { OtherWriter } from './other-writer.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

let ground: ProxiedBroker;
let other: OtherWriter;
beforeAll(async () => {
  ground = await proxiedBroker();
  other = await OtherWriter.connect(ground.brokers);
});
afterAll(async () => {
  await other.stop();
  await ground.close();
});

/** Whether a reader of committed records gets within 2 s what is appended to the output now. */
async function isReadable({ out }: Flow): Promise<boolean> {
  const at = await ground.bus.append(out, 0, [{ key: null, value: Buffer.from('after') }]);
  for (const deadline = Date.now() + 2000; Date.now() < deadline; await sleep(50))
    if ((await ground.bus.admin.offset(out, 0, 'latest')) > at) return true;
  return false;
}

describe('a partition that comes back to a process, after its owner in between died in a transaction', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await writeNumbered(bus, flow, 100);
      await client.connect(brokers, `${side}-owner`);
      const copy = { ...flow, batchRecords: 50 };
      await client.startCopy(copy);
      await until(() => isDrained(bus, flow));
      await client.stopCopy();
      const id = `${flow.group}.${flow.source}.0`;
      const transaction = await other.open(id, flow.group, flow.out);
      await transaction.write('never committed');
      proxy.forget();
      await client.startCopy(copy);
      await until(async () => (await client.copyState()).partitions === 1);
      const inits = proxy.exchanges(`${side}-owner`, API.initProducerId).length;
      const readable = await isReadable(flow);
      await client.stopCopy();
      return { inits, readable };
    },
    stock: 'begins and aborts a transaction without asking for a new epoch, so readers stay behind',
    shows: (outcome) => expect(outcome).toEqual({ inits: 0, readable: false }),
    bus: 'asks for a new epoch before its first fetch, which ends what was open',
    holds: ({ inits, readable }) => {
      expect(readable).toBe(true);
      expect(inits).toBeGreaterThan(0);
    },
  });
});
