import { randomBytes } from 'node:crypto';
import { openAccounts, type Session } from '@sealstream/accounts';
import { type Bus, openBus } from '@sealstream/bus';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { QUIET } from '../src/quiet-logger.ts';
import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli, type ToldEvent } from './topic-values.ts';

const stack = inject('stack');
const N = `u${randomBytes(4).toString('hex')}`;
const password = `canary ${randomBytes(12).toString('base64url')}`;
const servers = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
let bus: Bus;

const sealstream = (
  line: string,
  stdin = '',
  env: Record<string, string> = servers,
): Promise<Ran> => ran(line.split(' '), { env, stdin });
async function done(line: string, stdin = ''): Promise<Record<string, unknown>> {
  const { err, exit, out } = await sealstream(`${line} --json`, stdin);
  expect({ exit, err }).toMatchObject({ exit: 0 });
  return JSON.parse(out.split('\n')[0] ?? '') as Record<string, unknown>;
}
async function told(): Promise<ToldEvent[]> {
  const found = await eventsOfCli(bus);
  return found.filter(({ details }) => details?.['user'] === N || details?.['owner'] === N);
}

beforeAll(async () => {
  bus = await openBus({ brokers: stack.kafkaBrokers.split(','), clientId: 'test', logger: QUIET });
  // 1 where another test made topics of these names in its own way; those of events are there then.
  const applied = await sealstream('topics apply --policy examples/people/sealstream.yaml');
  expect([0, 1]).toContain(applied.exit);
});
afterAll(async () => {
  await bus.stop();
});

describe('sealstream users and api-keys', () => {
  test('make, show, change and disable a user, each change on the audit log before and after', async () => {
    const made = await done(`users create ${N} --person e1047`, `${password}\n`);
    expect(made).toMatchObject({ name: N, person: 'e1047', roles: [], hasPassword: true });
    await done(`users grant-role ${N} analyst`);
    await done(`users grant-role ${N} auditor --if-version 2`);
    await done(`users revoke-role ${N} analyst`);
    await done(`users set-password ${N}`, `${password} again`);
    const shown = await done(`users show ${N}`);
    expect(shown).toMatchObject({ roles: [{ role: 'auditor' }], version: 5, sessions: [] });
    const listed = await sealstream('users list');
    expect(listed.out).toMatch(new RegExp(`^${N} +active +e1047 .* auditor$`, 'm'));
    expect(await done(`users sign-out ${N}`)).toEqual({ user: N, ended: 0 });
    await done(`users disable ${N}`);
    expect((await sealstream(`users show ${N}`)).out).toContain('disabled');
    await done(`users enable ${N}`);
    const events = await told();
    const changes = events.map(({ details, type }) => `${type} ${String(details?.['change'])}`);
    const all = ['create', 'grant-role', 'grant-role', 'revoke-role', 'set-password'];
    expect(changes).toEqual(
      [...all, 'sign-out', 'disable', 'enable'].flatMap((change) => [
        `account-change-ordered ${change}`,
        `account-changed ${change}`,
      ]),
    );
    expect(JSON.stringify(events)).not.toContain('canary');
  });

  test('show the sessions of a user with how they began, and end all of them', async () => {
    const accounts = await openAccounts({ redisUrl: stack.redisUrl, logger: QUIET });
    try {
      const from = { address: '10.0.0.7', deviceLabel: `desk of ${N}` };
      const first = await accounts.sessions.startFor(N, from);
      const issuer = `https://id.example.com/${N}`;
      const subject = '1f0c-87';
      await done(`users link-identity ${N} --issuer ${issuer} --subject ${subject}`);
      const proof = { issuer, subject, roles: ['analyst'], lifeMs: 60_000 };
      const second = await accounts.sessions.startFor(N, from, proof);
      const { sessions } = await done(`users show ${N}`);
      const found = (sessions as Session[]).toSorted((a, b) => a.createdMs - b.createdMs);
      expect(found).toMatchObject([
        { id: first.id, address: '10.0.0.7', device: `desk of ${N}` },
        { id: second.id, identity: { issuer, subject, roles: ['analyst'] } },
      ]);
      expect(found[0]).not.toHaveProperty('identity');
      const { out } = await sealstream(`users show ${N}`);
      expect(out).toMatch(/^2 sessions$/m);
      expect(out).toMatch(
        new RegExp(`^${first.id} .* password +10\\.0\\.0\\.7 +desk of ${N}`, 'm'),
      );
      expect(out).toMatch(new RegExp(`^${second.id} .* ${issuer} `, 'm'));
      for (const { access, refresh } of [first, second])
        for (const token of [access, refresh]) expect(out).not.toContain(token.slice(17));
      expect(await done(`users sign-out ${N}`)).toEqual({ user: N, ended: 2 });
      for (const { access } of [first, second])
        expect(await accounts.sessions.check(access)).toMatchObject({ kind: 'refused' });
      expect(await done(`users show ${N}`)).toMatchObject({ sessions: [] });
      await done(`users unlink-identity ${N} --issuer ${issuer} --subject ${subject}`);
    } finally {
      await accounts.stop();
    }
    const ended = (await told()).map(({ details }) => details?.['ended']);
    expect(ended).toContain(2);
    const nobody = await sealstream(`users sign-out ${N}-nobody`);
    expect([nobody.exit, nobody.err]).toEqual([2, expect.stringContaining('ACCOUNT_UNKNOWN')]);
  });

  test('link an identity at a provider, show it, and take it, on the audit log before and after', async () => {
    const identity = `--issuer https://id.example.com/${N} --subject 1f0c-88`;
    const linked = await done(`users link-identity ${N} ${identity}`);
    expect(linked).toMatchObject({ identities: [{ subject: '1f0c-88' }] });
    const other = `${N}-other`;
    await done(`users create ${other} --person p --no-password`);
    const taken = await sealstream(`users link-identity ${other} ${identity}`);
    expect([taken.exit, taken.err]).toEqual([2, expect.stringContaining('IDENTITY_TAKEN')]);
    const shown = await sealstream(`users show ${N}`);
    expect(shown.out).toMatch(/^identity https:\/\/id\.example\.com\/\S+ 1f0c-88, by \S+@/m);
    expect((await sealstream(`users unlink-identity ${N} ${identity} --if-version 1`)).exit).toBe(
      1,
    );
    const left = await done(`users unlink-identity ${N} ${identity}`);
    expect(left).toMatchObject({ identities: [] });
    const changes = (await told())
      .filter(({ details }) => details?.['subject'] === '1f0c-88')
      .map(({ details, type }) => `${type} ${String(details?.['change'])}`);
    expect(changes).toEqual(
      ['link-identity', 'unlink-identity', 'unlink-identity'].flatMap((change) => [
        `account-change-ordered ${change}`,
        `account-changed ${change}`,
      ]),
    );
  });

  test('make a key that works, show it once, list and revoke it', async () => {
    const order = `--owner ${N} --name job --actions reveal --datasets people --expires 1d`;
    const made = await done(`api-keys create ${order}`);
    const { id, text } = made as { id: string; text: string };
    const accounts = await openAccounts({ redisUrl: stack.redisUrl, logger: QUIET });
    try {
      expect((await accounts.apiKeys.verify(text)).kind).toBe('valid');
      const listed = await sealstream(`api-keys list --owner ${N}`);
      expect(listed.out).toMatch(new RegExp(`^${id} +active +${N} .* reveal +people +job$`, 'm'));
      expect(listed.out).not.toContain(text.slice(17, 60));
      await done(`api-keys revoke ${id}`);
      expect(await accounts.apiKeys.verify(text)).toMatchObject({ why: 'revoked' });
      expect((await sealstream(`api-keys list --owner ${N}`)).out).toContain('revoked');
    } finally {
      await accounts.stop();
    }
    expect(JSON.stringify(await eventsOfCli(bus))).not.toContain(text.slice(17, 60));
  });

  test('tell what was ordered and refused, with its code', async () => {
    const weak = await sealstream(`users set-password ${N}`, 'password1234');
    expect(weak.exit).toBe(2);
    expect(weak.err).toContain('PASSWORD_REFUSED');
    expect(weak.err).not.toContain('password1234');
    const stale = await sealstream(`users disable ${N} --if-version 1`);
    expect(stale.exit).toBe(1);
    expect(stale.err).toContain('ACCOUNT_CONFLICT');
    expect((await sealstream(`users create ${N} --person p --no-password`)).exit).toBe(2);
    const failed = (await told()).map(({ details }) => details?.['failed']).filter(Boolean);
    expect(failed).toEqual([
      'ACCOUNT_CONFLICT',
      'PASSWORD_REFUSED',
      'ACCOUNT_CONFLICT',
      'ACCOUNT_EXISTS',
    ]);
    expect((await sealstream('users bootstrap')).err).toContain('BOOTSTRAP_REFUSED');
  });

  test('change nothing while the audit log cannot be told', async () => {
    const env = { ...servers, KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_CONNECT_WAIT: '500ms' };
    const refused = await sealstream(`users disable ${N}`, '', env);
    expect({ exit: refused.exit, err: refused.err }).toMatchObject({ exit: 3 });
    expect(await done(`users show ${N}`)).toMatchObject({ disabled: false });
  });

  test('make the one-time secret while there is no user, and say it once', async () => {
    const prefix = `${N}-`;
    const env = { ...servers, SEALSTREAM_NAME_PREFIX: prefix };
    await sealstream('topics apply --policy examples/people/sealstream.yaml', '', env);
    const { err, exit, out } = await sealstream('users bootstrap', '', env);
    expect({ exit, err }).toMatchObject({ exit: 0 });
    const accounts = await openAccounts({ redisUrl: stack.redisUrl, prefix, logger: QUIET });
    try {
      const first = { name: 'first', person: 'p', password: Buffer.from(password) };
      await accounts.users.bootstrap(out.trim(), first);
      expect(await accounts.users.countAdministrators()).toBe(1);
    } finally {
      await accounts.stop();
    }
    expect(err).not.toContain(out.trim());
  });
});
