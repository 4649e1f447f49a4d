import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, aPassword, bytesOf, codeOf } from './accounts-fixture.ts';

const ground = new AccountGround(inject('stack').redisUrl);
let accounts: Accounts;
const keep = { keepsAdministrators: true };

beforeAll(async () => {
  accounts = await ground.open();
});
afterAll(() => ground.close());

const make = async (name: string, person = name) => {
  await accounts.users.create({ name, person });
  await accounts.users.grantRole(name, 'administrator', 'test');
};

test('two accounts of one person are one administrator, and that there were two never goes back', async () => {
  const { users } = accounts;
  expect(await users.administrators()).toEqual({ enabled: 0, wereTwo: false });
  await make('ann');
  await make('ann-too', 'ann');
  expect(await users.administrators()).toEqual({ enabled: 1, wereTwo: false });
  // A second account of the same person is nobody's loss.
  await users.disable('ann-too', keep);
  expect(await codeOf(users.disable('ann', keep))).toBe('ADMINISTRATORS_NEEDED');
  await make('ben');
  expect(await users.administrators()).toEqual({ enabled: 2, wereTwo: true });
  await users.disable('ben');
  expect(await users.administrators()).toEqual({ enabled: 1, wereTwo: true });
  await users.enable('ben');
});

test('of two changes at once that would leave one administrator, one is refused', async () => {
  const { users } = accounts;
  await make('cid');
  const codes = await Promise.all([
    codeOf(users.revokeRole('ben', 'administrator', keep)),
    codeOf(users.disable('cid', keep)),
  ]);
  expect(codes.sort()).toEqual(['ADMINISTRATORS_NEEDED', 'none']);
  expect((await users.administrators()).enabled).toBe(2);
});

test('a password that another person set is known as such until the user sets an own one', async () => {
  const { users } = accounts;
  const made = await users.create({
    name: 'dot',
    person: 'dot',
    password: bytesOf(aPassword()),
    by: 'ann',
  });
  expect(made.passwordBy).toBe('ann');
  const own = await users.setPassword('dot', bytesOf(aPassword()), {}, 'dot');
  expect(own.passwordBy).toBeUndefined();
  expect((await users.setPassword('dot', bytesOf(aPassword()), {}, 'ben')).passwordBy).toBe('ben');
  // A command on the machine itself names nobody.
  expect((await users.setPassword('dot', bytesOf(aPassword()))).passwordBy).toBeUndefined();
});
