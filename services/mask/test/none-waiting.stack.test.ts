import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { datasetOf, parsePolicy } from '@sealstream/policy';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { requireNoneWaiting } from '../src/none-waiting.ts';

const stack = inject('stack');
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const policy = readFileSync(
  join(import.meta.dirname, '../../../examples/people/sealstream.yaml'),
  'utf8',
);
const dataset = datasetOf(parsePolicy(policy, 'p'), 'people');
const topic = 'mask.state.people';
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'test',
    namePrefix: `waiting-${randomBytes(4).toString('hex')}.`,
    logger,
  });
});
afterAll(() => bus.stop());

test('mask does not start without groups while a record still waits for one; counts wait for nothing', async () => {
  const put = (key: string, value: Buffer | null) =>
    bus.append(topic, 0, [{ key: Buffer.from(key), value }]);
  await requireNoneWaiting(bus, dataset);
  await bus.admin.createTopic(topic, 1, 1, { 'cleanup.policy': 'compact' });
  await requireNoneWaiting(bus, dataset);
  await put('a', Buffer.from('sealed'));
  await put('b', Buffer.from('sealed'));
  await put('a', null);
  await expect(requireNoneWaiting(bus, dataset)).rejects.toMatchObject({
    code: 'GROUPS_WAITING',
    place: { topic, records: 1 },
  });
  await put('b', null);
  const count = Buffer.concat([Buffer.of(1), randomBytes(16)]);
  await bus.append(topic, 0, [{ key: count, value: Buffer.from('sealed') }]);
  await requireNoneWaiting(bus, dataset);
});
