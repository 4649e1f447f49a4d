import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, codeOf } from './accounts-fixture.ts';

const DAY = 24 * 3_600_000;
const WHAT = { by: 'ann', why: 'a test' };
let ground: AccountGround;
let accounts: Accounts;

beforeAll(() => {
  ground = new AccountGround(inject('stack').redisUrl);
});
beforeEach(async () => {
  ground.aheadMs = 0;
  accounts ??= await ground.open();
});
afterAll(() => ground.close());

test('what was proposed is given by every replica as it was, and listed without its body', async () => {
  const { expiresMs, id } = await accounts.proposals.put(WHAT, 'a text', DAY);
  const other = await ground.open();
  const whole = { id, expiresMs, document: WHAT, body: 'a text' };
  expect(await other.proposals.get(id)).toEqual(whole);
  expect(await other.proposals.list()).toEqual({
    proposals: [{ id, expiresMs, document: WHAT }],
    refused: [],
  });
});

test('what lapsed, has another form of id or was never there is not given', async () => {
  const { id } = await accounts.proposals.put(WHAT, 'a text', DAY);
  ground.aheadMs = DAY;
  expect(await accounts.proposals.get(id)).toBeUndefined();
  const { proposals } = await accounts.proposals.list();
  expect(proposals.some((one) => one.id === id)).toBe(false);
  for (const other of ['AAAAAAAAAAAA', '', '*', `${id}x`])
    expect(await accounts.proposals.get(other)).toBeUndefined();
});

test('what is amended has another document under its id, and lapses no later than before', async () => {
  const { proposals } = accounts;
  const { expiresMs, id } = await proposals.put(WHAT, 'a text', DAY);
  const withdrawn = { ...WHAT, withdrawn: true };
  const longer = await proposals.amend(id, withdrawn, 2 * DAY);
  expect(longer).toEqual({ id, expiresMs, document: withdrawn });
  expect(await proposals.get(id)).toEqual({ ...longer, body: 'a text' });
  const shorter = await proposals.amend(id, WHAT, DAY / 2);
  expect(shorter.expiresMs).toBeLessThan(expiresMs - DAY / 4);
  expect((await proposals.list()).proposals).toContainEqual(shorter);
  for (const place of [ground.keys.proposal(id), ground.keys.proposalBody(id)]) {
    const leftMs = Number(await ground.run('PTTL', place));
    expect(leftMs).toBeLessThanOrEqual(DAY / 2);
    expect(leftMs).toBeGreaterThan(DAY / 4);
  }
  ground.aheadMs = DAY / 2;
  expect(await proposals.get(id)).toBeUndefined();
  expect(await codeOf(proposals.amend(id, WHAT, DAY))).toBe('PROPOSAL_UNKNOWN');
  expect(await codeOf(proposals.amend('AAAAAAAAAAAA', WHAT, DAY))).toBe('PROPOSAL_UNKNOWN');
});

test('of amendments at the same time each is whole, and what was not kept here is not amended', async () => {
  const { proposals } = accounts;
  const { id } = await proposals.put(WHAT, 'a text', DAY);
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, at) => codeOf(proposals.amend(id, { ...WHAT, at }, DAY))),
  );
  expect(new Set(all).has('none')).toBe(true);
  expect(all.filter((code) => code !== 'none' && code !== 'ACCOUNT_CONFLICT')).toEqual([]);
  expect((await proposals.get(id))?.document).toMatchObject({ at: expect.any(Number) });
  const stranger = await ground.open({ signIn: { secret: randomBytes(32) } });
  const refused = await codeOf(stranger.proposals.amend(id, WHAT, DAY));
  expect(refused).toBe('PROPOSAL_NOT_AUTHENTIC');
});

test('what somebody else wrote to Redis is not given: another text, head, id, end or secret', async () => {
  const { id } = await accounts.proposals.put(WHAT, 'a text', DAY);
  const place = ground.keys.proposal(id);
  const bodyPlace = ground.keys.proposalBody(id);
  const head = String(await ground.run('GET', place));
  const stored = JSON.parse(head) as { text: string; mac: string };
  const isRefused = async (name = id) => {
    expect(await codeOf(accounts.proposals.get(name))).toBe('PROPOSAL_NOT_AUTHENTIC');
    expect((await accounts.proposals.list()).refused).toContain(name);
  };
  const changed = [
    { ...stored, text: stored.text.replace('ann', 'bob') },
    { ...stored, text: stored.text.replace(/"expiresMs":\d+/, '"expiresMs":9007199254740991') },
    { ...stored, mac: randomBytes(32).toString('base64url') },
    { ...stored, mac: '' },
    { ...stored, v: 2 },
    {},
  ];
  for (const one of changed) {
    await ground.run('SET', place, JSON.stringify(one));
    await isRefused();
  }
  await ground.run('SET', place, 'no JSON');
  await isRefused();
  // The same under another id.
  const other = 'BBBBBBBBBBBB';
  await ground.run('SET', ground.keys.proposal(other), head);
  await ground.run('SET', ground.keys.proposalBody(other), 'a text');
  await ground.run('ZADD', ground.keys.proposals, Date.now() + DAY, other);
  await isRefused(other);
  // Another text under the own one: the list does not read it.
  await ground.run('SET', place, head);
  await ground.run('SET', bodyPlace, 'b text');
  expect(await codeOf(accounts.proposals.get(id))).toBe('PROPOSAL_NOT_AUTHENTIC');
  await ground.run('SET', bodyPlace, 'a text');
  expect((await accounts.proposals.get(id))?.body).toBe('a text');
  const stranger = await ground.open({ signIn: { secret: randomBytes(32) } });
  expect(await codeOf(stranger.proposals.get(id))).toBe('PROPOSAL_NOT_AUTHENTIC');
});

test('100 are kept at once, also of many who propose at the same time, and none too large', async () => {
  const own = new AccountGround(inject('stack').redisUrl);
  const { proposals } = await own.open();
  const all = await Promise.allSettled(
    Array.from({ length: 110 }, () => proposals.put(WHAT, 'a text', DAY)),
  );
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
  expect(await codeOf(proposals.put(WHAT, 'a text', DAY))).toBe('TOO_MANY_REQUESTS');
  own.aheadMs = DAY + 1;
  expect(await codeOf(proposals.put(WHAT, 'a text', DAY))).toBe('none');
  const large = 'x'.repeat(4 * 1024 * 1024 + 1);
  expect(await codeOf(proposals.put(WHAT, large, DAY))).toBe('REQUEST_TOO_LARGE');
  expect(await codeOf(proposals.put(large, '', DAY))).toBe('REQUEST_TOO_LARGE');
  await own.close();
});
