import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, aPassword, bytesOf, codeOf } from './accounts-fixture.ts';

const MINUTE = 60_000;
const ground = new AccountGround(inject('stack').redisUrl);
const from = { address: '10.0.0.1', deviceLabel: 'a test' };
let accounts: Accounts;
let other: Accounts;
let count = 0;

async function aUser(): Promise<string> {
  const name = `of${(count += 1)}`;
  await accounts.users.create({ name, person: name });
  return name;
}
const started = async (name?: string) => accounts.sessions.startFor(name ?? (await aUser()), from);
async function why(token: string): Promise<string> {
  const checked = await other.sessions.check(token);
  return checked.kind === 'valid' ? 'valid' : checked.why;
}
async function renewed(token: string, by = accounts) {
  const answer = await by.sessions.refresh(token);
  return answer.kind === 'renewed' ? answer.tokens : answer.why;
}

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

describe('an access token', () => {
  test('is checked by every replica, with the roles of that moment', async () => {
    const name = await aUser();
    const { access } = await started(name);
    const roles = async () => {
      const checked = await other.sessions.check(access);
      return checked.kind === 'valid' ? checked.user.roles.map(({ role }) => role) : checked.why;
    };
    expect(await roles()).toEqual([]);
    await accounts.users.grantRole(name, 'analyst', 'p');
    expect(await roles()).toEqual(['analyst']);
    await accounts.users.revokeRole(name, 'analyst');
    expect(await roles()).toEqual([]);
  });

  test('costs one command of Redis', async () => {
    const { access } = await started();
    const calls = async () => {
      const text = String(await ground.run('INFO', 'commandstats'));
      return Number(/cmdstat_eval:calls=(\d+)/.exec(text)?.[1]);
    };
    const before = await calls();
    for (let n = 0; n < 10; n += 1) expect(await why(access)).toBe('valid');
    expect((await calls()) - before).toBe(10);
  });

  test('holds five minutes and no longer', async () => {
    const { access, accessExpiresMs } = await started();
    expect(Math.abs(accessExpiresMs - Date.now() - 5 * MINUTE)).toBeLessThan(5000);
    ground.aheadMs = 5 * MINUTE - 5000;
    expect(await why(access)).toBe('valid');
    ground.aheadMs = 5 * MINUTE + 1;
    expect(await why(access)).toBe('expired');
  });

  test.each(['', 'x', 'ssa_', 'ssa_aaaaaaaaaaaa_'])('is not %j', async (text) => {
    expect(await why(text)).toBe('form');
  });

  test('of a known session with another secret is unknown', async () => {
    const [one, two] = [await started(), await started()];
    const mixed = `ssa_${one.id}_${two.access.slice(-43)}`;
    expect(await why(mixed)).toBe('unknown');
    expect(await why(one.refresh)).toBe('form');
  });
});

describe('a refresh token', () => {
  test('gives new tokens once, and the ones before hold no more', async () => {
    const first = await started();
    const second = await renewed(first.refresh);
    if (typeof second === 'string') expect.unreachable(second);
    expect(await why(first.access)).toBe('unknown');
    expect(await why(second.access)).toBe('valid');
    expect(second.id).toBe(first.id);
  });

  test('used a second time ends the whole session', async () => {
    const first = await started();
    const second = await renewed(first.refresh);
    if (typeof second === 'string') expect.unreachable(second);
    const third = await renewed(second.refresh);
    if (typeof third === 'string') expect.unreachable(third);
    expect(await renewed(first.refresh, other)).toBe('reused');
    expect(await why(third.access)).toBe('unknown');
    expect(await renewed(third.refresh)).toBe('unknown');
  });

  test('used twice at the same moment gives tokens once at most, and ends the session', async () => {
    for (let round = 0; round < 20; round += 1) {
      const first = await started();
      const both = [renewed(first.refresh), renewed(first.refresh, other)];
      const answers = await Promise.all(both);
      const given = answers.filter((answer) => typeof answer !== 'string');
      expect(given.length).toBeLessThanOrEqual(1);
      expect(answers).toContain('reused');
      for (const { access, refresh } of given) {
        expect(await why(access)).toBe('unknown');
        expect(await renewed(refresh)).toBe('unknown');
      }
    }
  });

  test('of somebody who knows the id of the session alone ends nothing', async () => {
    const [mine, theirs] = [await started(), await started()];
    const forged = theirs.refresh.replace(theirs.id, mine.id);
    expect(await renewed(forged)).toBe('unknown');
    expect(await why(mine.access)).toBe('valid');
  });

  test('ends after thirty minutes without use, and after twelve hours however used', async () => {
    const first = await started();
    ground.aheadMs = 30 * MINUTE + 1;
    expect(await renewed(first.refresh)).toBe('expired');
    ground.aheadMs = 0;
    let tokens = await started();
    for (let at = 29; at < 12 * 60; at += 29) {
      ground.aheadMs = at * MINUTE;
      const next = await renewed(tokens.refresh);
      if (typeof next === 'string') expect.unreachable(next);
      tokens = next;
      expect(tokens.accessExpiresMs).toBeLessThanOrEqual(Date.now() + 12 * 60 * MINUTE);
    }
    ground.aheadMs = 12 * 60 * MINUTE + 1;
    expect(await renewed(tokens.refresh)).toBe('expired');
  });
});

describe('a session', () => {
  test('is listed with its device and address, and is ended alone or with all others', async () => {
    const name = await aUser();
    const [one, two, three] = [await started(name), await started(name), await started(name)];
    const listed = await other.sessions.list(name);
    expect(listed.map(({ id }) => id).sort()).toEqual([one.id, two.id, three.id].sort());
    expect(listed[0]).toMatchObject({ user: name, device: 'a test', address: '10.0.0.1' });
    expect(JSON.stringify(listed)).not.toContain(one.access.slice(-43));
    expect(await other.sessions.signOut(one.access)).toBe(true);
    expect(await other.sessions.signOut(one.access)).toBe(false);
    expect(await other.sessions.end(await aUser(), two.id)).toBe(false);
    expect(await other.sessions.end(name, two.id)).toBe(true);
    expect((await accounts.sessions.list(name)).map(({ id }) => id)).toEqual([three.id]);
    expect(await accounts.sessions.signOutAll(name)).toBe(1);
    expect(await why(three.access)).toBe('unknown');
    expect(await accounts.sessions.list(name)).toEqual([]);
  });

  test('ends when its user gets another password or is disabled, and not by being enabled', async () => {
    const name = await aUser();
    const one = await started(name);
    await accounts.users.setPassword(name, bytesOf(aPassword()));
    expect(await why(one.access)).toBe('unknown');
    const two = await started(name);
    await accounts.users.disable(name);
    expect(await why(two.access)).toBe('unknown');
    await accounts.users.enable(name);
    expect(await why(two.access)).toBe('unknown');
    expect(await renewed(two.refresh)).toBe('unknown');
    expect(await codeOf(accounts.sessions.startFor('no-such-user', from))).toBe('SIGN_IN_REFUSED');
  });

  test('that begins while its user is disabled is refused, whichever came first', async () => {
    const name = await aUser();
    // What sign-in looked at before the change.
    const seen = { name, epoch: 1 };
    await accounts.users.disable(name);
    const late = await accounts.sessions.start(seen, from);
    expect(await why(late.access)).toBe('user-gone');
    expect(await renewed(late.refresh)).toBe('user-gone');
    await accounts.users.enable(name);
    expect(await why(late.access)).toBe('user-gone');
    expect(await accounts.sessions.list(name)).toEqual([]);
  });

  test('of a disabled user does not begin', async () => {
    const name = await aUser();
    await accounts.users.disable(name);
    expect(await codeOf(accounts.sessions.startFor(name, from))).toBe('SIGN_IN_REFUSED');
  });

  test('beyond a hundred of one user ends the one that would end first', async () => {
    const name = await aUser();
    const tokens = [];
    for (let n = 0; n < 101; n += 1) {
      ground.aheadMs = n;
      tokens.push(await started(name));
    }
    expect(await accounts.sessions.list(name)).toHaveLength(100);
    expect(await why(tokens[0]?.access ?? '')).toBe('unknown');
    expect(await why(tokens[100]?.access ?? '')).toBe('valid');
  });
});
