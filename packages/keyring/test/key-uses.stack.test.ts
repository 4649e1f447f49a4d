import { randomUUID } from 'node:crypto';
import { fieldCipher, type KeyUse } from '@sealstream/crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { KEY_USES_HIGH, KEY_USES_MAX } from '../src/key-uses.ts';
import { type Keyring, type KeyringOptions, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { codeOf, KeptHeads, KeptLog, Line, makeKeyFiles, until } from './keyring-fixture.ts';

const BLOCK = 2 ** 16;
const files = makeKeyFiles();
const value = Buffer.from('canary-value-4711');
const method = { keys: 'field', bind: [], pad: true } as const;
const gcm = fieldCipher('people', '/ssn', { ...method, form: 'token', algorithm: 'aes-256-gcm' });
const use: KeyUse = {
  purpose: 'field',
  algorithm: 'aes-256-gcm',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
};

let redis: Redis;
let prefix: string;
let heads: KeptHeads;
let log: KeptLog;
let admin: KeysetAdmin;
let keyId: string;
const rings: Keyring[] = [];

async function ring(more: Partial<KeyringOptions> = {}): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl: inject('stack').redisUrl,
    prefix,
    provider: files.provider(['field']),
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    signerPublicKey: files.signer.publicKey,
    heads,
    logger: log,
    pollMs: 60_000,
    ...more,
  });
  rings.push(keyring);
  await keyring.ready();
  return keyring;
}

/** As a stage: what lacks something is tried again after a refresh. @returns how often it was */
async function persistently(keyring: Keyring, batch: () => void): Promise<number> {
  for (let tries = 0; ; tries++) {
    const code = await codeOf(() => batch());
    if (Array.isArray(code)) return tries;
    expect(code).toBe('KEY_USES_WANTED');
    await keyring.refresh();
  }
}
const uses = (keyring: Keyring, count: number) => (): void => {
  for (let n = 0; n < count; n++) keyring.keys.active(use);
};
const counted = async (id = keyId) => Number(await redis.get(`${prefix}uses:${id}`));

beforeAll(() => {
  redis = new Redis(inject('stack').redisUrl);
});
afterAll(() => {
  redis.disconnect();
  files.remove();
});
beforeEach(async () => {
  heads = new KeptHeads();
  log = new KeptLog();
  prefix = `test-${randomUUID()}:`;
  const { redisUrl } = inject('stack');
  const provider = files.provider();
  admin = await openKeysetAdmin({
    redisUrl,
    prefix,
    provider,
    signer: files.signer,
    heads,
    logger: log,
  });
  ({ keyId } = await admin.ensure('field', 'people', 'aes-256-gcm'));
});
afterEach(() => {
  for (const keyring of rings.splice(0)) keyring.stop();
  admin.stop();
});

describe('uses of an aes-256-gcm key', () => {
  test('are reserved before the first, after one refusal that a refresh mends', async () => {
    const keyring = await ring();
    expect(await codeOf(() => gcm.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
    expect(await counted()).toBe(0);
    await keyring.refresh();
    const token = gcm.seal(keyring.keys, 'string', value);
    expect(gcm.open(keyring.keys, token).plain).toEqual(value);
    expect(await counted()).toBe(BLOCK);
  });

  test('are there from the start in a process that seals, and never taken by one that opens', async () => {
    const sealing = await ring({ sealsFields: true });
    const token = gcm.seal(sealing.keys, 'string', value);
    const opening = await ring();
    expect(gcm.open(opening.keys, token).plain).toEqual(value);
    await opening.refresh();
    expect(await counted()).toBe(BLOCK);
  });

  test('are reserved ahead when half a block is spent, so that nobody is refused', async () => {
    const keyring = await ring({ sealsFields: true });
    for (let block = 1; block < 4; block++) {
      uses(keyring, BLOCK / 2)();
      await expect.poll(() => counted()).toBe((block + 1) * BLOCK);
      // Redis has counted it; this waits until the process has read so.
      await keyring.refresh();
      expect(await counted()).toBe((block + 1) * BLOCK);
      uses(keyring, BLOCK / 2)();
    }
  });

  test('are blocks of its own in each of several processes, and none is used unreserved', async () => {
    const all = await Promise.all([ring(), ring(), ring(), ring()]);
    let used = 0;
    for (let round = 0; round < 20; round++) {
      for (const keyring of all) {
        const batch = 1000 * (round + 1);
        await persistently(keyring, uses(keyring, batch));
        used += batch;
        expect(await counted()).toBeGreaterThanOrEqual(used);
      }
    }
  });

  test('suffice at last for a batch that needs many blocks at once', async () => {
    const keyring = await ring();
    expect(await persistently(keyring, uses(keyring, 5 * BLOCK))).toBeLessThan(6);
  });

  test('are counted for JWE too, and for no other algorithm', async () => {
    for (const algorithm of ['xchacha20-poly1305', 'xchacha20-poly1305-siv', 'fernet'] as const)
      await admin.ensure('field', 'people', algorithm);
    const keyring = await ring();
    for (const algorithm of ['xchacha20-poly1305', 'xchacha20-poly1305-siv', 'fernet'] as const) {
      const form = algorithm === 'fernet' ? 'fernet' : 'token';
      const cipher = fieldCipher('people', '/ssn', { ...method, form, algorithm });
      const token = cipher.seal(keyring.keys, 'string', value);
      expect(cipher.open(keyring.keys, token).plain).toEqual(value);
    }
    expect(await redis.keys(`${prefix}uses:*`)).toEqual([]);
    const jwe = fieldCipher('people', '/ssn', { ...method, form: 'jwe', algorithm: 'aes-256-gcm' });
    expect(await codeOf(() => jwe.seal(keyring.keys, 'string', value))).toBe('KEY_USES_WANTED');
  });

  test('half spent: it seals, and health and log ask for a rotation', async () => {
    await redis.set(`${prefix}uses:${keyId}`, KEY_USES_HIGH);
    const keyring = await ring({ sealsFields: true });
    expect(gcm.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
    const troubles = [{ name: 'field/people', why: 'KEY_SPENT' }];
    expect(keyring.health()).toEqual({ usable: true, waitsFor: [], troubles });
    expect(log.lines.join()).toContain('key half spent');
    await admin.createOrRotate('field', 'people', 'aes-256-gcm');
    await until(() => keyring.health().troubles.length === 0);
  });

  test('spent: no process seals with it, and all go on after a rotation', async () => {
    // One whole block fits, and half of one does not.
    await redis.set(`${prefix}uses:${keyId}`, KEY_USES_MAX - 1.5 * BLOCK);
    const keyring = await ring({ sealsFields: true });
    const token = gcm.seal(keyring.keys, 'string', value);
    expect(await codeOf(uses(keyring, BLOCK))).toBe('KEY_USES_WANTED');
    await keyring.refresh();
    expect(await codeOf(uses(keyring, 1))).toBe('KEY_SPENT');
    expect(keyring.health().waitsFor).toEqual([{ name: 'field/people', why: 'KEY_SPENT' }]);
    const other = await ring({ sealsFields: true });
    expect(await codeOf(uses(other, 1))).toBe('KEY_SPENT');
    expect(log.lines.join()).toContain('key spent');
    expect(gcm.open(other.keys, token).plain).toEqual(value);
    const fresh = await admin.createOrRotate('field', 'people', 'aes-256-gcm');
    for (const one of [keyring, other]) {
      await until(() => one.health().usable);
      await one.refresh();
      expect(gcm.seal(one.keys, 'string', value).includes(fresh.keyId)).toBe(true);
    }
  });

  test('end at exactly 2^31 reserved', async () => {
    await redis.set(`${prefix}uses:${keyId}`, KEY_USES_MAX - BLOCK);
    const keyring = await ring({ sealsFields: true });
    expect(await counted()).toBe(KEY_USES_MAX);
    expect(await codeOf(uses(keyring, BLOCK + 1))).toBe('KEY_USES_WANTED');
    await keyring.refresh();
    expect(await codeOf(uses(keyring, 1))).toBe('KEY_SPENT');
  });

  test('that a Redis set back has forgotten are counted again by who knew of them', async () => {
    await redis.set(`${prefix}uses:${keyId}`, 50 * BLOCK);
    const keyring = await ring({ sealsFields: true });
    await redis.set(`${prefix}uses:${keyId}`, 3 * BLOCK);
    uses(keyring, BLOCK / 2)();
    await expect.poll(() => counted()).toBe(55 * BLOCK);
  });

  test('cannot be had while Redis is away: what is reserved is used, and no more', async () => {
    const line = new Line(inject('stack').redisUrl);
    const keyring = await ring({ sealsFields: true, redisWriteUrl: await line.open() });
    line.cut();
    expect(await codeOf(uses(keyring, BLOCK))).toEqual(['gave', undefined]);
    expect(await codeOf(uses(keyring, 1))).toBe('KEY_USES_WANTED');
    await keyring.refresh();
    expect(keyring.health().troubles).toEqual([{ name: 'field/people', why: 'REDIS_UNREACHABLE' }]);
    line.mend();
    await persistently(keyring, uses(keyring, 1));
    line.close();
  });
});
