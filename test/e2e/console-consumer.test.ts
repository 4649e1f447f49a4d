import { type Bus, openBus } from '@sealstream/bus';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTopic } from '../../tools/stack/kafka-tools.ts';
import { consoleConsumer } from '../console-consumer.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const topic = 'console.bytes';
const brokers = inject('stack').kafkaBrokers;
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({ brokers: [brokers], clientId: 'console-test', logger: quiet });
});
afterAll(() => bus.stop());

test('the Java console consumer gives every byte of key, value and headers', async () => {
  await createTopic(brokers, topic, 2);
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const headers: [string, Buffer | null][] = [
    ['a', everyByte],
    ['a', null],
    ['b', Buffer.alloc(0)],
  ];
  await bus.append(topic, 0, [
    { key: everyByte, value: everyByte, headers, timestamp: 1_234_567_890_123n },
    { key: null, value: null, headers: [], timestamp: 1n },
  ]);
  await bus.append(topic, 1, [
    { key: Buffer.from('\\x41null\\'), value: Buffer.alloc(0), headers: [], timestamp: 2n },
  ]);
  const records = await consoleConsumer({ brokers, topic, isolation: 'read_committed' });
  const one = records.find(({ partition }) => partition === 1);
  const [first, second, ...more] = records.filter(({ partition }) => partition === 0);
  expect(more).toEqual([]);
  expect(first?.key).toEqual(everyByte);
  expect(first?.value).toEqual(everyByte);
  expect(first?.headers).toEqual(headers);
  expect(first?.timestamp).toBe(1_234_567_890_123n);
  expect(second).toMatchObject({ offset: 1n, key: null, value: null, headers: [] });
  expect(one?.key).toEqual(Buffer.from('\\x41null\\'));
  expect(one?.value).toEqual(Buffer.alloc(0));
});
