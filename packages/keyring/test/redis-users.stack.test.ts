import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEYSET_PURPOSES, SERVICE_PURPOSES } from '@sealstream/contracts';
import { fieldCipher, VaultCipher } from '@sealstream/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochFiles } from '../src/epoch-file.ts';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { openGrantAdmin } from '../src/grant-admin.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { openSubjectAdmin, type SubjectAdmin } from '../src/subject-admin.ts';
import { openSubjectReader } from '../src/subject-reader.ts';
import { openSubjects, type Subjects } from '../src/subjects.ts';
import { openVault, type Vault } from '../src/vault.ts';
import { openVaultRows } from '../src/vault-rows.ts';
import { codeOf, KeptHeads, KeptLog, makeKeyFiles, until } from './keyring-fixture.ts';
import { type Command, given } from './redis-fixture.ts';
import { anybody, FORBIDDEN } from './redis-refusals.ts';
import { type RedisUser, RedisWithUsers } from './redis-users-fixture.ts';
import { anIndex, byId, keyOf, ORDER, text } from './subject-fixture.ts';

type Service = 'ingest' | 'mask' | 'encrypt';

const P = 'sealstream:';
const files = makeKeyFiles();
const dir = mkdtempSync(join(tmpdir(), 'sealstream-users-'));
const heads = new KeptHeads();
const log = new KeptLog();
const value = Buffer.from('canary-value-4711');
const cipher = fieldCipher('people', '/ssn');
const gcm = fieldCipher('people', '/ssn', {
  form: 'token',
  algorithm: 'aes-256-gcm',
  keys: 'field',
  bind: [],
  pad: true,
});
const epochs = {
  store: epochFiles(join(dir, 'epochs')),
  provider: files.provider(['subject']),
};
const stops: { stop(): void }[] = [];
const stopped = <T extends { stop(): void }>(one: T): T => {
  stops.push(one);
  return one;
};

let server: RedisWithUsers;
let admin: KeysetAdmin;
let subjectAdmin: SubjectAdmin;

const shared = (user: RedisUser) => ({
  redisUrl: server.urlOf(user),
  redisTlsCa: server.ca,
  signerPublicKey: files.signer.publicKey,
  heads,
  logger: log,
  // What comes in time comes by notice.
  pollMs: 60_000,
});
const writing = (service: Service, as: RedisUser = 'encrypt-write') =>
  service === 'encrypt' ? { redisWriteUrl: server.urlOf(as) } : {};

async function keyringOf(service: Service, as?: RedisUser): Promise<Keyring> {
  const purposes = SERVICE_PURPOSES[service].filter((purpose) => purpose !== 'subject');
  const provider = files.provider(purposes);
  const own = { provider, purposes, datasets: ['people'], ...writing(service, as) };
  const keyring = stopped(await openKeyring({ ...shared(service), ...own }));
  await keyring.ready();
  return keyring;
}

async function subjectsOf(service: Service): Promise<Subjects> {
  const own = service === 'encrypt' ? { epochs, mayCreate: true } : {};
  const options = { ...shared(service), dataset: 'people', ...writing(service), ...own };
  const subjects = stopped(await openSubjects(options));
  await subjects.ready();
  return subjects;
}

beforeAll(async () => {
  server = await RedisWithUsers.start();
  const change = { ...shared('operator'), signer: files.signer };
  admin = stopped(await openKeysetAdmin({ ...change, provider: files.provider() }));
  for (const purpose of KEYSET_PURPOSES) await admin.ensure(purpose, 'people');
  await admin.ensure('field', 'people', 'aes-256-gcm');
  subjectAdmin = stopped(await openSubjectAdmin({ ...change, dataset: 'people', epochs }));
  await subjectAdmin.ensure();
});
afterAll(async () => {
  for (const one of stops) one.stop();
  await server.redis.remove();
  files.remove();
  rmSync(dir, { recursive: true });
});

describe('with the users of deploy/redis over TLS', () => {
  test.each(['ingest', 'mask', 'encrypt'] as const)(
    '%s opens its keys, hears of rotations and knows who was shredded',
    async (service) => {
      const [keyring, subjects] = [await keyringOf(service), await subjectsOf(service)];
      expect(keyring.health()).toEqual({ usable: true, waitsFor: [], troubles: [] });
      const { keyId } = await admin.createOrRotate('accepted', 'people');
      const use = {
        purpose: 'accepted',
        algorithm: 'xchacha20-poly1305',
        dataset: 'people',
      } as const;
      const active = () => keyring.keys.active({ ...use, format: 'sealed-record', path: '' }).id;
      await until(() => active() === keyId);
      const index = anIndex();
      await subjectAdmin.shred(text(index), ORDER);
      await until(() => subjects.shreds.has(index, 0));
    },
  );

  test('encrypt makes keys of subjects and counts uses of keys', async () => {
    const [keyring, subjects] = [await keyringOf('encrypt'), await subjectsOf('encrypt')];
    const index = anIndex();
    const { id, key } = await keyOf(subjects.keys, index);
    expect(await byId(subjects.keys, id)).toBe(key);
    expect(await subjectAdmin.show(text(index))).toMatchObject({ state: 'live', keyId: id });
    expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
    await keyring.refresh();
    expect(gcm.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
    const [gcmKey] = (await admin.list()).flatMap(({ keys }) => keys.filter(({ uses }) => uses));
    expect(gcmKey?.uses).toBeGreaterThan(0);
  });

  test('the operator rotates, ends, shreds, moves epochs, lists and restores', async () => {
    const { keyId } = await admin.ensure('field', 'people');
    await admin.createOrRotate('field', 'people');
    expect(await admin.destroy('field', 'people', keyId)).toMatchObject({ action: 'destroyed' });
    const backup = join(dir, 'subjects.backup');
    await subjectAdmin.rotateEpoch({ backup });
    expect((await subjectAdmin.list()).epochs).toHaveLength(1);
    await subjectAdmin.shred(text(anIndex()), ORDER);
    // A list that is not what is signed is put right, too.
    await server.run('root', 'RPUSH', `${P}shreds:people`, 'x');
    expect(await subjectAdmin.restore(backup, [])).toMatchObject({ unreadable: 0, stuck: 0 });
    expect((await admin.restore()).every(({ action }) => action === 'unchanged')).toBe(true);
    expect((await admin.list()).every(({ problem }) => problem === undefined)).toBe(true);
  });

  test('access with the signer rotates, ends, shreds and re-enrols, and looks through nothing', async () => {
    const change = { ...shared('access-keys'), signer: files.signer };
    const keysets = stopped(
      await openKeysetAdmin({ ...change, provider: files.provider(['hash', 'field']) }),
    );
    const { keyId } = await keysets.ensure('field', 'people');
    expect(await keysets.createOrRotate('field', 'people')).toMatchObject({ action: 'rotated' });
    expect(await keysets.destroy('field', 'people', keyId)).toMatchObject({ action: 'destroyed' });
    await expect(keysets.list()).rejects.toThrow(/REDIS_REFUSED.*NOPERM/);
    const subjects = stopped(await openSubjectAdmin({ ...change, dataset: 'people', epochs }));
    const index = text(anIndex());
    expect(await subjects.shred(index, ORDER)).toMatchObject({ action: 'done' });
    expect(await subjects.shred(index, ORDER)).toMatchObject({ action: 'unchanged' });
    expect(await subjects.reEnrol(index, ORDER)).toMatchObject({ action: 'done' });
    const rows = stopped(await openVaultRows({ ...shared('access-keys'), dataset: 'people' }));
    expect(await rows.endSubject(index)).toBe(0);
    expect(await rows.reviveSubject(index, false)).toBe(true);
    const provider = files.provider(['field']);
    const granting = stopped(await openGrantAdmin({ ...change, provider }));
    await expect(granting.revoke('0'.repeat(24), 'x')).rejects.toThrow(/GRANT_UNKNOWN/);
  });

  test('what shows how a person stands may read and nothing else', async () => {
    const index = text(anIndex());
    const reader = stopped(await openSubjectReader(shared('access-read')));
    expect(await reader.show('people', index)).toEqual({ state: 'none' });
    const { receipt } = await subjectAdmin.shred(index, ORDER);
    expect(await reader.show('people', index)).toEqual({ state: 'shredded', receipt });
  });

  test('what encrypt may not write says so by its own code, and reading goes on', async () => {
    const keyring = await keyringOf('encrypt', 'encrypt');
    expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
    await keyring.refresh();
    expect(keyring.health().troubles).toEqual([{ name: 'field/people', why: 'REDIS_REFUSED' }]);
    expect(cipher.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
  });

  test('the first key of a re-enrolled subject waits until SET is given for the time', async () => {
    const index = anIndex();
    await subjectAdmin.shred(text(index), ORDER);
    await subjectAdmin.reEnrol(text(index), ORDER);
    const subjects = await subjectsOf('encrypt');
    await expect(keyOf(subjects.keys, index)).rejects.toThrow(/REDIS_REFUSED.*NOPERM/);
    await server.run('root', 'ACL', 'SETUSER', 'encrypt-write', '+set');
    expect((await keyOf(subjects.keys, index)).id).toHaveLength(12);
    await server.run('root', 'ACL', 'SETUSER', 'encrypt-write', '-set');
  });

  test('mask makes rows of the vault as its second user, and the operator ends those of a subject', async () => {
    const keyring = await keyringOf('mask');
    const redis = { ...shared('mask'), redisWriteUrl: server.urlOf('mask-write') };
    const field = { dataset: 'people', path: '/card', shape: 'token' } as const;
    const index = anIndex();
    const [subject, card] = [index, value].map((bytes) => ({ bytes, from: 0, to: bytes.length }));
    const digest = new VaultCipher('people', '/card').digest(keyring.keys, subject, card);
    const ask = async (opened: Vault): Promise<string> => {
      for (;;) {
        try {
          return opened.vault.token(field, digest, subject, card);
        } catch (error) {
          if ((error as { code?: string }).code !== 'VAULT_ROWS_WANTED') throw error;
          await opened.vault.bring();
        }
      }
    };
    const open = async (more: object) =>
      stopped(await openVault({ ...redis, dataset: 'people', keys: keyring.keys, ...more }));
    const token = await ask(await open({}));
    const rows = stopped(await openVaultRows({ ...shared('operator'), dataset: 'people' }));
    expect(await rows.valuesOf(keyring.keys, '/card', [token])).toEqual([value]);
    expect(await rows.endSubject(text(index))).toBe(2);
    expect(await rows.valuesOf(keyring.keys, '/card', [token])).toEqual(['TOKEN_UNKNOWN']);
    await rows.reviveSubject(text(index), true);
    // Its first user alone may make nothing.
    const reading = await open({ redisWriteUrl: undefined });
    await expect(ask(reading)).rejects.toThrow(/REDIS_REFUSED.*NOPERM/);
  });

  test('nobody gets in without a user, without TLS, or past another certificate', async () => {
    const { port } = server.redis;
    const once = { retryStrategy: () => null, maxRetriesPerRequest: 0 };
    const get: Command = ['GET', `${P}keyset:field/people`];
    const tls = { ca: server.ca };
    const bare = given(`rediss://127.0.0.1:${port}`, get, { tls, ...once });
    await expect(bare).rejects.toThrow(/NOAUTH/);
    await expect(given(`redis://127.0.0.1:${port}`, get, once)).rejects.toThrow();
    const { redisTlsCa: _ca, ...untrusting } = shared('ingest');
    const provider = files.provider();
    const change = { ...untrusting, provider, signer: files.signer };
    expect(await codeOf(() => openKeysetAdmin(change))).toBe('REDIS_UNREACHABLE');
  });
});

describe('a user of Redis', () => {
  const table = Object.entries(FORBIDDEN).flatMap(([user, commands]) =>
    commands.map((command) => [user as RedisUser, command.join(' '), command] as const),
  );

  test.each(table)('%s may not %s', async (user, _line, command) => {
    const refusal = /NOPERM|The user executing the script|ACL failure in script/;
    await expect(server.run(user, ...command)).rejects.toThrow(refusal);
  });

  test('who may do everything is refused none of a few of these, so the refusals are the users’', async () => {
    for (const command of [anybody[0], anybody[14], anybody[18]])
      await expect(server.run('root', ...(command ?? ['PING']))).resolves.toBeDefined();
  });
});
