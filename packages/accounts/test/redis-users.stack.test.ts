import { afterAll, beforeAll, expect, test } from 'vitest';
import { KeptLog } from '../../keyring/test/keyring-fixture.ts';
import { type RedisUser, RedisWithUsers } from '../../keyring/test/redis-users-fixture.ts';
import { type Accounts, openAccounts } from '../src/accounts.ts';
import { anAddress, aPassword, bytesOf, CHEAP, codeOf, SECRET } from './accounts-fixture.ts';

const scopes = { actions: ['reveal'], datasets: ['people'] };
const opened: Accounts[] = [];
let server: RedisWithUsers;

async function accountsOf(user: RedisUser): Promise<Accounts> {
  const accounts = await openAccounts({
    redisUrl: server.urlOf(user),
    redisTlsCa: server.ca,
    logger: new KeptLog(),
    hashes: { cost: CHEAP },
    signIn: { secret: SECRET },
  });
  opened.push(accounts);
  return accounts;
}

beforeAll(async () => {
  server = await RedisWithUsers.start();
});
afterAll(async () => {
  for (const accounts of opened) await accounts.stop();
  await server.redis.remove();
});

test.each(['operator', 'access'] as const)(
  'with the users of deploy/redis, %s does all that accounts do',
  async (user) => {
    const accounts = await accountsOf(user);
    const { apiKeys, approvals, pendingSignIns, quotas, sessions, signIn, users } = accounts;
    const password = aPassword();
    const name = `of-${user}`;
    if (user === 'operator') {
      const { secret } = await users.createBootstrap();
      const first = { name: 'first', person: 'p', password: bytesOf(password) };
      await users.bootstrap(secret, first);
    } else expect(await codeOf(users.createBootstrap())).toBe('BOOTSTRAP_REFUSED');
    await users.create({ name, person: 'p', password: bytesOf(password) });
    await users.grantRole(name, 'analyst', 'p');
    await users.revokeRole(name, 'analyst');
    expect((await users.list()).users.length).toBeGreaterThan(1);
    expect(await users.administrators()).toMatchObject({ enabled: 1 });
    const given = { name, address: anAddress() };
    const answer = await signIn.withPassword({ ...given, password: bytesOf(password) });
    if (answer.kind !== 'signed-in') expect.unreachable(answer.kind);
    await signIn.withPassword({ ...given, password: bytesOf('not the password') });
    expect((await sessions.check(answer.session.access)).kind).toBe('valid');
    expect((await sessions.refresh(answer.session.refresh)).kind).toBe('renewed');
    expect((await sessions.refresh(answer.session.refresh)).kind).toBe('refused');
    const identity = { issuer: 'https://id.example.com', subject: name };
    await users.linkIdentity(name, identity, 'p');
    expect((await users.ofIdentity(identity))?.name).toBe(name);
    const document = { provider: 'x' };
    const begun = { state: 's', document, address: '192.0.2.1', endsMs: Date.now() + 60_000 };
    const pending = await pendingSignIns.keep(begun);
    if (pending.kind !== 'kept') expect.unreachable(pending.kind);
    await (await pendingSignIns.take(pending.secret, 's'))?.forgive();
    const proof = { ...identity, roles: [], lifeMs: 60_000 };
    await sessions.startFor(name, { address: '192.0.2.1' }, proof);
    await users.unlinkIdentity(name, identity);
    await sessions.signOutAll(name);
    await sessions.startFor(name, { address: '192.0.2.1' });
    expect(await sessions.list(name)).toHaveLength(1);
    expect(await sessions.signOutAll(name)).toBe(1);
    const order = { owner: name, name: 'job', scopes, lifeMs: 60_000 };
    const { key, text } = await apiKeys.create(order);
    expect((await apiKeys.verify(text)).kind).toBe('valid');
    await apiKeys.revoke(key.id);
    expect((await apiKeys.list()).keys.length).toBeGreaterThan(0);
    const period = { quota: 'q', person: name, periodEndMs: Date.now() + 60_000 };
    expect((await quotas.reserve(period, 5, 3)).granted).toBe(true);
    await quotas.release(period, 1);
    expect(await quotas.remaining(period, 5)).toBe(3);
    await approvals.put(name, { action: 'x' }, name);
    await approvals.replace(name, 1, { action: 'y' });
    await approvals.useOnce(name, 2, name);
    expect(await approvals.listOpen()).toEqual([]);
    expect(await users.administrators()).toEqual({ enabled: 1, wereTwo: false });
    for (const end of ['finish', 'giveUp'] as const) {
      const begun = await accounts.idempotency.begin({ caller: name, key: end, request: 'r' });
      if (begun.kind !== 'first') expect.unreachable(begun.kind);
      await begun[end]({ status: 201 });
    }
    await users.setPassword(name, bytesOf(aPassword()));
    await users.disable(name);
  },
);

test('nobody else has anything of them', async () => {
  for (const user of ['ingest', 'mask', 'mask-write', 'encrypt', 'encrypt-write'] as const) {
    const read = server.run(user, 'GET', 'sealstream:accounts:user:first');
    await expect(read, user).rejects.toThrow(/NOPERM/);
    const write = server.run(user, 'SET', 'sealstream:accounts:user:first', 'x');
    await expect(write, user).rejects.toThrow(/NOPERM/);
  }
});
