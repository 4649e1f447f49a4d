import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Bus } from '../src/index.ts';
import { KafkaLink } from '../src/kafka-link.ts';
import { alterScramRequest } from '../src/wire/scram-requests.ts';
import { logger } from './quiet-logger.ts';
import { connect } from './workers.ts';

let bus: Bus;
beforeAll(async () => {
  bus = await connect(inject('stack').kafkaBrokers);
});
afterAll(async () => bus?.stop());

const nameOf = () => `user-${randomBytes(4).toString('hex')}`;
const password = () => randomBytes(32).toString('base64url');

test('users with a password are set, listed, and set again', async () => {
  const names = [nameOf(), nameOf()];
  await bus.scramUsers.set(names.map((name) => ({ name, password: password() })));
  const [name = ''] = names;
  await bus.scramUsers.set([{ name, password: password() }]);
  const found = (await bus.scramUsers.all()).filter((one) => names.includes(one.name));
  expect(found.map((one) => one.name).toSorted()).toEqual(names.toSorted());
  expect(found.map(({ mechanisms }) => mechanisms)).toEqual([['SCRAM-SHA-512'], ['SCRAM-SHA-512']]);
});

/** Gives a user a password for SCRAM-SHA-256, as Kafka's own tool can. */
async function giveSha256(name: string): Promise<void> {
  const link = new KafkaLink({ brokers: inject('stack').kafkaBrokers.split(',') }, logger);
  const secret = { salt: randomBytes(32), saltedPassword: randomBytes(32) };
  const credential = { name, mechanism: 1, iterations: 4096, ...secret };
  try {
    await link.connect(30_000);
    const asked = alterScramRequest([], [credential]);
    const { outcomes } = await link.sendTo(await link.anyBroker(), asked);
    expect(outcomes).toEqual([{ name, errorCode: 0 }]);
  } finally {
    await link.stop();
  }
}

const userOf = async (name: string) =>
  (await bus.scramUsers.all()).find((one) => one.name === name) ?? { name, mechanisms: [] };

test('a password that is replaced takes those by other mechanisms along', async () => {
  const name = nameOf();
  await bus.scramUsers.set([{ name, password: password() }]);
  await giveSha256(name);
  await expect
    .poll(() => userOf(name))
    .toMatchObject({
      mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
    });
  await bus.scramUsers.replace(await userOf(name), password());
  await expect.poll(() => userOf(name)).toEqual({ name, mechanisms: ['SCRAM-SHA-512'] });
});

test('a user that is removed has no password by any mechanism, and others keep theirs', async () => {
  const [name, other] = [nameOf(), nameOf()];
  await bus.scramUsers.set([name, other].map((one) => ({ name: one, password: password() })));
  await giveSha256(name);
  await expect.poll(async () => (await userOf(name)).mechanisms.length).toBe(2);
  await bus.scramUsers.remove(await userOf(name));
  await expect.poll(() => userOf(name)).toEqual({ name, mechanisms: [] });
  expect(await userOf(other)).toEqual({ name: other, mechanisms: ['SCRAM-SHA-512'] });
  // A repeat does no harm.
  await bus.scramUsers.remove({ name, mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256'] });
});

test('what the broker does not take is KAFKA_REFUSED with its word', async () => {
  await expect(bus.scramUsers.set([{ name: '', password: password() }])).rejects.toMatchObject({
    code: 'KAFKA_REFUSED',
    place: { refusal: 'UNACCEPTABLE_CREDENTIAL' },
  });
});

test('nothing is asked where there is nobody to set', async () => {
  const before = await bus.scramUsers.all();
  await bus.scramUsers.set([]);
  expect(await bus.scramUsers.all()).toEqual(before);
});
