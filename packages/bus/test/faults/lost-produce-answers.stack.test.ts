import { afterAll, beforeAll, describe, expect } from 'vitest';
import { API } from '../kafka-proxy.ts';
import { isDrained, newFlow, readAll, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';
import { type ProxiedBroker, proxiedBroker } from './proxied-broker.ts';

let ground: ProxiedBroker;
beforeAll(async () => {
  ground = await proxiedBroker();
});
afterAll(() => ground.close());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `0:${n}`);

describe('an answer to Produce that is lost inside a transaction', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const flow = await newFlow(bus, brokers, 1);
      await writeNumbered(bus, flow, 400);
      await client.connect(brokers, `${side}-transaction`);
      // Until a client gives up on the batch and aborts: kafkajs after one more try.
      proxy.dropNextAnswer(API.produce, `${side}-transaction`, 2);
      await client.startCopy({ ...flow, batchRecords: 50, producerRetries: 1 });
      await until(() => isDrained(bus, flow));
      await client.stopCopy();
      const [out] = await readAll(bus, flow.out, 1);
      return out.map(({ value }) => value?.toString());
    },
    stock: 'commits the offset past a batch that was never written',
    shows: (copied) => expect(copied).toEqual(numbers(400).slice(50)),
    bus: 'does the batch again, so that each record is there once',
    holds: (copied) => expect(copied).toEqual(numbers(400)),
  });
});

describe('an answer to Produce that is lost outside a transaction', () => {
  contrast({
    scenario: async (client, side) => {
      const { proxy, bus, brokers } = ground;
      const { out } = await newFlow(bus, brokers, 1);
      await client.connect(brokers, `${side}-plain`);
      proxy.dropNextAnswer(API.produce, `${side}-plain`);
      const errors = await client.append(out, { 0: ['once'] });
      expect(errors).toEqual([]);
      const [written] = await readAll(bus, out, 1);
      return written.map(({ value }) => value?.toString());
    },
    stock: 'writes the record twice',
    shows: (written) => expect(written).toEqual(['once', 'once']),
    bus: 'writes the record once',
    holds: (written) => expect(written).toEqual(['once']),
  });
});
