import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Accounts } from '../src/accounts.ts';
import { AccountGround, aPassword, bytesOf, codeOf } from './accounts-fixture.ts';

const HOUR = 3_600_000;
const ISSUER = 'https://id.example.com/realms/staff';
const ground = new AccountGround(inject('stack').redisUrl);
const from = { address: '10.0.0.1' };
let accounts: Accounts;
let other: Accounts;
let count = 0;

async function aUser(): Promise<string> {
  const name = `of${(count += 1)}`;
  await accounts.users.create({ name, person: name });
  return name;
}
const anIdentity = () => ({ issuer: ISSUER, subject: `subject ${(count += 1)}` });
async function linked() {
  const [name, identity] = [await aUser(), anIdentity()];
  await accounts.users.linkIdentity(name, identity, 'alice');
  return { name, identity };
}
const proofOf = (identity: { issuer: string; subject: string }, lifeMs = HOUR) => ({
  ...identity,
  roles: ['analyst'],
  lifeMs,
});
const holderOf = async (identity: { issuer: string; subject: string }) =>
  (await other.users.ofIdentity(identity))?.name;
async function why(token: string): Promise<string> {
  const checked = await other.sessions.check(token);
  return checked.kind === 'valid' ? 'valid' : checked.why;
}

beforeAll(async () => {
  accounts = await ground.open();
  other = await ground.open();
});
beforeEach(() => {
  ground.aheadMs = 0;
});
afterAll(() => ground.close());

describe('an identity', () => {
  test('is of the user whom it was linked to, with who linked it, and of nobody before', async () => {
    const [name, identity] = [await aUser(), anIdentity()];
    expect(await holderOf(identity)).toBeUndefined();
    const user = await accounts.users.linkIdentity(name, identity, 'alice');
    expect(user.identities).toMatchObject([{ ...identity, by: 'alice' }]);
    expect(await holderOf(identity)).toBe(name);
    expect(await holderOf({ ...identity, issuer: `${ISSUER}/other` })).toBeUndefined();
    expect(await holderOf({ ...identity, subject: `${identity.subject} ` })).toBeUndefined();
    // Again changes nothing, not even who did it.
    expect(await accounts.users.linkIdentity(name, identity, 'bob')).toEqual(user);
  });

  test('is of one user: of many who are linked to it at the same time, one is', async () => {
    const identity = anIdentity();
    const names = await Promise.all(Array.from({ length: 8 }, aUser));
    const codes = await Promise.all(
      names.map((name, at) =>
        codeOf((at % 2 === 0 ? accounts : other).users.linkIdentity(name, identity, 'alice')),
      ),
    );
    expect(codes.toSorted()).toEqual([...Array<string>(7).fill('IDENTITY_TAKEN'), 'none']);
    const holder = names[codes.indexOf('none')] ?? '';
    expect(await holderOf(identity)).toBe(holder);
    for (const name of names)
      expect((await accounts.users.get(name)).identities).toHaveLength(name === holder ? 1 : 0);
  });

  test('can be taken and given to another, and stays through every other change', async () => {
    const { identity, name } = await linked();
    await accounts.users.setPassword(name, bytesOf(aPassword()));
    await accounts.users.disable(name);
    await accounts.users.enable(name);
    expect(await holderOf(identity)).toBe(name);
    const before = await accounts.users.get(name);
    const stale = { version: before.version - 1 };
    expect(await codeOf(accounts.users.unlinkIdentity(name, identity, stale))).toBe(
      'ACCOUNT_CONFLICT',
    );
    await accounts.users.unlinkIdentity(name, identity, { version: before.version });
    expect(await holderOf(identity)).toBeUndefined();
    const next = await aUser();
    await accounts.users.linkIdentity(next, identity, 'alice');
    expect(await holderOf(identity)).toBe(next);
    // Taking from the first what it has no more takes nothing from the second.
    await accounts.users.unlinkIdentity(name, identity);
    expect(await holderOf(identity)).toBe(next);
  });

  test.each([
    ['an issuer without an address', { issuer: 'staff', subject: 'x' }],
    ['an issuer with a query', { issuer: `${ISSUER}?a`, subject: 'x' }],
    ['an empty subject', { issuer: ISSUER, subject: '' }],
    ['a subject with a control character', { issuer: ISSUER, subject: 'a\u0007b' }],
    ['a subject of 201 characters', { issuer: ISSUER, subject: 's'.repeat(201) }],
  ])('with %s is not linked, and found by nobody', async (_what, identity) => {
    const name = await aUser();
    expect(await codeOf(accounts.users.linkIdentity(name, identity, 'alice'))).toBe(
      'ACCOUNT_INVALID',
    );
    expect(await holderOf(identity)).toBeUndefined();
  });

  test('is one of sixteen of a user at most', async () => {
    const name = await aUser();
    for (let n = 0; n < 16; n += 1) await accounts.users.linkIdentity(name, anIdentity(), 'alice');
    expect(await codeOf(accounts.users.linkIdentity(name, anIdentity(), 'alice'))).toBe(
      'ACCOUNT_INVALID',
    );
  });

  test('that Redis leads to another user with is not believed', async () => {
    const { identity } = await linked();
    const victim = await aUser();
    const names = (await ground.run('KEYS', `${ground.prefix}accounts:identity:*`)) as string[];
    for (const name of names) await ground.run('SET', name, victim);
    expect(await holderOf(identity)).toBeUndefined();
  });
});

describe('a session by an identity', () => {
  test('has the roles that came with it, also renewed, and no other session has them', async () => {
    const { identity, name } = await linked();
    const { access, refresh } = await accounts.sessions.startFor(name, from, proofOf(identity));
    const checked = await other.sessions.check(access);
    if (checked.kind !== 'valid') expect.unreachable(checked.why);
    expect(checked.session.identity).toEqual({ ...identity, roles: ['analyst'] });
    expect(checked.user.roles).toEqual([]);
    const renewed = await other.sessions.refresh(refresh);
    if (renewed.kind !== 'renewed') expect.unreachable(renewed.why);
    expect(renewed.session.identity?.roles).toEqual(['analyst']);
    const plain = await accounts.sessions.startFor(name, from);
    const other_ = await other.sessions.check(plain.access);
    expect(other_.session).not.toHaveProperty('identity');
  });

  test('ends when its time is over, however much it is renewed', async () => {
    const { identity, name } = await linked();
    let tokens = await accounts.sessions.startFor(name, from, proofOf(identity));
    for (const minutes of [25, 50]) {
      ground.aheadMs = minutes * 60_000;
      const renewed = await accounts.sessions.refresh(tokens.refresh);
      if (renewed.kind !== 'renewed') expect.unreachable(renewed.why);
      tokens = renewed.tokens;
    }
    ground.aheadMs = HOUR - 1_000;
    expect(await why(tokens.access)).toBe('expired');
    const last = await accounts.sessions.refresh(tokens.refresh);
    if (last.kind !== 'renewed') expect.unreachable(last.why);
    ground.aheadMs = HOUR;
    expect(await why(last.tokens.access)).toBe('expired');
    expect(await accounts.sessions.refresh(last.tokens.refresh)).toMatchObject({ why: 'expired' });
  });

  test('is over once the identity is taken, and others of the user go on', async () => {
    const { identity, name } = await linked();
    const by = await accounts.sessions.startFor(name, from, proofOf(identity));
    const plain = await accounts.sessions.startFor(name, from);
    await accounts.users.unlinkIdentity(name, identity);
    expect(await why(by.access)).toBe('user-gone');
    expect(await accounts.sessions.refresh(by.refresh)).toMatchObject({ why: 'user-gone' });
    expect(await why(plain.access)).toBe('valid');
  });

  test('does not begin for somebody who is disabled, or has not that identity', async () => {
    const { identity, name } = await linked();
    const stranger = await aUser();
    const begun = (who: string) => codeOf(accounts.sessions.startFor(who, from, proofOf(identity)));
    expect(await begun(stranger)).toBe('SIGN_IN_REFUSED');
    await accounts.users.disable(name);
    expect(await begun(name)).toBe('SIGN_IN_REFUSED');
    await accounts.users.enable(name);
    expect(await begun(name)).toBe('none');
  });
});
