import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Accounts, openAccounts } from '../src/accounts.ts';
import type { SignInAnswer, SignInRequest } from '../src/sign-in.ts';
import {
  AccountGround,
  anAddress,
  aPassword,
  bytesOf,
  CHEAP,
  codeOf,
  SECRET,
} from './accounts-fixture.ts';

const { redisUrl } = inject('stack');
const ground = new AccountGround(redisUrl);
const password = aPassword();
const limits = {
  pair: { free: 2, delayMs: 10_000, delayMsMax: 60_000, windowMs: 600_000 },
  address: { free: 6, delayMs: 10_000, delayMsMax: 60_000, windowMs: 600_000 },
  device: { free: 2, delayMs: 10_000, delayMsMax: 60_000, windowMs: 600_000 },
};
const signIn = { secret: SECRET, shedDelayMs: 50, limits };
let accounts: Accounts;
let replica: Accounts;
let count = 0;

const attempt = (
  name: string,
  typed: string,
  more: Partial<SignInRequest> = {},
  by = accounts,
): Promise<SignInAnswer> =>
  by.signIn.withPassword({ name, password: bytesOf(typed), address: anAddress(), ...more });
const wrong = (name: string, more: Partial<SignInRequest> = {}, by = accounts) =>
  attempt(name, 'not the password', more, by);
async function kinds(answers: Promise<SignInAnswer>[]): Promise<string[]> {
  return (await Promise.all(answers)).map(({ kind }) => kind);
}
async function aUser(typed = password): Promise<string> {
  const name = `sign${(count += 1)}`;
  await accounts.users.create({ name, person: name, password: bytesOf(typed) });
  return name;
}
async function cookieOf(name: string): Promise<string> {
  const answer = await attempt(name, password);
  return answer.kind === 'signed-in' ? answer.deviceCookie : expect.unreachable(answer.kind);
}

beforeAll(async () => {
  accounts = await ground.open({ signIn });
  replica = await ground.open({ signIn });
});
afterAll(() => ground.close());

describe('a password', () => {
  test('lets its user in, also with capitals in the name, and tells when that was', async () => {
    const name = await aUser();
    const given = bytesOf(password);
    const request = { name: name.toUpperCase(), password: given, address: anAddress() };
    const answer = await accounts.signIn.withPassword(request);
    expect(answer).toMatchObject({ kind: 'signed-in', user: { name } });
    expect(given.every((byte) => byte === 0)).toBe(true);
    expect((await accounts.users.get(name)).lastUsedMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('is the same however its letters and spaces are composed', async () => {
    const name = await aUser('Zürich\u00a0und\u2003Öl 47x1');
    const answer = await attempt(name, 'Zu\u0308rich und O\u0308l 47x1');
    expect(answer.kind).toBe('signed-in');
    expect((await attempt(name, 'zürich und öl 47x1')).kind).toBe('refused');
  });

  test.each(['unknown', 'with-wrong', 'without', 'disabled', 'NOT A NAME'])(
    'gets the one answer for a user %s',
    async (kind) => {
      const name = kind === 'with-wrong' ? await aUser() : kind;
      if (kind === 'without') await accounts.users.create({ name, person: name });
      if (kind === 'disabled') {
        await accounts.users.create({ name, person: name, password: bytesOf(password) });
        await accounts.users.disable(name);
      }
      const typed = kind === 'with-wrong' ? 'not the password' : password;
      expect(await attempt(name, typed)).toEqual({ kind: 'refused' });
    },
  );

  test.each([[''], ['x'.repeat(100_000)], ['\u0000'.repeat(20)]])(
    'that nobody can have is refused like any other',
    async (typed) => {
      expect(await attempt(await aUser(), typed)).toEqual({ kind: 'refused' });
    },
  );

  test('that is no UTF-8 is refused', async () => {
    const request = { name: await aUser(), password: new Uint8Array([0xff, 0xfe]) };
    const answer = await accounts.signIn.withPassword({ ...request, address: anAddress() });
    expect(answer).toEqual({ kind: 'refused' });
  });

  test('is hashed anew at sign-in once hashes cost more, and opens then, too', async () => {
    const name = await aUser();
    const cost = { ...CHEAP, timeCost: 2 };
    const dearer = await ground.open({ signIn, hashes: { cost } });
    const stored = () => ground.run('GET', ground.keys.user(name));
    expect(await stored()).toContain('$m=64,t=1,p=1$');
    expect((await attempt(name, password, {}, dearer)).kind).toBe('signed-in');
    expect(await stored()).toContain('$m=64,t=2,p=1$');
    expect((await attempt(name, password, {}, dearer)).kind).toBe('signed-in');
    expect((await accounts.users.get(name)).version).toBe(2);
  });

  test('of the defaults is argon2id with 19 MiB, two passes and one lane', async () => {
    const usual = await openAccounts({ redisUrl, prefix: ground.prefix, logger: ground.log });
    const name = 'usual';
    await usual.users.create({ name, person: name, password: bytesOf(password) });
    const stored = await ground.run('GET', ground.keys.user(name));
    expect(stored).toContain('"$argon2id$v=19$m=19456,t=2,p=1$');
    expect(() => usual.signIn).toThrow('CONFIG_INVALID');
    await usual.stop();
  });
});

describe('failures', () => {
  test('make a name wait at its address, longer each time, on every replica', async () => {
    const name = await aUser();
    const address = anAddress();
    const once = (by: Accounts) => wrong(name, { address }, by);
    expect(await kinds([once(accounts)])).toEqual(['refused']);
    expect(await kinds([once(replica)])).toEqual(['refused']);
    expect(await kinds([once(accounts)])).toEqual(['refused']);
    const waits = async () => {
      const answer = await attempt(name, password, { address }, replica);
      return answer.kind === 'throttled' ? answer.retryAfterMs : expect.unreachable(answer.kind);
    };
    expect(await waits()).toBeGreaterThan(9000);
    ground.aheadMs += 10_001;
    expect(await kinds([once(accounts)])).toEqual(['refused']);
    expect(await waits()).toBeGreaterThan(19_000);
    ground.aheadMs += 20_001;
    expect((await attempt(name, password, { address })).kind).toBe('signed-in');
    expect(await kinds([once(accounts)])).toEqual(['refused']);
  });

  test('of one address make nobody wait elsewhere', async () => {
    const name = await aUser();
    const address = anAddress();
    for (let n = 0; n < 3; n += 1) await wrong(name, { address });
    expect((await wrong(name, { address })).kind).toBe('throttled');
    expect((await attempt(name, password)).kind).toBe('signed-in');
  });

  test('are answered in the same way for known and unknown names', async () => {
    const known = await aUser();
    const [here, there] = [anAddress(), anAddress()];
    for (let n = 0; n < 5; n += 1) {
      const one = await wrong(known, { address: here });
      const other = await wrong('no-such-user', { address: there });
      expect(Object.keys(one)).toEqual(Object.keys(other));
      expect(one.kind).toBe(other.kind);
    }
  });

  test('of many names make the address wait, and IPv6 addresses of one /64 are one', async () => {
    const answers: string[] = [];
    // Six are free, the seventh is tried and makes the next wait; the eighth is of another /64.
    for (let n = 1; n <= 8; n += 1) {
      const address = n === 8 ? '2001:db8:1:1::1' : `2001:db8:1:0:${n}::${n}`;
      answers.push((await wrong(`guess${n}`, { address })).kind);
    }
    expect(answers).toEqual(Array(8).fill('refused'));
    expect((await wrong('guess8', { address: '2001:db8:1::ffff' })).kind).toBe('throttled');
  });

  test('are no more than the limit when all come at once', async () => {
    const name = await aUser();
    const address = anAddress();
    const answers = await kinds(
      Array.from({ length: 12 }, (_, n) => wrong(name, { address }, n % 2 ? accounts : replica)),
    );
    expect(answers.filter((kind) => kind === 'refused')).toHaveLength(3);
    expect(answers.filter((kind) => kind === 'throttled')).toHaveLength(9);
  });

  test('stand in Redis under no name and no address, and end by themselves', async () => {
    const address = '203.0.113.77';
    await wrong('canary-typed-name', { address });
    const dump = await ground.dump();
    expect(dump.includes('failures:pair:')).toBe(true);
    expect(dump.includes('canary-typed')).toBe(false);
    expect(dump.includes('203.0.113')).toBe(false);
    const names = (await ground.run('KEYS', `${ground.keys.failures('pair', '')}*`)) as string[];
    for (const name of names) expect(await ground.run('PTTL', name)).toBeGreaterThan(0);
  });
});

describe('a device cookie', () => {
  test('gets its user in while the address is made to wait', async () => {
    const name = await aUser();
    const deviceCookie = await cookieOf(name);
    const address = anAddress();
    for (let n = 0; n < 3; n += 1) await wrong(name, { address });
    expect((await attempt(name, password, { address })).kind).toBe('throttled');
    expect((await attempt(name, password, { address, deviceCookie })).kind).toBe('signed-in');
    expect((await attempt(name, password, { address })).kind).toBe('throttled');
  });

  test('has failures of its own, from whatever address', async () => {
    const name = await aUser();
    const deviceCookie = await cookieOf(name);
    for (let n = 0; n < 3; n += 1)
      expect((await wrong(name, { deviceCookie })).kind).toBe('refused');
    expect((await attempt(name, password, { deviceCookie })).kind).toBe('throttled');
    expect((await attempt(name, password)).kind).toBe('signed-in');
  });

  test.each(['of another name', 'changed', 'too old', 'of another secret'])(
    'that is %s is none',
    async (how) => {
      const name = await aUser();
      let cookie = await cookieOf(how === 'of another name' ? await aUser() : name);
      if (how === 'changed') cookie = `${cookie.slice(0, -3)}AAA`;
      if (how === 'too old') ground.aheadMs += 181 * 86_400_000;
      const elsewhere = { ...signIn, secret: Buffer.alloc(32, 7) };
      const by = how === 'of another secret' ? await ground.open({ signIn: elsewhere }) : accounts;
      const address = anAddress();
      for (let n = 0; n < 3; n += 1) await wrong(name, { address }, by);
      const answer = await attempt(name, password, { address, deviceCookie: cookie }, by);
      expect(answer.kind).toBe('throttled');
      if (how === 'too old') ground.aheadMs -= 181 * 86_400_000;
    },
  );
});

describe('the queue', () => {
  test('sends strangers away after a fixed time, and keeps half of its places for devices', async () => {
    const busy = await ground.open({
      signIn: { ...signIn, shedDelayMs: 300 },
      hashes: { waitingMax: 4, cost: { memoryCost: 32 * 1024, timeCost: 4, parallelism: 1 } },
    });
    const name = await aUser();
    const deviceCookie = await cookieOf(name);
    const begun = performance.now();
    const timed = (answer: Promise<SignInAnswer>) =>
      answer.then(({ kind }) => ({ kind, ms: performance.now() - begun }));
    const strangers = Array.from({ length: 6 }, (_, n) => timed(wrong(`guess${n}`, {}, busy)));
    const known = [1, 2, 3].map(() => timed(attempt(name, password, { deviceCookie }, busy)));
    const shed = (await Promise.all(strangers)).filter(({ kind }) => kind === 'shed');
    expect(shed).toHaveLength(4);
    for (const { ms } of shed) expect(ms).toBeGreaterThan(295);
    const places = (await Promise.all(known)).map(({ kind }) => kind).sort();
    expect(places).toEqual(['shed', 'signed-in', 'signed-in']);
    expect((await wrong('guess', {}, busy)).kind).toBe('refused');
  });

  test('sends away before Redis is asked anything', async () => {
    const full = await ground.open({ signIn, hashes: { waitingMax: 2, cost: CHEAP } });
    const calls = async () =>
      /cmdstat_eval:calls=(\d+)/.exec(String(await ground.run('INFO', 'commandstats')))?.[1];
    const answers = [wrong('one', {}, full)];
    const before = await calls();
    const later = Array.from({ length: 20 }, () => wrong('two', {}, full));
    answers.push(...later);
    const ended = await kinds(answers);
    const shed = ended.filter((kind) => kind === 'shed').length;
    expect(shed).toBeGreaterThan(18);
    expect(Number(await calls()) - Number(before)).toBeLessThanOrEqual(21 - shed);
  });
});

test('a short secret and a Redis that is away are refused at the start', async () => {
  const short = ground.open({ signIn: { secret: Buffer.alloc(31) } });
  expect(await codeOf(short)).toBe('CONFIG_INVALID');
  const away = openAccounts({ redisUrl: 'redis://127.0.0.1:1', logger: ground.log });
  expect(await codeOf(away)).toBe('REDIS_UNREACHABLE');
});
