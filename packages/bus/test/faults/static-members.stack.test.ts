import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import type { Bus } from '../../src/index.ts';
import { connect, newFlow, until } from '../workers.ts';
import { contrast, startClientOf } from './contrast.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;
beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

describe('a named member that is killed and comes back', () => {
  contrast({
    scenario: async (client, side) => {
      const flow = await newFlow(bus, brokers, 1);
      const copy = { ...flow, batchRecords: 50, sessionMs: 3000 };
      const killed = await startClientOf(side);
      await killed.connect(brokers, `${side}-before`, 'worker-1');
      await killed.startCopy(copy);
      await until(async () => (await killed.copyState()).partitions === 1);
      await killed.stop();
      await client.connect(brokers, `${side}-after`, 'worker-1');
      const started = client.startCopy(copy);
      let most = 0;
      await until(async () => {
        most = Math.max(most, (await bus.admin.members(flow.group)).length);
        return (await client.copyState()).partitions === 1;
      });
      await started;
      await client.stopCopy();
      return most;
    },
    stock: 'does not name itself, so the group waits for the one that is dead',
    shows: (most) => expect(most).toBe(2),
    bus: 'takes its own place',
    holds: (most) => expect(most).toBe(1),
  });
});
