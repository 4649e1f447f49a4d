import { afterAll, beforeAll, describe, expect } from 'vitest';
import { newFlow, until } from '../workers.ts';
import { contrast } from './contrast.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

const SECONDS = 3;

let ground: ProxiedBroker;
beforeAll(async () => {
  ground = await proxiedBroker();
});
afterAll(() => ground.close());

describe('a stage with nothing to do', () => {
  contrast({
    scenario: async (client, side) => {
      const { bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await client.connect(brokers, `${side}-idle`);
      await client.startCopy({ ...flow, batchRecords: 50 });
      await until(async () => (await client.copyState()).partitions === 1);
      const { wakeUps, warnings } = await client.idle(SECONDS * 1000);
      await client.stopCopy();
      return { perSecond: wakeUps / SECONDS, warnings };
    },
    stock: 'is woken hundreds of times a second, and warned of times in the past',
    shows: ({ perSecond, warnings }) => {
      expect(perSecond).toBeGreaterThan(200);
      expect(warnings).toContain('TimeoutNegativeWarning');
    },
    bus: 'is woken some ten times a second for each connection, by the check for late answers',
    holds: ({ perSecond, warnings }) => {
      expect(warnings).not.toContain('TimeoutNegativeWarning');
      expect(perSecond).toBeLessThan(80);
    },
  });
});
