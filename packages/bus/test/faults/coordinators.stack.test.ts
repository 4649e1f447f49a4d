import { afterAll, beforeAll, describe, expect } from 'vitest';
import { API, type Exchange, FIND_COORDINATOR } from '../kafka-proxy.ts';
import { isDrained, newFlow, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

const TRANSACTIONS = 40;
const CONCURRENT_TRANSACTIONS = 51;

let ground: ProxiedBroker;
beforeAll(async () => {
  ground = await proxiedBroker();
});
afterAll(() => ground.close());

/** Whether AddPartitionsToTxn was refused since the last transaction is still being ended. */
function isBusy({ answer }: Exchange): boolean {
  // A frame's last field is the last partition's error code.
  return answer?.readInt16BE(answer.length - 2) === CONCURRENT_TRANSACTIONS;
}

/** How long the client waited after each such refusal before it asked again. */
function waitsMs(asked: readonly Exchange[]): number[] {
  return asked.flatMap((one, index) => {
    const next = asked[index + 1];
    return isBusy(one) && next !== undefined ? [next.askedAtMs - one.answeredAtMs] : [];
  });
}

describe('transactions one after the other', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await writeNumbered(bus, flow, TRANSACTIONS * 10);
      await client.connect(brokers, `${side}-busy`);
      proxy.forget();
      await client.startCopy({ ...flow, batchRecords: 10 });
      await until(() => isDrained(bus, flow));
      const of = (apiKey: number) => proxy.exchanges(`${side}-busy`, apiKey);
      expect(of(API.endTxn).length).toBeGreaterThanOrEqual(TRANSACTIONS);
      await client.stopCopy();
      return {
        lookUps: of(FIND_COORDINATOR).length,
        waitsMs: waitsMs(of(API.addPartitionsToTxn)),
      };
    },
    stock:
      'looks coordinators up several times in each, and waits for long when one is being ended',
    shows: (outcome) => {
      expect(outcome.lookUps / TRANSACTIONS).toBeGreaterThan(3);
      expect(outcome.waitsMs.length).toBeGreaterThan(0);
      expect(Math.min(...outcome.waitsMs)).toBeGreaterThan(200);
    },
    bus: 'looks coordinators up once in all, and asks again soon when one is being ended',
    holds: (outcome) => {
      expect(outcome.lookUps).toBeLessThan(6);
      expect(outcome.waitsMs.length).toBeGreaterThan(0);
      expect(Math.min(...outcome.waitsMs)).toBeLessThan(100);
    },
  });
});
