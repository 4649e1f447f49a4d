import { fieldCipher } from '@sealstream/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { codeOf, KeptHeads, KeptLog, Line, makeKeyFiles, until } from './keyring-fixture.ts';
import { OwnRedis } from './redis-fixture.ts';

const SLOW_MS = 150;
const KEY = 'sealstream:keyset:field/people';
const files = makeKeyFiles();
const value = Buffer.from('canary-value-4711');
const cipher = fieldCipher('people', '/ssn');
const gcm = fieldCipher('people', '/ssn', {
  form: 'token',
  algorithm: 'aes-256-gcm',
  keys: 'field',
  bind: [],
  pad: true,
});

let redis: OwnRedis;
let heads: KeptHeads;
let log: KeptLog;
let admin: KeysetAdmin;
const stops: { stop(): void }[] = [];

async function openedRing(redisUrl = redis.url): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl,
    provider: files.provider(['field']),
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    signerPublicKey: files.signer.publicKey,
    heads,
    logger: log,
    pollMs: 100,
  });
  stops.push(keyring);
  return keyring;
}
async function readyRing(redisUrl?: string): Promise<Keyring> {
  const keyring = await openedRing(redisUrl);
  await keyring.ready();
  return keyring;
}
async function openedAdmin(redisUrl = redis.url): Promise<KeysetAdmin> {
  const provider = files.provider();
  const { signer } = files;
  const one = await openKeysetAdmin({ redisUrl, provider, signer, heads, logger: log });
  stops.push(one);
  return one;
}
const works = (keyring: Keyring): boolean =>
  cipher.open(keyring.keys, cipher.seal(keyring.keys, 'string', value)).plain.equals(value);
const troublesOf = (keyring: Keyring): string[] => keyring.health().troubles.map(({ why }) => why);

beforeAll(async () => {
  redis = await OwnRedis.start();
});
afterAll(async () => {
  await redis.remove();
  files.remove();
});
beforeEach(async () => {
  await redis.run('FLUSHALL');
  heads = new KeptHeads();
  log = new KeptLog();
  admin = await openedAdmin();
  await admin.ensure('field', 'people');
  await admin.ensure('field', 'people', 'aes-256-gcm');
});
afterEach(() => {
  for (const one of stops.splice(0)) one.stop();
});

describe('a slow Redis', () => {
  test('makes starts and rotations late, and sealing and opening wait for nothing', async () => {
    const line = new Line(redis.url);
    line.delayMs = SLOW_MS;
    stops.push({ stop: () => line.close() });
    const url = await line.open();
    const keyring = await readyRing(url);
    const began = performance.now();
    for (let n = 0; n < 200; n++) expect(works(keyring)).toBe(true);
    expect(performance.now() - began).toBeLessThan(SLOW_MS);
    const slow = await openedAdmin(url);
    const { keyId } = await slow.createOrRotate('field', 'people');
    await until(() => cipher.seal(keyring.keys, 'string', value).includes(keyId));
    expect(keyring.health()).toEqual({ usable: true, waitsFor: [], troubles: [] });
  });

  test('never lets a key seal whose uses are not acknowledged', async () => {
    const line = new Line(redis.url);
    line.delayMs = SLOW_MS;
    stops.push({ stop: () => line.close() });
    const keyring = await readyRing(await line.open());
    const asked = codeOf(() => gcm.seal(keyring.keys, 'string', value));
    expect(await asked).toBe('KEY_USES_WANTED');
    const refreshed = keyring.refresh();
    expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
    await refreshed;
    expect(gcm.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
  });
});

describe('a full Redis', () => {
  test('refuses changes by its own word, keeps what it has, and services read on', async () => {
    const keyring = await readyRing();
    const before = await redis.run('GET', KEY);
    await redis.run('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const rotating = admin.createOrRotate('field', 'people');
      await expect(rotating).rejects.toThrow(/^REDIS_REFUSED: .*reason OOM/);
      await expect(admin.ensure('hash', 'people')).rejects.toMatchObject({ code: 'REDIS_REFUSED' });
      expect(await redis.run('GET', KEY)).toBe(before);
      expect(works(keyring)).toBe(true);
      expect(works(await readyRing())).toBe(true);
      await keyring.refresh();
      expect(troublesOf(keyring)).toEqual([]);
      // Uses cannot be counted, so none is given.
      expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
      await keyring.refresh();
      expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
      expect(troublesOf(keyring)).toEqual(['REDIS_REFUSED']);
    } finally {
      await redis.run('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect((await admin.createOrRotate('field', 'people')).action).toBe('rotated');
    await until(() => troublesOf(keyring).length === 0);
    expect(gcm.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
  });
});

describe('a Redis that was', () => {
  test('set back to a backup while services run is not believed by them, nor at a start, nor by a rotator', async () => {
    const backup = await redis.backUp();
    const keyring = await readyRing();
    const { keyId } = await admin.createOrRotate('field', 'people');
    await until(() => cipher.seal(keyring.keys, 'string', value).includes(keyId));
    const token = cipher.seal(keyring.keys, 'string', value);
    await redis.setBack(backup);
    await until(() => troublesOf(keyring).includes('KEYSET_ROLLED_BACK'));
    expect(cipher.seal(keyring.keys, 'string', value).includes(keyId)).toBe(true);
    const late = await openedRing();
    await until(() => late.health().waitsFor.some(({ why }) => why === 'KEYSET_ROLLED_BACK'));
    expect(await codeOf(() => cipher.seal(late.keys, 'string', value))).toBe('KEYSET_ROLLED_BACK');
    const rotator = await openedAdmin();
    expect(await codeOf(() => rotator.createOrRotate('field', 'people'))).toBe(
      'KEYSET_ROLLED_BACK',
    );
    expect(await codeOf(() => rotator.destroy('field', 'people', keyId))).toBe(
      'KEYSET_ROLLED_BACK',
    );
    expect(await rotator.restore()).toMatchObject([{ name: 'field/people', action: 'restored' }]);
    await late.ready();
    await until(() => troublesOf(keyring).length === 0);
    for (const one of [keyring, late]) expect(cipher.open(one.keys, token).plain).toEqual(value);
    // The id of the key that the backup did not know stays taken.
    expect(await redis.run('GET', `sealstream:key-id:${keyId}`)).toBe('field/people');
  });

  test('lost with all it held is made good by a restore, while services work on', async () => {
    const keyring = await readyRing();
    const token = cipher.seal(keyring.keys, 'string', value);
    await redis.setBack();
    await until(() => troublesOf(keyring).includes('KEYSET_MISSING'));
    expect(works(keyring)).toBe(true);
    const rotator = await openedAdmin();
    expect(await codeOf(() => rotator.createOrRotate('field', 'people'))).toBe('KEYSET_MISSING');
    expect(await rotator.restore()).toMatchObject([{ name: 'field/people', action: 'restored' }]);
    await until(() => troublesOf(keyring).length === 0);
    expect(cipher.open((await readyRing()).keys, token).plain).toEqual(value);
  });

  test('set back behind the end of a key brings that key back in no process', async () => {
    const { keyId } = await admin.ensure('field', 'people');
    const backup = await redis.backUp();
    const keyring = await readyRing();
    const token = cipher.seal(keyring.keys, 'string', value);
    await admin.createOrRotate('field', 'people');
    await admin.destroy('field', 'people', keyId);
    const opening = () => codeOf(() => cipher.open(keyring.keys, token));
    await expect.poll(opening).toBe('KEY_DESTROYED');
    await redis.setBack(backup);
    await until(() => troublesOf(keyring).includes('KEYSET_ROLLED_BACK'));
    expect(await opening()).toBe('KEY_DESTROYED');
    await (await openedAdmin()).restore();
    const late = await readyRing();
    expect(await codeOf(() => cipher.open(late.keys, token))).toBe('KEY_DESTROYED');
  });
});

describe('who may write to Redis and has no signer', () => {
  const replaced = async (bytes: string): Promise<unknown> => {
    await redis.run('SET', KEY, bytes);
    return codeOf(() => readyRing());
  };

  test('cannot put the keyset of another dataset or purpose in the place of one', async () => {
    await admin.ensure('field', 'staff');
    await admin.ensure('hash', 'people');
    for (const name of ['field/staff', 'hash/people']) {
      const other = String(await redis.run('GET', `sealstream:keyset:${name}`));
      expect(await replaced(other)).toBe('KEYSET_UNREADABLE');
    }
  });

  test('cannot cut a keyset short, swap its wrapped keys, or take one from another keyset', async () => {
    await admin.createOrRotate('field', 'people');
    await admin.ensure('field', 'staff');
    const good = String(await redis.run('GET', KEY));
    const staff = String(await redis.run('GET', 'sealstream:keyset:field/staff'));
    const wrappedIn = (text: string) =>
      [...text.matchAll(/"wrapped":"([\w-]+)"/g)].map(([, w]) => w);
    const [first = '', second = ''] = wrappedIn(good);
    const [foreign = ''] = wrappedIn(staff);
    const forged = [
      good.slice(0, good.length / 2),
      good.slice(0, -2),
      good.replace(first, '#').replace(second, first).replace('#', second),
      good.replace(first, foreign),
      good.replace(first, first.slice(0, -4)),
    ];
    for (const bytes of forged) {
      expect(bytes).not.toBe(good);
      expect(await replaced(bytes)).toBe('KEYSET_BAD_SIGNATURE');
    }
    expect(await replaced(good)).toMatchObject(['gave', {}]);
  });
});
