import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, codeOf } from './accounts-fixture.ts';

const HOUR = 3_600_000;
const ground = new AccountGround(inject('stack').redisUrl);
let accounts: Accounts;
let other: Accounts;
let count = 0;
const aPeriod = () => ({
  quota: 'reveal.day',
  person: `p${(count += 1)}`,
  periodEndMs: Date.now() + HOUR,
});

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

describe('a quota', () => {
  test('gives all that is asked for or nothing, and never more than its limit to all together', async () => {
    const period = aPeriod();
    const asked = Array.from({ length: 40 }, (_, at) =>
      (at % 2 ? accounts : other).quotas.reserve(period, 100, 7),
    );
    const granted = (await Promise.all(asked)).filter((one) => one.granted);
    expect(granted).toHaveLength(14);
    expect(await other.quotas.remaining(period, 100)).toBe(2);
    expect(await accounts.quotas.reserve(period, 100, 3)).toEqual({ granted: false, remaining: 2 });
    expect(await accounts.quotas.reserve(period, 100, 2)).toEqual({ granted: true, remaining: 0 });
  });

  test('takes back what was not used, and no more than was taken', async () => {
    const period = aPeriod();
    await accounts.quotas.reserve(period, 10, 8);
    await other.quotas.release(period, 5);
    expect(await accounts.quotas.remaining(period, 10)).toBe(7);
    await other.quotas.release(period, 50);
    expect(await accounts.quotas.remaining(period, 10)).toBe(10);
    await other.quotas.release(aPeriod(), 5);
  });

  test('is counted for each person, quota and period by itself', async () => {
    const period = aPeriod();
    await accounts.quotas.reserve(period, 10, 10);
    for (const more of [
      { person: 'p' },
      { quota: 'seal.day' },
      { periodEndMs: Date.now() + 2 * HOUR },
    ])
      expect(await other.quotas.remaining({ ...period, ...more }, 10)).toBe(10);
    expect(await other.quotas.remaining(period, 10)).toBe(0);
    expect(await other.quotas.remaining(period, 4)).toBe(0);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 60])('of %d is refused', async (n) => {
    expect(await codeOf(accounts.quotas.reserve(aPeriod(), 10, n))).toBe('ACCOUNT_INVALID');
    expect(await codeOf(accounts.quotas.reserve(aPeriod(), n, 1))).toBe('ACCOUNT_INVALID');
    expect(await codeOf(accounts.quotas.release(aPeriod(), n))).toBe('ACCOUNT_INVALID');
  });
});

describe('a request for approval', () => {
  const document = { digest: 'abc', action: 'subjects.shred', requester: 'p-1' };

  test('is put once, changed by whoever saw it last, and listed while it is open', async () => {
    const id = `r${(count += 1)}`;
    const put = await accounts.approvals.put(id, document, 'p-1');
    expect(put).toMatchObject({ id, version: 1, used: false, document });
    expect(Math.abs(put.expiresMs - Date.now() - HOUR)).toBeLessThan(5000);
    expect(await codeOf(other.approvals.put(id, document, 'p-1'))).toBe('ACCOUNT_CONFLICT');
    const approved = { ...document, approvals: [{ by: 'p-2', atMs: 1 }] };
    expect((await other.approvals.replace(id, 1, approved)).version).toBe(2);
    expect(await codeOf(accounts.approvals.replace(id, 1, document))).toBe('ACCOUNT_CONFLICT');
    expect(await accounts.approvals.get(id)).toMatchObject({ version: 2, document: approved });
    expect((await accounts.approvals.listOpen()).map((one) => one.id)).toContain(id);
  });

  test('is used by one of all who try, and then neither changed nor listed', async () => {
    const id = `r${(count += 1)}`;
    await accounts.approvals.put(id, document, 'p-1');
    const tries = Array.from({ length: 20 }, (_, at) =>
      codeOf((at % 2 ? accounts : other).approvals.useOnce(id, 1, 'p-1')),
    );
    const answers = await Promise.all(tries);
    expect(answers.filter((answer) => answer === 'none')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'ACCOUNT_CONFLICT')).toHaveLength(19);
    expect(await codeOf(other.approvals.useOnce(id, 2, 'p-1'))).toBe('ACCOUNT_CONFLICT');
    expect(await codeOf(other.approvals.replace(id, 2, document))).toBe('ACCOUNT_CONFLICT');
    expect(await other.approvals.get(id)).toMatchObject({ used: true, version: 2 });
    expect((await other.approvals.listOpen()).map((one) => one.id)).not.toContain(id);
  });

  test('is not used in another form than it was seen in', async () => {
    const id = `r${(count += 1)}`;
    await accounts.approvals.put(id, document, 'p-1');
    await other.approvals.replace(id, 1, { ...document, action: 'keys.destroy' });
    expect(await codeOf(accounts.approvals.useOnce(id, 1, 'p-1'))).toBe('ACCOUNT_CONFLICT');
  });

  test('of one person waits with nineteen others at most, also of many at once, and takes no place of others', async () => {
    const put = (asker: string) => codeOf(other.approvals.put(`r${(count += 1)}`, document, asker));
    const answers = await Promise.all(Array.from({ length: 40 }, () => put('p-many')));
    expect(answers.filter((answer) => answer === 'none')).toHaveLength(20);
    expect(answers.filter((answer) => answer === 'TOO_MANY_REQUESTS')).toHaveLength(20);
    expect(await put('p-few')).toBe('none');
    ground.aheadMs = HOUR + 1;
    const id = `r${(count += 1)}`;
    await accounts.approvals.put(id, document, 'p-many');
    for (let n = 1; n < 20; n += 1) expect(await put('p-many')).toBe('none');
    expect(await put('p-many')).toBe('TOO_MANY_REQUESTS');
    // What was used waits no more.
    await accounts.approvals.useOnce(id, 1, 'p-many');
    expect(await put('p-many')).toBe('none');
  });

  test('lapses after its hour, from Redis too', async () => {
    const id = `r${(count += 1)}`;
    await accounts.approvals.put(id, document, 'p-1');
    expect(await ground.run('PTTL', ground.keys.approval(id))).toBeGreaterThan(HOUR - 10_000);
    ground.aheadMs = HOUR + 1;
    expect(await other.approvals.get(id)).toBeUndefined();
    expect(await codeOf(other.approvals.useOnce(id, 1, 'p-1'))).toBe('ACCOUNT_CONFLICT');
    expect((await other.approvals.listOpen()).map((one) => one.id)).not.toContain(id);
  });

  test.each(['', 'a b', '../x', 'x'.repeat(65)])('is not put under the id %j', async (id) => {
    expect(await codeOf(accounts.approvals.put(id, document, 'p-1'))).toBe('ACCOUNT_INVALID');
    expect(await accounts.approvals.get(id)).toBeUndefined();
  });
});
