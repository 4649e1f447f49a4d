import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import type { Bus } from '../../src/index.ts';
import { connect, newFlow, until } from '../workers.ts';
import { contrast } from './contrast.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;
beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

describe('a topic that was deleted and made again under its name', () => {
  contrast({
    scenario: async (client, side) => {
      const { out } = await newFlow(bus, brokers, 1);
      await client.connect(brokers, `${side}-again`);
      await until(async () => (await bus.admin.partitionCount(out)) === 1);
      const before = await client.topicIdentity(out);
      await bus.admin.deleteTopic(out);
      await until(async () => (await bus.admin.partitionCount(out)) === 0);
      await until(() => bus.admin.createTopic(out, 1, 1, {}));
      await until(async () => (await bus.admin.partitionCount(out)) === 1);
      const after = await client.topicIdentity(out);
      return { isSame: before === after, before };
    },
    stock: 'takes for the topic that was there before',
    shows: ({ isSame }) => expect(isSame).toBe(true),
    bus: 'tells from the one before by its id',
    holds: ({ isSame, before }) => {
      expect(before).toMatch(/^[0-9a-f]{32}$/);
      expect(isSame).toBe(false);
    },
  });
});
