import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { KEYSET_PURPOSES, type Purpose, SERVICE_PURPOSES } from '@sealstream/contracts';
import {
  fieldCipher,
  generateSigner,
  KeyedHash,
  readSigner,
  RecordCipher,
} from '@sealstream/crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Keyring, type KeyringOptions, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { KeysetStore } from '../src/keyset-store.ts';
import { codeOf, KeptHeads, KeptLog, Line, makeKeyFiles, until } from './keyring-fixture.ts';

const files = makeKeyFiles();
afterAll(() => files.remove());
const value = Buffer.from('canary-value-4711');
const cipher = fieldCipher('people', '/ssn');
const record = new RecordCipher('rejected', 'people', 'rejected');
const binding = { source: Buffer.alloc(16), key: null, headers: Buffer.alloc(0) };

let heads: KeptHeads;
let prefix: string;
let log: KeptLog;
let line: Line;
let lineUrl: string;
let admin: KeysetAdmin;
const rings: Keyring[] = [];

async function ring(
  purposes: readonly Purpose[],
  more: Partial<KeyringOptions> = {},
): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl: lineUrl,
    prefix,
    provider: files.provider(purposes),
    purposes,
    datasets: ['people'],
    signerPublicKey: files.signer.publicKey,
    heads,
    logger: log,
    ...more,
  });
  rings.push(keyring);
  return keyring;
}

async function createAll(): Promise<void> {
  for (const purpose of KEYSET_PURPOSES) await admin.ensure(purpose, 'people');
}

async function direct(): Promise<KeysetStore> {
  const { redisUrl } = inject('stack');
  const store = new KeysetStore({ redisUrl, prefix, logger: log });
  await store.connect();
  return store;
}

beforeEach(async () => {
  heads = new KeptHeads();
  log = new KeptLog();
  prefix = `test-${randomUUID()}:`;
  line = new Line(inject('stack').redisUrl);
  lineUrl = await line.open();
  admin = await openKeysetAdmin({
    redisUrl: inject('stack').redisUrl,
    prefix,
    provider: files.provider(),
    signer: files.signer,
    heads,
    logger: log,
  });
});
afterEach(() => {
  for (const keyring of rings.splice(0)) keyring.stop();
  admin.stop();
  line.close();
});

describe('keyring', () => {
  test('is ready when every keyset is there, also when they come later', async () => {
    const keyring = await ring(SERVICE_PURPOSES.encrypt, { pollMs: 60_000 });
    let ready = false;
    const waiting = keyring.ready().finally(() => {
      ready = true;
    });
    await keyring.refresh();
    expect(ready).toBe(false);
    expect(keyring.health().waitsFor.map(({ name, why }) => `${name} ${why}`)).toEqual([
      'accepted/people KEYSET_MISSING',
      'field/people KEYSET_MISSING',
      'rejected/people KEYSET_MISSING',
    ]);
    await createAll();
    await waiting;
    expect(keyring.health()).toEqual({ usable: true, waitsFor: [], troubles: [] });
    expect(cipher.open(keyring.keys, cipher.seal(keyring.keys, 'string', value)).plain).toEqual(
      value,
    );
  });

  test('a service holds keys of its own purposes alone, and seals rejects without a key', async () => {
    await createAll();
    const [ingest, mask, encrypt] = await Promise.all([
      ring(SERVICE_PURPOSES.ingest),
      ring(SERVICE_PURPOSES.mask),
      ring(SERVICE_PURPOSES.encrypt),
    ]);
    if (ingest === undefined || mask === undefined || encrypt === undefined) expect.unreachable();
    await Promise.all([ingest.ready(), mask.ready(), encrypt.ready()]);
    const token = cipher.seal(encrypt.keys, 'string', value);
    const rejected = record.sealToPublic(mask.keys, binding, value);
    expect(await codeOf(() => cipher.open(mask.keys, token))).toBe('KEYSET_MISSING');
    expect(await codeOf(() => record.openSealed(mask.keys, binding, rejected))).toBe(
      'KEY_FILE_MISSING',
    );
    expect(record.openSealed(ingest.keys, binding, rejected)).toEqual(value);
    const hash = new KeyedHash('hash', 'people', '/email');
    expect(hash.digest(mask.keys, value)).toEqual(hash.digest(ingest.keys, value));
  });

  test('a rotation reaches every process by notice, long before a poll', async () => {
    await createAll();
    const writer = await ring(['field'], { pollMs: 60_000 });
    const reader = await ring(['field'], { pollMs: 60_000 });
    await Promise.all([writer.ready(), reader.ready()]);
    const old = cipher.seal(writer.keys, 'string', value);
    const { keyId } = await admin.createOrRotate('field', 'people');
    await until(() => cipher.seal(writer.keys, 'string', value).includes(keyId));
    const fresh = cipher.seal(writer.keys, 'string', value);
    await until(() => cipher.seal(reader.keys, 'string', value).includes(keyId));
    for (const token of [old, fresh]) expect(cipher.open(reader.keys, token).plain).toEqual(value);
  });

  test('a change whose notice was lost is found by polling', async () => {
    await createAll();
    const redis = new Redis(inject('stack').redisUrl);
    const key = `${prefix}keyset:field/people`;
    const [before, earlier] = [await redis.getBuffer(key), new KeptHeads()];
    earlier.published.push(...heads.published);
    const { keyId } = await admin.createOrRotate('field', 'people');
    const after = await redis.getBuffer(key);
    if (before === null || after === null) expect.unreachable();
    // Written by hand, so that nobody is told.
    await redis.set(key, before);
    const keyring = await ring(['field'], { pollMs: 100, heads: earlier });
    await keyring.ready();
    expect(cipher.seal(keyring.keys, 'string', value).includes(keyId)).toBe(false);
    await redis.set(key, after);
    await until(() => cipher.seal(keyring.keys, 'string', value).includes(keyId));
    redis.disconnect();
  });

  test('with Redis away known keys work to the ceiling, then none does, then all do again', async () => {
    await createAll();
    const keyring = await ring(['field'], { pollMs: 100, cacheCeilingMs: 1500 });
    await keyring.ready();
    const token = cipher.seal(keyring.keys, 'string', value);
    line.cut();
    await until(() => keyring.health().troubles.length > 0);
    expect(keyring.health()).toMatchObject({ usable: true });
    expect(keyring.health().troubles).toContainEqual({
      name: 'field/people',
      why: 'REDIS_UNREACHABLE',
    });
    expect(cipher.open(keyring.keys, token).plain).toEqual(value);
    await until(() => !keyring.health().usable);
    expect(keyring.health().waitsFor).toContainEqual({
      name: 'field/people',
      why: 'KEYRING_STALE',
    });
    expect(await codeOf(() => cipher.open(keyring.keys, token))).toBe('KEYRING_STALE');
    expect(await codeOf(() => cipher.seal(keyring.keys, 'string', value))).toBe('KEYRING_STALE');
    line.mend();
    await until(() => keyring.health().usable);
    expect(cipher.open(keyring.keys, token).plain).toEqual(value);
  });

  test('a Redis set back to what a process holds is not believed for longer than the ceiling', async () => {
    await createAll();
    const store = await direct();
    const keyring = await ring(['field'], { pollMs: 50, cacheCeilingMs: 800 });
    await keyring.ready();
    const token = cipher.seal(keyring.keys, 'string', value);
    const [old = null] = await store.read(['field/people']);
    line.cut();
    await admin.createOrRotate('field', 'people');
    const publishedAt = performance.now();
    const [good = null] = await store.read(['field/people']);
    if (old === null || good === null) expect.unreachable();
    await store.swap('field/people', good, old);
    line.mend();
    await until(() => !keyring.health().usable);
    expect(performance.now() - publishedAt).toBeLessThan(1600);
    const why = await codeOf(() => cipher.open(keyring.keys, token));
    expect(why).toBe('KEYRING_STALE');
    await until(() => log.lines.some((text) => text.includes('KEYSET_ROLLED_BACK')));
    expect(keyring.health().usable).toBe(false);
    await store.swap('field/people', old, good);
    await until(() => keyring.health().usable);
    store.stop();
  });

  test('with the heads away for a moment nothing stops, and past the ceiling nothing is used', async () => {
    await createAll();
    const away = { loads: 0, is: false };
    const flaky = {
      load: () => {
        away.loads += 1;
        return away.is ? Promise.reject(new Error('the topic is away')) : heads.load();
      },
    };
    const keyring = await ring(['field'], { pollMs: 20, cacheCeilingMs: 800, heads: flaky });
    await keyring.ready();
    let stopped = false;
    const watching = setInterval(() => {
      stopped ||= !keyring.health().usable;
    }, 5);
    away.is = true;
    await until(() => away.loads > 2);
    away.is = false;
    const loads = away.loads;
    await until(() => away.loads > loads + 4);
    expect(stopped).toBe(false);
    away.is = true;
    await until(() => stopped);
    clearInterval(watching);
    expect(keyring.health().waitsFor).toContainEqual({
      name: 'field/people',
      why: 'KEYRING_STALE',
    });
    away.is = false;
    await until(() => keyring.health().usable);
  });

  test('a start without Redis waits and comes up when Redis does', async () => {
    await createAll();
    line.cut();
    const keyring = await ring(['field'], { pollMs: 100 });
    await keyring.refresh();
    expect(keyring.health().usable).toBe(false);
    line.mend();
    await keyring.ready();
  });

  test('an old keyset replayed before a fresh start is refused, and so is none at all', async () => {
    await createAll();
    const store = await direct();
    const [old = null] = await store.read(['field/people']);
    await admin.createOrRotate('field', 'people');
    const [good = null] = await store.read(['field/people']);
    if (old === null || good === null) expect.unreachable();
    await store.swap('field/people', good, old);
    const keyring = await ring(['field']);
    await until(() => keyring.health().waitsFor.some(({ why }) => why === 'KEYSET_ROLLED_BACK'));
    expect(await codeOf(() => cipher.seal(keyring.keys, 'string', value))).toBe(
      'KEYSET_ROLLED_BACK',
    );
    await admin.restore();
    await keyring.ready();
    store.stop();
  });

  test('a keyset of another signer ends the waiting, and later ones do not replace a good one', async () => {
    await createAll();
    const stranger = readSigner(generateSigner().privateKey).publicKey;
    const distrusting = await ring(['field'], {
      signerPublicKey: stranger,
      heads: new KeptHeads(),
    });
    expect(await codeOf(() => distrusting.ready())).toBe('KEYSET_BAD_SIGNATURE');
    expect(await codeOf(() => ring(['field'], { signerPublicKey: stranger }))).toBe(
      'KEYSET_BAD_SIGNATURE',
    );
    const keyring = await ring(['field']);
    await keyring.ready();
    const store = await direct();
    const [good = null] = await store.read(['field/people']);
    await store.swap('field/people', good, Buffer.from('{}\nAAAA\n'));
    await until(() => keyring.health().troubles.some(({ why }) => why === 'KEYSET_BAD_SIGNATURE'));
    expect(cipher.seal(keyring.keys, 'string', value)).toBeInstanceOf(Buffer);
    store.stop();
  });

  test('other key files end the waiting', async () => {
    await createAll();
    const others = makeKeyFiles();
    const keyring = await ring(['field'], { provider: others.provider(['field']) });
    expect(await codeOf(() => keyring.ready())).toBe('KEYSET_UNREADABLE');
    others.remove();
  });

  test('stopped, it gives no key, ends those who wait, and can be stopped again', async () => {
    await createAll();
    const keyring = await ring(['field']);
    await keyring.ready();
    const late = await ring(['field'], { datasets: ['nowhere'] });
    const waiting = codeOf(() => late.ready());
    keyring.stop();
    keyring.stop();
    late.stop();
    expect(await waiting).toBe('KEYRING_STALE');
    expect(await codeOf(() => cipher.seal(keyring.keys, 'string', value))).toBe('KEYRING_STALE');
  });

  test('logs and printed objects show names and codes and no key', async () => {
    await createAll();
    const keyring = await ring(SERVICE_PURPOSES.ingest);
    await keyring.ready();
    const shown = inspect(keyring, { depth: 20, showHidden: true }) + log.lines.join();
    expect(shown).toContain('keyset taken on');
    expect(shown).not.toMatch(/wrapped|<Buffer/);
  });
});
