import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import type { Begun } from '../src/idempotency.ts';
import { AccountGround, codeOf } from './accounts-fixture.ts';

const DAY = 24 * 3_600_000;
const ground = new AccountGround(inject('stack').redisUrl);
let accounts: Accounts;
let other: Accounts;
let count = 0;
const aRequest = () => ({ caller: 'ann', key: `key-${(count += 1)}`, request: 'make a user' });
const isFirst = (begun: Begun) => (begun.kind === 'first' ? begun : expect.unreachable(begun.kind));

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

test('of many at once, of all replicas, one is the first', async () => {
  const request = aRequest();
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 ? accounts : other).idempotency.begin(request)),
  );
  expect(all.filter(({ kind }) => kind === 'first')).toHaveLength(1);
  expect(all.filter(({ kind }) => kind === 'running')).toHaveLength(19);
});

test('what was done is answered again, and for another request or caller it is not the same', async () => {
  const request = aRequest();
  const answer = { status: 201, body: '{"name":"gus"}', id: 'gus' };
  await isFirst(await accounts.idempotency.begin(request)).finish(answer);
  expect(await other.idempotency.begin(request)).toEqual({ kind: 'done', answer });
  const changed = { ...request, request: 'make another' };
  expect(await other.idempotency.begin(changed)).toEqual({ kind: 'other-request' });
  expect((await other.idempotency.begin({ ...request, caller: 'ben' })).kind).toBe('first');
});

test('what was given up may be begun again, and what was begun and never finished may not for a day', async () => {
  const request = aRequest();
  await isFirst(await accounts.idempotency.begin(request)).giveUp();
  const begun = isFirst(await accounts.idempotency.begin(request));
  expect((await accounts.idempotency.begin(request)).kind).toBe('running');
  await begun.finish({ status: 201, body: '{}' });
  // Too late: what is finished stays.
  await begun.giveUp();
  expect((await accounts.idempotency.begin(request)).kind).toBe('done');
});

test('an answer without a body or with a long one is kept as done alone', async () => {
  for (const body of [undefined, `"${'x'.repeat(16 * 1024)}"`]) {
    const request = aRequest();
    const answer = { status: 201, ...(body === undefined ? {} : { body }), id: 'k' };
    await isFirst(await accounts.idempotency.begin(request)).finish(answer);
    expect(await accounts.idempotency.begin(request)).toEqual({
      kind: 'done',
      answer: { status: 201, id: 'k' },
    });
  }
});

test('of one caller a thousand are held within a day, and then more again', async () => {
  const begin = (key: string) => accounts.idempotency.begin({ caller: 'eve', key, request: 'r' });
  const keys = Array.from({ length: 1000 }, (_, at) => `key-${at}`);
  await Promise.all(keys.map(begin));
  expect((await begin('one-more')).kind).toBe('full');
  expect((await accounts.idempotency.begin(aRequest())).kind).toBe('first');
  ground.aheadMs = DAY + 1;
  expect((await begin('one-more')).kind).toBe('first');
});

test('of a request, which may hold a password, nothing stands in Redis', async () => {
  const request = { ...aRequest(), request: 'canary-4711-password' };
  await isFirst(await accounts.idempotency.begin(request)).finish({ status: 201, body: '"seen"' });
  const held = (await ground.dump()).toString();
  expect(held).toContain('seen');
  for (const text of ['canary-4711', request.key]) expect(held).not.toContain(text);
  // With another secret it is another digest: none that everybody could make.
  const stranger = await ground.open({ signIn: { secret: new Uint8Array(32) } });
  expect((await stranger.idempotency.begin(request)).kind).toBe('first');
});

test('what is none of ours in Redis is an error, and nothing is done', async () => {
  const request = aRequest();
  await accounts.idempotency.begin(request);
  const names = (await ground.run('KEYS', `${ground.prefix}accounts:idempotency:*`)) as string[];
  for (const name of names) await ground.run('SET', name, '{"v":1}');
  expect(await codeOf(accounts.idempotency.begin(request))).toBe('ACCOUNT_UNREADABLE');
});
