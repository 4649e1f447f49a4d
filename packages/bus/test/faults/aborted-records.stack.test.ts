import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import type { Bus } from '../../src/index.ts';
import { connect, newFlow } from '../workers.ts';
import { contrast } from './contrast.ts';
import { OtherWriter } from './other-writer.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;
let other: OtherWriter;
beforeAll(async () => {
  bus = await connect(brokers);
  other = await OtherWriter.connect(brokers);
});
afterAll(() => Promise.all([bus.stop(), other.stop()]));

const newId = () => randomBytes(8).toString('hex');
const append = (topic: string, value: string) =>
  bus.append(topic, 0, [{ key: null, value: Buffer.from(value) }]);

describe('two aborted transactions, of which the later one was aborted first', () => {
  contrast({
    scenario: async (client, side) => {
      const { out } = await newFlow(bus, brokers, 1);
      const [first, second] = [newId(), newId()];
      await (await other.open(first, first, out)).write('aborted 1');
      await (await other.open(second, second, out)).write('aborted 2');
      await other.open(second, second, out);
      await other.open(first, first, out);
      await append(out, 'last');
      await client.connect(brokers, `${side}-order`);
      return client.readCommitted(out, 0n, 'last');
    },
    stock: 'hands out records of one',
    shows: (values) => expect(values).toContain('aborted 1'),
    bus: 'leaves out',
    holds: (values) => expect(values).toEqual(['last']),
  });
});

describe('an aborted record whose key is four zero bytes', () => {
  contrast({
    scenario: async (client, side) => {
      const { out } = await newFlow(bus, brokers, 1);
      const id = newId();
      const transaction = await other.open(id, id, out);
      await transaction.write('aborted 1');
      await transaction.write('aborted 2', Buffer.alloc(4));
      await transaction.write('aborted 3');
      await other.open(id, id, out);
      await append(out, 'last');
      await client.connect(brokers, `${side}-zeros`);
      return client.readCommitted(out, 0n, 'last');
    },
    stock: 'takes for the end of the transaction, and hands out what comes after it',
    shows: (values) => expect(values).toEqual(['aborted 2', 'aborted 3', 'last']),
    bus: 'leaves out with the others',
    holds: (values) => expect(values).toEqual(['last']),
  });
});

describe('a reader that begins inside two transactions that were aborted', () => {
  contrast({
    scenario: async (client, side) => {
      const { out } = await newFlow(bus, brokers, 1);
      const [first, second] = [newId(), newId()];
      await (await other.open(first, first, out)).write('aborted 1');
      const transaction = await other.open(second, second, out);
      await transaction.write('aborted 2');
      await transaction.write('aborted 3');
      await other.open(first, first, out);
      await other.open(second, second, out);
      await append(out, 'last');
      await client.connect(brokers, `${side}-inside`);
      return client.readCommitted(out, 2n, 'last');
    },
    stock: 'hands records of one, since it takes up one transaction for each record',
    shows: (values) => expect(values).toEqual(['aborted 3', 'last']),
    bus: 'hands no record of either',
    holds: (values) => expect(values).toEqual(['last']),
  });
});
