import { randomBytes } from 'node:crypto';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { QUICK_BROKER } from '../../../../tools/stack/kafka.ts';
import { type Stack, startStack } from '../../../../tools/stack/stack.ts';
import type { Bus } from '../../src/index.ts';
import { API, KafkaProxy } from '../kafka-proxy.ts';
import { connect, readAll, until } from '../workers.ts';
import { contrast } from './contrast.ts';

let stack: Stack;
let proxies: KafkaProxy[];
let brokers: string;
let admin: Admin;
let bus: Bus;

beforeAll(async () => {
  proxies = await Promise.all([1, 2, 3].map(() => KafkaProxy.listen(0)));
  const advertised = proxies.map(({ port }) => `127.0.0.1:${port}`);
  stack = await startStack({
    name: `test-${process.pid}-three`,
    kind: 'java',
    forPid: process.pid,
    brokers: 3,
    advertised,
    kafkaProperties: QUICK_BROKER,
  });
  for (const [index, address] of stack.kafkaBrokers.split(',').entries())
    proxies[index].forwardTo(Number(address.slice(address.lastIndexOf(':') + 1)));
  brokers = advertised.join();
  const { Kafka, logLevel } = kafkajs;
  admin = new Kafka({ brokers: advertised, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  bus = await connect(brokers);
});
afterAll(async () => {
  await Promise.all([bus.stop(), admin.disconnect()]);
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await stack.stop({ purge: true });
});

/** The broker that leads each partition, as `1,2`. */
async function leadersOf(topic: string): Promise<string> {
  const [found] = await bus.admin.topics([topic]);
  const partitions = (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
  return partitions.map(({ leader }) => leader).join();
}

/** A topic whose partition 0 is on broker 1, and partition 1 on broker 2. */
async function newTopic(): Promise<string> {
  const topic = `spread.${randomBytes(5).toString('hex')}`;
  const replicaAssignment = [1, 2].map((node, partition) => ({ partition, replicas: [node] }));
  const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
  await admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] });
  await until(async () => (await leadersOf(topic)) === '1,2');
  return topic;
}

async function valuesOf(topic: string): Promise<string[][]> {
  const all = await readAll(bus, topic, 2);
  return all.map((records) => records.map(({ value }) => value?.toString() ?? ''));
}

describe('a partition that moves to a broker which has just acknowledged another one', () => {
  contrast({
    scenario: async (client, side) => {
      const topic = await newTopic();
      await client.connect(brokers, `${side}-moved`);
      const held = proxies[1].holdNextRequest(API.produce, `${side}-moved`);
      const appended = client.append(topic, { 0: ['first'], 1: ['second'] });
      await held.came;
      const partitionAssignment = [{ partition: 1, replicas: [1] }];
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
      await until(async () => (await leadersOf(topic)) === '1,1');
      held.release();
      return { errors: await appended, values: await valuesOf(topic) };
    },
    stock: 'says is written, and never sends it',
    shows: (outcome) => expect(outcome).toEqual({ errors: [], values: [['first'], []] }),
    bus: 'is written to where it moved',
    holds: (outcome) => expect(outcome).toEqual({ errors: [], values: [['first'], ['second']] }),
  });
});

describe('records for a slow broker, while another one fails', () => {
  contrast({
    scenario: async (client, side) => {
      const topic = await newTopic();
      await client.connect(brokers, `${side}-slow`);
      proxies[0].loseNextRequest(API.produce, `${side}-slow`);
      proxies[1].delayNextAnswer(API.produce, `${side}-slow`, 1500);
      const errors = await client.append(topic, { 0: ['first'], 1: ['second'] });
      return { errors, values: await valuesOf(topic) };
    },
    stock: 'writes twice',
    shows: ({ errors, values }) => {
      expect(errors).toEqual([]);
      expect(values).toEqual([['first'], ['second', 'second']]);
    },
    bus: 'writes once',
    holds: (outcome) => expect(outcome).toEqual({ errors: [], values: [['first'], ['second']] }),
  });
});
