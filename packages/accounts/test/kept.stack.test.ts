import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findKeys } from '../../keyring/test/process-memory.ts';
import { KeptLog } from '../../keyring/test/keyring-fixture.ts';
import { OwnRedis } from '../../keyring/test/redis-fixture.ts';
import { type Accounts, openAccounts } from '../src/accounts.ts';
import { anAddress, bytesOf, CHEAP, codeOf, SECRET } from './accounts-fixture.ts';

const log = new KeptLog();
const scopes = { actions: ['reveal'], datasets: ['people'] };
const pair = { free: 5, delayMs: 60_000, delayMsMax: 60_000, windowMs: 60_000 };
let redis: OwnRedis;
let accounts: Accounts;

const open = () =>
  openAccounts({
    redisUrl: redis.url,
    logger: log,
    hashes: { cost: CHEAP },
    signIn: { secret: SECRET, limits: { pair } },
  });
async function everything(): Promise<Buffer> {
  const names = (await redis.run('KEYS', '*')) as string[];
  const held = names.map(async (name) => {
    const isList = (await redis.run('TYPE', name)) === 'zset';
    return `${name} ${String(await (isList ? redis.run('ZRANGE', name, 0, -1) : redis.run('GET', name)))}`;
  });
  return Buffer.from((await Promise.all(held)).join('\n'));
}

beforeAll(async () => {
  redis = await OwnRedis.start();
  accounts = await open();
});
afterAll(async () => {
  await accounts.stop();
  await redis.remove();
});

test('no secret stands in Redis or in a log in any form, and what is looked for would be found', async () => {
  const password = `Canary ${randomBytes(15).toString('hex')}`;
  const { secret } = await accounts.users.createBootstrap();
  const first = { name: 'first', person: 'p-first', password: bytesOf(password) };
  await accounts.users.bootstrap(secret, first);
  const wanted = { owner: 'first', name: 'a job', scopes, lifeMs: 60_000 };
  const { text } = await accounts.apiKeys.create(wanted);
  const request = { name: 'first', password: bytesOf(password), address: anAddress() };
  const answer = await accounts.signIn.withPassword(request);
  if (answer.kind !== 'signed-in') expect.unreachable(answer.kind);
  await accounts.signIn.withPassword({ ...request, password: bytesOf('canary-mistyped-one') });
  const { deviceCookie, session } = answer;
  const from = (value: string) => Buffer.from(value, 'base64url');
  const secrets = new Map<string, Buffer>([
    ['password', Buffer.from(password)],
    ['mistyped', Buffer.from('canary-mistyped-one')],
    ['bootstrap', from(secret)],
    ['api key', from(text.slice(17, 60))],
    ['access token', from(session.access.slice(-43))],
    ['refresh token', from(session.refresh.slice(-43))],
    ['family', from(session.refresh.slice(17, 60))],
    ['device cookie', from(deviceCookie.slice(-43))],
    ['secret', SECRET],
  ]);
  const holding = [await everything(), Buffer.from(log.lines.join('\n'))];
  expect(holding[0]?.includes('$argon2id$')).toBe(true);
  expect(findKeys(secrets, holding)).toEqual([]);
  // The same search sees them where they are put.
  for (const [name, value] of secrets) {
    await redis.run('SET', `planted ${name} hex`, value.toString('hex'));
    await redis.run('SET', `planted ${name} base64`, value.toString('base64'));
    await redis.run('SET', `planted ${value.toString('base64url')}`, 'x');
  }
  await redis.run('SET', 'planted plain', password);
  const found = findKeys(secrets, [await everything()]);
  for (const name of secrets.keys())
    for (const form of ['hex', 'base64', 'base64url']) expect(found).toContain(`${name} ${form}`);
  expect(found).toContain('password raw');
  await redis.run('FLUSHALL');
});

test('users, keys, sessions and counters outlive a Redis that is killed, and nobody gets in meanwhile', async () => {
  const password = `Canary ${randomBytes(15).toString('hex')}`;
  await accounts.users.create({ name: 'kept', person: 'p', password: bytesOf(password) });
  const wanted = { owner: 'kept', name: 'a job', scopes, lifeMs: 60_000 };
  const { text } = await accounts.apiKeys.create(wanted);
  const address = anAddress();
  const attempt = (typed: string, from = address) =>
    accounts.signIn.withPassword({ name: 'kept', password: bytesOf(typed), address: from });
  const answer = await attempt(password);
  if (answer.kind !== 'signed-in') expect.unreachable(answer.kind);
  for (let n = 0; n < 6; n += 1) expect((await attempt('wrong password')).kind).toBe('refused');
  await redis.stop();
  await expect
    .poll(() => codeOf(accounts.sessions.check(answer.session.access)))
    .toBe('REDIS_UNREACHABLE');
  expect(await codeOf(accounts.apiKeys.verify(text))).toBe('REDIS_UNREACHABLE');
  expect(await codeOf(attempt(password, anAddress()))).toBe('REDIS_UNREACHABLE');
  await redis.restart();
  await expect
    .poll(() => accounts.sessions.check(answer.session.access).then(({ kind }) => kind, String))
    .toBe('valid');
  expect((await accounts.apiKeys.verify(text)).kind).toBe('valid');
  expect((await attempt(password)).kind).toBe('throttled');
  expect((await attempt(password, anAddress())).kind).toBe('signed-in');
});
