import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, anAddress } from './accounts-fixture.ts';

const LIFE_MS = 600_000;
const STATE = 's'.repeat(43);
const ground = new AccountGround(inject('stack').redisUrl);
let accounts: Accounts;
let other: Accounts;

const begin = (address: string, state = STATE) =>
  accounts.pendingSignIns.keep({
    state,
    document: { provider: 'staff', count: 1 },
    address,
    endsMs: Date.now() + ground.aheadMs + LIFE_MS,
  });
async function kept(address = anAddress(), state = STATE): Promise<string> {
  const answer = await begin(address, state);
  return answer.kind === 'kept' ? answer.secret : expect.unreachable(answer.kind);
}

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

describe('a sign-in that is pending', () => {
  test('is given to one of all who have its secret, on every replica', async () => {
    const secret = await kept();
    const all = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) =>
        (n % 2 === 0 ? accounts : other).pendingSignIns.take(secret, STATE),
      ),
    );
    const taken = all.filter((one) => one !== undefined);
    expect(taken.map(({ document }) => document)).toEqual([{ provider: 'staff', count: 1 }]);
  });

  test('is nobody else’s, with another secret or another state, and stays for whose it is', async () => {
    const [mine, foreign] = [await kept(), await kept(anAddress(), 't'.repeat(43))];
    const { pendingSignIns } = other;
    for (const [secret, state] of [
      [foreign, STATE],
      [mine, 't'.repeat(43)],
      ['', STATE],
      [mine, ''],
      [`${mine}.`, STATE],
      [mine, 's'.repeat(10_000)],
    ] as const)
      expect(await pendingSignIns.take(secret, state)).toBeUndefined();
    expect(await pendingSignIns.take(mine, STATE)).toBeDefined();
  });

  test('stands in Redis under a digest, and ends by itself', async () => {
    const secret = await kept();
    const dump = await ground.dump();
    expect([dump.includes('staff'), dump.includes(secret)]).toEqual([true, false]);
    const [name = ''] = (await ground.run('KEYS', `${ground.prefix}*sign-in:*`)) as string[];
    const leftMs = Number(await ground.run('PTTL', name));
    expect(leftMs).toBeGreaterThan(LIFE_MS - 60_000);
    expect(leftMs).toBeLessThanOrEqual(LIFE_MS);
  });
});

describe('an address', () => {
  test('begins twenty, then waits, and keeps nobody else out', async () => {
    const address = anAddress();
    const many = await Promise.all(Array.from({ length: 30 }, () => begin(address)));
    expect(many.filter(({ kind }) => kind === 'kept')).toHaveLength(20);
    const refused = await begin(address);
    if (refused.kind !== 'throttled') expect.unreachable(refused.kind);
    expect(refused.retryAfterMs).toBeGreaterThan(LIFE_MS - 60_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(LIFE_MS);
    await kept();
    ground.aheadMs = LIFE_MS + 1_000;
    await kept(address);
  });

  test('of which they end well begins as many as it likes, and one that fails counts on', async () => {
    const address = anAddress();
    for (let n = 0; n < 30; n += 1) {
      const taken = await accounts.pendingSignIns.take(await kept(address), STATE);
      await taken?.forgive();
    }
    for (let n = 0; n < 20; n += 1) await accounts.pendingSignIns.take(await kept(address), STATE);
    expect((await begin(address)).kind).toBe('throttled');
  });
});

test('however many addresses begin, what is kept of them has an end', async () => {
  const all = (await ground.run('KEYS', `${ground.prefix}*pending-sign-ins`)) as string[];
  expect(all).toHaveLength(1);
  const [name = ''] = all;
  const endsMs = Date.now() + LIFE_MS;
  const many = Array.from({ length: 10_000 }, (_, n) => [endsMs, `planted-${n}`]).flat();
  await ground.run('ZADD', name, ...many);
  expect((await begin(anAddress())).kind).toBe('throttled');
  ground.aheadMs = LIFE_MS + 60_000;
  await kept();
});
