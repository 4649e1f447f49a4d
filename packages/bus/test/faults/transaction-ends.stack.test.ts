import { afterAll, beforeAll, describe, expect } from 'vitest';
import { API } from '../kafka-proxy.ts';
import { isDrained, newFlow, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

let ground: ProxiedBroker;
beforeAll(async () => {
  ground = await proxiedBroker();
});
afterAll(() => ground.close());

describe('an answer to EndTxn that is lost', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await writeNumbered(bus, flow, 100);
      await client.connect(brokers, `${side}-end`);
      proxy.dropNextAnswer(API.endTxn, `${side}-end`);
      const reasons: string[] = [];
      // Who starts such a consumer again starts it with the producer that the process has.
      for (let starts = 0; starts < 3; starts += 1) {
        await client.startCopy({ ...flow, batchRecords: 50 });
        let ended = '';
        await until(async () => {
          ({ ended } = await client.copyState());
          return ended !== '' || (await isDrained(bus, flow));
        });
        await client.stopCopy();
        if (ended === '') break;
        reasons.push(ended);
      }
      return { reasons, isDrained: await isDrained(bus, flow) };
    },
    stock: 'can use the producer for no further transaction',
    shows: ({ reasons, isDrained }) => {
      expect(isDrained).toBe(false);
      expect(reasons).toHaveLength(3);
      expect(reasons.at(-1)).toMatch(/in state "COMMITTING"/);
    },
    bus: 'goes on where the committed offset stands',
    holds: (outcome) => expect(outcome).toEqual({ reasons: [], isDrained: true }),
  });
});
