import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBus } from '@sealstream/bus';
import { SERVICES } from '@sealstream/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from './running-flow.ts';
import { SecureFlow } from './secure-flow.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

let flow: SecureFlow;
beforeAll(async () => {
  flow = await SecureFlow.open();
}, 600_000);
afterAll(async () => flow?.close());

/** A connection as a user; what refuses it is told within seconds. */
function busOf(user: string) {
  return openBus({
    brokers: [flow.stack.kafkaBrokers],
    clientId: 'test',
    logger,
    connectTimeoutMs: 4_000,
    ssl: { ca: [flow.ca], minVersion: 'TLSv1.2' },
    sasl: {
      mechanism: 'scram-sha-512',
      username: user,
      password: flow.files.kafka[user] ?? '',
    },
  });
}

async function countOf(user: string, topic: string): Promise<number> {
  const bus = await busOf(user);
  try {
    const partitions = await bus.admin.partitionCount(topic);
    const starts = Array.from({ length: partitions }, (_, partition) => {
      return { topic, partition, offset: 'earliest' as const };
    });
    let count = 0;
    for await (const { records } of bus.read({ starts, until: 'end' })) count += records.length;
    return count;
  } finally {
    await bus.stop();
  }
}

test('with the rights of the plan and no other, all services run over TLS and records arrive', async () => {
  // mask signs in with a certificate, all others with a password.
  await Promise.all(
    SERVICES.map((name) =>
      flow.start(name, name === 'mask' ? flow.certificateSettings('mask') : {}),
    ),
  );
  const producer = await busOf('producer');
  const record = {
    first_name: 'Eva',
    last_name: 'Davis',
    ssn: '567-89-0123',
    email: 'e@d.example',
  };
  await producer.append('raw.people', 0, [
    { key: null, value: Buffer.from(JSON.stringify(record)) },
    { key: null, value: Buffer.from('{"ssn":') },
  ]);
  await producer.stop();
  await until(async () => (await countOf('consumer-masked', 'masked.people')) === 1);
  await until(async () => (await countOf('consumer-encrypted', 'encrypted.people')) === 1);
  expect(await countOf('operator', 'rejected.people')).toBe(1);
  await until(async () => (await countOf('operator', 'audit.checkpoints')) > 0);
  const logs = readdirSync(flow.place.logs).map((file) =>
    readFileSync(join(flow.place.logs, file), 'utf8'),
  );
  expect(logs.join('')).not.toMatch(/AUTHORIZATION|KAFKA_REFUSED|REDIS_REFUSED/);
}, 300_000);

test('check says that nothing is missing or too much, and tells what is', async () => {
  const check = () => flow.command('admin', 'kafka', 'acls', 'check');
  expect(await check()).toMatch(/rules, as they should be/);
  const admin = await busOf('admin');
  const [rule] = (await admin.accessRules.all()).filter(({ operation }) => operation === 'delete');
  if (rule === undefined) throw new Error('there is no such rule');
  try {
    const more = { ...rule, principal: 'User:guest' };
    await admin.accessRules.add([more]);
    await until(async () =>
      (await admin.accessRules.all()).some((one) => one.principal === 'User:guest'),
    );
    await expect(check()).rejects.toThrow('ended with 1');
    await admin.accessRules.remove([more, rule]);
    await expect(check()).rejects.toThrow('ended with 1');
    await flow.command('admin', 'kafka', 'acls', 'apply');
    expect(await check()).toMatch(/rules, as they should be/);
  } finally {
    await admin.stop();
  }
}, 120_000);
