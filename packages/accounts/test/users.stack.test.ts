import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, aPassword, bytesOf, codeOf } from './accounts-fixture.ts';

const ground = new AccountGround(inject('stack').redisUrl);
let accounts: Accounts;
let other: Accounts;
let count = 0;
const aName = () => `user${(count += 1)}`;
async function aUser(password?: string): Promise<string> {
  const name = aName();
  const given = password === undefined ? {} : { password: bytesOf(password) };
  await accounts.users.create({ name, person: `p-${name}`, ...given });
  return name;
}

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
afterAll(() => ground.close());

describe('a user', () => {
  test('is made without roles, shows no hash, and is not made twice', async () => {
    const name = await aUser(aPassword());
    const user = await other.users.get(name);
    expect(user).toMatchObject({ name, person: `p-${name}`, roles: [], disabled: false });
    expect(user).toMatchObject({ version: 1, hasPassword: true });
    expect(JSON.stringify(user)).not.toContain('argon2');
    const again = { name, person: 'p-2' };
    expect(await codeOf(other.users.create(again))).toBe('ACCOUNT_EXISTS');
    const racing = { name: aName(), person: 'p' };
    const two = [accounts.users.create(racing), other.users.create(racing)].map(codeOf);
    expect((await Promise.all(two)).sort()).toEqual(['ACCOUNT_EXISTS', 'none']);
  });

  test.each([
    'A',
    'Alice',
    'a',
    'a b',
    'a..b',
    '.a',
    'a-',
    '-',
    'a\n',
    'é2',
    'a:b',
    'x'.repeat(65),
  ])('is not made under the name %j, and none is found there', async (name) => {
    expect(await codeOf(accounts.users.create({ name, person: 'p' }))).toBe('ACCOUNT_INVALID');
    expect(await codeOf(accounts.users.get(name))).toBe('ACCOUNT_UNKNOWN');
  });

  test.each(['', 'a\u0007b', 'a\u202eb', 'x'.repeat(201)])(
    'is of no person called %j',
    async (person) => {
      expect(await codeOf(accounts.users.create({ name: aName(), person }))).toBe(
        'ACCOUNT_INVALID',
      );
    },
  );

  test('keeps who gave each role and when; a second grant leaves the first', async () => {
    const name = await aUser();
    const before = Date.now();
    await accounts.users.grantRole(name, 'analyst', 'p-admin');
    const user = await other.users.grantRole(name, 'analyst', 'p-other');
    expect(user.roles).toEqual([
      { role: 'analyst', by: 'p-admin', atMs: expect.any(Number) as number },
    ]);
    expect(user.roles[0]?.atMs).toBeGreaterThanOrEqual(before);
    expect(user.version).toBe(2);
    expect((await accounts.users.revokeRole(name, 'analyst')).roles).toEqual([]);
  });

  test('loses no change of two administrators at the same time', async () => {
    const name = await aUser();
    const roles = Array.from({ length: 8 }, (_, at) => `role${at}`);
    const sides = [accounts, other];
    await Promise.all(
      roles.map((role, at) => sides[at % 2]?.users.grantRole(name, role, 'p-admin')),
    );
    const { roles: given, version } = await accounts.users.get(name);
    expect(given.map(({ role }) => role).sort()).toEqual(roles);
    expect(version).toBe(9);
  });

  test('is changed by nobody who looked at another version', async () => {
    const name = await aUser();
    const seen = { version: 1 };
    await accounts.users.grantRole(name, 'analyst', 'p-admin', seen);
    expect(await codeOf(other.users.disable(name, seen))).toBe('ACCOUNT_CONFLICT');
    expect((await other.users.get(name)).disabled).toBe(false);
    expect((await other.users.disable(name, { version: 2 })).disabled).toBe(true);
  });

  test('is listed once, by name, over pages', async () => {
    const first = await accounts.users.list();
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await accounts.users.list({ cursor, count: 3 });
      names.push(...page.users.map(({ name }) => name));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(first.users.map(({ name }) => name));
    expect(names).toEqual([...names].sort());
    expect(names.length).toBeGreaterThan(3);
  });

  test('that somebody wrote past us is not believed', async () => {
    const name = await aUser();
    await ground.run('SET', ground.keys.user(name), '{"v":1,"name":"root"}');
    expect(await codeOf(accounts.users.get(name))).toBe('ACCOUNT_UNREADABLE');
    await ground.run('DEL', ground.keys.user(name));
  });
});

describe('a new password', () => {
  test.each([
    ['short', 'length'],
    ['password1234', 'guessable'],
    ['aaaaaaaaaaaaaaaa', 'guessable'],
    ['qwertyuiop12', 'guessable'],
    ['\u0007'.repeat(12), 'form'],
    ['x'.repeat(257), 'form'],
    ['', 'form'],
  ])('such as %j is refused, by the rule %s and without a word of it', async (password, rule) => {
    const name = await aUser();
    const error = await accounts.users.setPassword(name, bytesOf(password)).catch(String);
    expect(error).toContain('PASSWORD_REFUSED');
    expect(error).toContain(`rule ${rule}`);
    if (password.length > 8) expect(error).not.toContain(password);
    expect((await accounts.users.get(name)).hasPassword).toBe(false);
  });

  test('that holds the name, or a part of it, is refused', async () => {
    await accounts.users.create({ name: 'alice.miller', person: 'p' });
    for (const text of ['xK9 alice.miller 7q', 'zzMILLERk2h4o8s9', '9rTb alice 4vQw']) {
      const refused = accounts.users.setPassword('alice.miller', bytesOf(text));
      await expect(refused).rejects.toThrow('rule name');
    }
  });

  test('of an unknown user is refused as such', async () => {
    const asked = accounts.users.setPassword('nobody-here', bytesOf(aPassword()));
    expect(await codeOf(asked)).toBe('ACCOUNT_UNKNOWN');
  });
});

describe('the first administrator', () => {
  const fresh = new AccountGround(inject('stack').redisUrl);
  const person = 'p-first';
  afterAll(() => fresh.close());

  test('is made once, by the newest secret, also of two at the same time', async () => {
    const [one, two] = [await fresh.open(), await fresh.open()];
    const { secret: old } = await one.users.createBootstrap();
    const { expiresMs, secret } = await one.users.createBootstrap();
    expect(expiresMs - Date.now()).toBeGreaterThan(59 * 60_000);
    const make = (by: Accounts, name: string, text: string) =>
      by.users.bootstrap(text, { name, person, password: bytesOf(aPassword()) });
    expect(await codeOf(make(one, 'first', old))).toBe('BOOTSTRAP_REFUSED');
    expect(await codeOf(make(one, 'first', 'x'))).toBe('BOOTSTRAP_REFUSED');
    const weak = { name: 'first', person, password: bytesOf('password1234') };
    expect(await codeOf(one.users.bootstrap(secret, weak))).toBe('PASSWORD_REFUSED');
    const both = [make(one, 'first', secret), make(two, 'second', secret)].map(codeOf);
    expect((await Promise.all(both)).sort()).toEqual(['BOOTSTRAP_REFUSED', 'none']);
    const { users } = await one.users.list();
    expect(users).toHaveLength(1);
    expect(users[0]?.roles).toMatchObject([{ role: 'administrator', by: 'bootstrap' }]);
    expect(await codeOf(make(one, 'third', secret))).toBe('BOOTSTRAP_REFUSED');
    expect(await codeOf(one.users.createBootstrap())).toBe('BOOTSTRAP_REFUSED');
  });

  test('is counted while enabled, so that a second can be asked for', async () => {
    const { users } = await fresh.open();
    expect(await users.administrators()).toMatchObject({ enabled: 1 });
    await users.create({ name: 'other', person: 'p-other' });
    await users.grantRole('other', 'administrator', person);
    expect(await users.administrators()).toMatchObject({ enabled: 2 });
    await users.disable('other');
    expect(await users.administrators()).toMatchObject({ enabled: 1 });
    await users.enable('other');
    expect(await users.administrators()).toMatchObject({ enabled: 2 });
    await users.revokeRole('other', 'administrator');
    expect(await users.administrators()).toMatchObject({ enabled: 1 });
  });

  test('is not made by a secret that is older than an hour', async () => {
    const late = new AccountGround(inject('stack').redisUrl);
    late.aheadMs = -3_600_000 + 200;
    const { users } = await late.open();
    const { secret } = await users.createBootstrap();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const order = { name: 'late', person, password: bytesOf(aPassword()) };
    expect(await codeOf(users.bootstrap(secret, order))).toBe('BOOTSTRAP_REFUSED');
    await late.close();
  });
});
