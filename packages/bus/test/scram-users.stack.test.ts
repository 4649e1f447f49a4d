import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Bus } from '../src/index.ts';
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
