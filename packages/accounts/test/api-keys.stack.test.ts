import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, codeOf } from './accounts-fixture.ts';

const DAY = 86_400_000;
const ground = new AccountGround(inject('stack').redisUrl);
const scopes = { actions: ['reveal'], datasets: ['people'] };
let accounts: Accounts;
let other: Accounts;
let count = 0;

async function aKey(lifeMs = DAY) {
  const owner = `owner${(count += 1)}`;
  await accounts.users.create({ name: owner, person: owner });
  const made = await accounts.apiKeys.create({ owner, name: 'a job', scopes, lifeMs });
  return { owner, ...made };
}
async function why(text: string): Promise<string> {
  const verdict = await other.apiKeys.verify(text);
  return verdict.kind === 'valid' ? 'valid' : verdict.why;
}
const evals = async () => {
  const text = String(await ground.run('INFO', 'commandstats'));
  return Number(/cmdstat_eval:calls=(\d+)/.exec(text)?.[1]);
};

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

describe('an API key', () => {
  test('has its form, ends in the CRC-32 of the rest, and names owner, scopes and roles', async () => {
    const { key, owner, text } = await aKey();
    expect(text).toMatch(/^ssk_[0-9A-Za-z]{12}_[\w-]{43}_[0-9a-f]{8}$/);
    const crc = crc32(text.slice(0, -9)).toString(16).padStart(8, '0');
    expect(text.slice(-8)).toBe(crc);
    await accounts.users.grantRole(owner, 'analyst', 'p');
    const verdict = await other.apiKeys.verify(text);
    expect(verdict).toMatchObject({ kind: 'valid', key: { id: key.id, name: 'a job', scopes } });
    expect(verdict).toMatchObject({ owner: { name: owner, roles: [{ role: 'analyst' }] } });
    expect(JSON.stringify(await other.apiKeys.list({ owner }))).not.toContain(text.slice(17, 60));
  });

  test('with a typo is told without Redis', async () => {
    const { text } = await aKey();
    const before = await evals();
    for (let at = 0; at < text.length; at += 1) {
      const typo = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      expect(await why(typo)).toBe('form');
    }
    expect(await why(`${text} `)).toBe('form');
    expect((await evals()) - before).toBe(0);
    expect(await why(text)).toBe('valid');
    expect((await evals()) - before).toBe(1);
  });

  test('with another secret or an id that is not there is unknown', async () => {
    const { key } = await aKey();
    for (const id of [key.id, 'aaaaaaaaaaaa']) {
      const begin = `ssk_${id}_${randomBytes(32).toString('base64url')}`;
      const crc = crc32(begin).toString(16).padStart(8, '0');
      expect(await why(`${begin}_${crc}`)).toBe('unknown');
    }
  });

  test('is refused once it is revoked, expired, or its owner is disabled', async () => {
    const one = await aKey();
    expect((await accounts.apiKeys.revoke(one.key.id)).revokedMs).toBeGreaterThan(0);
    const again = await accounts.apiKeys.revoke(one.key.id);
    expect(again.revokedMs).toBe((await other.apiKeys.get(one.key.id)).revokedMs);
    expect(await why(one.text)).toBe('revoked');
    const two = await aKey();
    ground.aheadMs = DAY + 1;
    expect(await why(two.text)).toBe('expired');
    ground.aheadMs = 0;
    const three = await aKey();
    await accounts.users.disable(three.owner);
    expect(await why(three.text)).toBe('owner-gone');
    await accounts.users.enable(three.owner);
    expect(await why(three.text)).toBe('valid');
  });

  test('tells when it was last used, to the minute', async () => {
    const { key, text } = await aKey();
    const used = async () => (await other.apiKeys.get(key.id)).lastUsedMs;
    expect(await used()).toBeUndefined();
    await why(text);
    const first = await used();
    ground.aheadMs = 30_000;
    await why(text);
    expect(await used()).toBe(first);
    ground.aheadMs = 61_000;
    await why(text);
    expect(await used()).toBeGreaterThan((first ?? 0) + 60_000);
  });

  test.each([
    [{ lifeMs: 0 }, 'ACCOUNT_INVALID'],
    [{ lifeMs: 367 * DAY }, 'ACCOUNT_INVALID'],
    [{ scopes: { actions: [], datasets: ['people'] } }, 'ACCOUNT_INVALID'],
    [{ scopes: { actions: ['reveal'], datasets: [] } }, 'ACCOUNT_INVALID'],
    [{ name: '' }, 'ACCOUNT_INVALID'],
    [{ owner: 'no-such-user' }, 'ACCOUNT_UNKNOWN'],
    [{ owner: 'No' }, 'ACCOUNT_INVALID'],
  ])('is not made with %j', async (wrong, code) => {
    const { owner } = await aKey();
    const order = { owner, name: 'a job', scopes, lifeMs: DAY, ...wrong };
    expect(await codeOf(accounts.apiKeys.create(order))).toBe(code);
  });

  test('is one of a thousand of its owner at most, so that nobody fills Redis with theirs', async () => {
    const { key, owner } = await aKey();
    const order = { owner, name: 'a job', scopes, lifeMs: DAY };
    const more = (count: number) =>
      Promise.all(Array.from({ length: count }, () => codeOf(accounts.apiKeys.create(order))));
    expect(new Set(await more(990))).toEqual(new Set(['none']));
    const last = await more(20);
    expect(last.filter((code) => code === 'none')).toHaveLength(9);
    expect(last.filter((code) => code === 'TOO_MANY_REQUESTS')).toHaveLength(11);
    // One that was taken back is still listed; what is forgotten makes room; others are not in the way.
    await accounts.apiKeys.revoke(key.id);
    expect(await more(1)).toEqual(['TOO_MANY_REQUESTS']);
    expect(await codeOf(aKey())).toBe('none');
    ground.aheadMs = 32 * DAY;
    expect(await more(1)).toEqual(['none']);
  });

  test('of an unknown id cannot be revoked', async () => {
    for (const id of ['aaaaaaaaaaaa', '', '../x'])
      expect(await codeOf(accounts.apiKeys.revoke(id))).toBe('ACCOUNT_UNKNOWN');
  });

  test('is listed once over pages, and by owner', async () => {
    const { key, owner } = await aKey();
    const idsOf = async (asked: { readonly owner?: string; readonly count?: number }) => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await other.apiKeys.list({ ...asked, cursor });
        ids.push(...page.keys.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return ids;
    };
    const ids = await idsOf({ count: 2 });
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(key.id);
    // Pages are of all keys: one of them may have none of this owner.
    expect(await idsOf({ owner })).toEqual([key.id]);
  });
});
