import { afterAll, beforeAll, describe, expect } from 'vitest';
import { isDrained, newFlow, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

const PARTITIONS = 48;

let ground: ProxiedBroker;
beforeAll(async () => {
  ground = await proxiedBroker();
});
afterAll(() => ground.close());

describe(`a process that works on ${PARTITIONS} partitions of one broker`, () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, PARTITIONS);
      await writeNumbered(bus, flow, PARTITIONS * 2);
      await client.connect(brokers, `${side}-many`);
      await client.startCopy({ ...flow, batchRecords: 50 });
      await until(() => isDrained(bus, flow));
      const open = proxy.connectionsOf(`${side}-many`);
      await client.stopCopy();
      return open;
    },
    stock: 'holds a connection for each of them',
    shows: (open) => expect(open).toBeGreaterThanOrEqual(PARTITIONS),
    bus: 'holds three connections at most',
    holds: (open) => expect(open).toBeLessThanOrEqual(3),
  });
});

describe('thirty questions at once on a connection that was cut, while the one for fetches stands', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await client.connect(brokers, `${side}-cut`);
      await client.startCopy({ ...flow, batchRecords: 50 });
      await until(async () => (await client.copyState()).partitions === 1);
      const before = proxy.joined;
      proxy.cutAllButFetches();
      await client.askAtOnce(30);
      const made = proxy.joined - before;
      await client.stopCopy();
      return made;
    },
    stock: 'makes a connection for each, and leaves all but one of them open',
    shows: (made) => expect(made).toBeGreaterThan(10),
    bus: 'makes one connection',
    holds: (made) => {
      expect(made).toBeGreaterThan(0);
      expect(made).toBeLessThan(4);
    },
  });
});
