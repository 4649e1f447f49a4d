import { randomBytes, randomInt } from 'node:crypto';
import { RedisLink } from '@sealstream/redis-link';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { rankSum } from '../../../bench/sign-in/rank-sum.ts';
import { type Kind, timePairs } from '../../../bench/sign-in/two-names.ts';
import { KeptLog } from '../../keyring/test/keyring-fixture.ts';
import { AccountKeys } from '../src/account-keys.ts';
import { openSignIn } from '../src/accounts.ts';
import { HashQueue } from '../src/hash-queue.ts';
import { Sessions } from '../src/sessions.ts';
import type { SignIn } from '../src/sign-in.ts';
import { Users } from '../src/users.ts';
import { UserStore } from '../src/user-store.ts';
import { aPassword, bytesOf, SECRET } from './accounts-fixture.ts';

const PAIRS = 150;
/** One run in a thousand is below it when there is no difference. */
const P = 0.001;
const prefix = `t-${randomBytes(6).toString('hex')}:`;
const link = new RedisLink({ redisUrl: inject('stack').redisUrl, prefix, logger: new KeptLog() });
const keys = new AccountKeys(prefix);
const store = new UserStore(link, keys);
const now = Date.now;
const lives = { accessMs: 1, refreshMs: 1, idleMs: 1 };
const names = Array.from({ length: 10 }, () => `n${randomBytes(6).toString('hex')}`);

/** The fault that is looked for: an unknown name is refused without a hash. */
class NoDummy extends HashQueue {
  #dummy: string | undefined;

  override async hash(password: Uint8Array<ArrayBuffer>): Promise<string> {
    const phc = await super.hash(password);
    this.#dummy ??= phc;
    return phc;
  }

  override async verify(phc: string, password: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return phc === this.#dummy ? false : super.verify(phc, password);
  }
}

// A rest after each would be the same for both names, and would only hide a difference.
const [right, planted] = [new HashQueue({ rest: 0 }), new NoDummy({ rest: 0 })];
function signInOver(hashes: HashQueue): SignIn {
  const sessions = new Sessions(link, keys, lives, now);
  return openSignIn({ secret: SECRET }, { link, keys, store, sessions, hashes, now });
}

async function pOf(hashes: HashQueue): Promise<number> {
  const signIn = signInOver(hashes);
  await signIn.ready();
  const times = await timePairs(PAIRS, async (kind: Kind) => {
    const known = names[randomInt(names.length)] ?? '';
    const name = kind === 'known' ? known : `n${randomBytes(6).toString('hex')}`;
    const address = Array.from({ length: 4 }, () => randomInt(1, 255)).join('.');
    const request = { name, address, password: bytesOf('not the password') };
    expect(await signIn.withPassword(request)).toEqual({ kind: 'refused' });
  });
  return rankSum(times.known, times.unknown).p;
}

beforeAll(async () => {
  await link.connect();
  const users = new Users(store, right, now);
  for (const name of names)
    await users.create({ name, person: name, password: bytesOf(aPassword()) });
});
afterAll(async () => {
  for await (const found of link.scan(prefix))
    await link.redis.del(...found.map((name) => prefix + name));
  link.stop();
  for (const hashes of [right, planted]) await hashes.stop();
});

test('time does not tell an unknown name from a known one', async () => {
  expect(await pOf(right)).toBeGreaterThan(P);
});

test('time would tell, and this test would see it, if unknown names cost no hash', async () => {
  expect(await pOf(planted)).toBeLessThan(1e-12);
});
