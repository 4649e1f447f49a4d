import { randomUUID } from 'node:crypto';
import { generateSigner, readSigner } from '@sealstream/crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { openSignedKeyset } from '../src/keyset-document.ts';
import { KeysetStore } from '../src/keyset-store.ts';
import { codeOf, KeptHeads, KeptLog, makeKeyFiles } from './keyring-fixture.ts';

const files = makeKeyFiles();
afterAll(() => files.remove());
const NAME = 'field/people';

let heads: KeptHeads;
let prefix: string;
let store: KeysetStore;
const opened: KeysetAdmin[] = [];

async function admin(signer = files.signer, provider = files.provider()): Promise<KeysetAdmin> {
  const { redisUrl } = inject('stack');
  const options = { redisUrl, prefix, provider, signer, heads, logger: new KeptLog() };
  const one = await openKeysetAdmin(options);
  opened.push(one);
  return one;
}
const stored = async (name = NAME): Promise<Buffer> =>
  (await store.read([name]))[0] ?? Buffer.alloc(0);
const keyIdsOf = (bytes: Buffer): string[] =>
  openSignedKeyset(NAME, bytes, files.signer.publicKey).document.keys.map(({ id }) => id);
const statesOf = async (name = NAME): Promise<string[]> =>
  openSignedKeyset(name, await stored(name), files.signer.publicKey).document.keys.map(
    ({ state }) => state,
  );

beforeEach(async () => {
  heads = new KeptHeads();
  prefix = `test-${randomUUID()}:`;
  store = new KeysetStore({
    redisUrl: inject('stack').redisUrl,
    prefix,
    logger: new KeptLog(),
  });
  await store.connect();
});
afterEach(() => {
  store.stop();
  for (const one of opened.splice(0)) one.stop();
});

describe('keyset change', () => {
  test('creates, then rotates; every version is with the heads before the next stands', async () => {
    const one = await admin();
    const created = await one.createOrRotate('field', 'people');
    expect(created).toMatchObject({ name: NAME, version: 2, action: 'created' });
    const rotated = await one.createOrRotate('field', 'people');
    expect(rotated).toMatchObject({ version: 4, action: 'rotated' });
    expect(rotated.keyId).not.toBe(created.keyId);
    expect(await statesOf()).toEqual(['decrypt-only', 'active']);
    const versions = heads.published.map(
      ({ document }) => openSignedKeyset(NAME, document, files.signer.publicKey).document.version,
    );
    expect(versions).toEqual([1, 2, 3, 4]);
    expect(heads.published.at(-1)?.document).toEqual(await stored());
  });

  test('a keyset that is there is left as it is when only its being there is asked', async () => {
    const one = await admin();
    const created = await one.ensure('hash', 'people');
    expect(created.action).toBe('created');
    expect(await one.ensure('hash', 'people')).toEqual({ ...created, action: 'unchanged' });
  });

  test('hash keys never rotate', async () => {
    const one = await admin();
    await one.createOrRotate('hash', 'people');
    const before = await stored('hash/people');
    expect(await codeOf(() => one.createOrRotate('hash', 'people'))).toBe('USAGE');
    expect(await stored('hash/people')).toEqual(before);
  });

  test('of two rotators at once one wins and the other sees a conflict', async () => {
    await (await admin()).createOrRotate('field', 'people');
    for (let round = 0; round < 5; round++) {
      const rotators = [await admin(), await admin()];
      const outcomes = await Promise.all(
        rotators.map((one) => codeOf(() => one.createOrRotate('field', 'people'))),
      );
      const states = await statesOf();
      expect(states.filter((state) => state === 'active')).toHaveLength(1);
      expect(states).not.toContain('pending');
      for (const outcome of outcomes)
        expect(outcome === 'KEYSET_CONFLICT' || Array.isArray(outcome)).toBe(true);
      expect(outcomes.some(Array.isArray)).toBe(true);
      expect(heads.published.at(-1)?.document).toEqual(await stored());
    }
  });

  test('who publishes late leaves the heads at what Redis holds all the same', async () => {
    const [slow, fast] = [await admin(), await admin()];
    await slow.createOrRotate('field', 'people');
    heads.meanwhile = () => fast.createOrRotate('field', 'people');
    expect(await codeOf(() => slow.createOrRotate('field', 'people'))).toBe('KEYSET_CONFLICT');
    expect(await statesOf()).toEqual(['decrypt-only', 'active']);
    expect(heads.published.at(-1)?.document).toEqual(await stored());
  });

  test('who brings lagging heads up too late leaves them at what Redis holds all the same', async () => {
    const [slow, fast] = [await admin(), await admin()];
    await slow.createOrRotate('field', 'people');
    heads.fail = true;
    await codeOf(() => slow.createOrRotate('field', 'people'));
    heads.fail = false;
    heads.meanwhile = () => fast.createOrRotate('field', 'people');
    expect(await codeOf(() => slow.createOrRotate('field', 'people'))).toBe('KEYSET_CONFLICT');
    expect(heads.published.at(-1)?.document).toEqual(await stored());
  });

  test('without the heads no key becomes active, and the next change finishes the job', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    heads.fail = true;
    expect(await codeOf(() => one.createOrRotate('field', 'people'))).toBe(
      'Error: the topic is away',
    );
    expect(await statesOf()).toEqual(['active', 'pending']);
    heads.fail = false;
    await one.createOrRotate('field', 'people');
    expect(await statesOf()).toEqual(['decrypt-only', 'active']);
  });

  test('who may not write to the heads changes nothing in Redis, not even a key that waits', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    await one.createOrRotate('field', 'people');
    const before = await stored();
    const [old = ''] = keyIdsOf(before);
    const redis = new Redis(inject('stack').redisUrl);
    const names = async () => (await redis.keys(`${prefix}*`)).toSorted();
    const there = await names();
    heads.isForbidden = true;
    for (const change of [
      () => one.createOrRotate('field', 'people'),
      () => one.ensure('hash', 'people'),
      () => one.destroy('field', 'people', old),
    ])
      expect(await codeOf(change)).toBe('KAFKA_REFUSED');
    expect(await stored()).toEqual(before);
    expect(await names()).toEqual(there);
    redis.disconnect();
    heads.isForbidden = false;
    expect(await one.destroy('field', 'people', old)).toMatchObject({ action: 'destroyed' });
  });

  test('a new epoch that was cut is finished by a new epoch, and by no rotation of other keys', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const siv = 'xchacha20-poly1305-siv';
    await one.ensure('field', 'people', siv);
    heads.fail = true;
    await codeOf(() => one.newEpoch('field', 'people', siv));
    heads.fail = false;
    await one.createOrRotate('field', 'people');
    expect(await statesOf()).toEqual(['decrypt-only', 'active', 'pending', 'active']);
    await one.newEpoch('field', 'people', siv);
    expect(await statesOf()).toEqual(['decrypt-only', 'decrypt-only', 'active', 'active']);
  });

  test('nothing is built on a keyset below its head, of another signer, or that Redis lost', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const old = await stored();
    await one.createOrRotate('field', 'people');
    const good = await stored();
    const rotating = (): Promise<unknown> => codeOf(() => one.createOrRotate('field', 'people'));
    await store.swap(NAME, good, old);
    expect(await rotating()).toBe('KEYSET_ROLLED_BACK');
    const forged = Buffer.from(old.toString().replace('"version":2', '"version":9'));
    await store.swap(NAME, old, forged);
    expect(await rotating()).toBe('KEYSET_BAD_SIGNATURE');
    prefix = `test-${randomUUID()}:`;
    const elsewhere = await admin();
    expect(await codeOf(() => elsewhere.createOrRotate('field', 'people'))).toBe('KEYSET_MISSING');
    const stranger = await admin(readSigner(generateSigner().privateKey));
    expect(await codeOf(() => stranger.restore())).toBe('KEYSET_BAD_SIGNATURE');
  });

  test('with other key files nothing is rotated', async () => {
    await (await admin()).createOrRotate('field', 'people');
    const before = await stored();
    const others = makeKeyFiles();
    const one = await admin(files.signer, others.provider());
    expect(await codeOf(() => one.createOrRotate('field', 'people'))).toBe('KEYSET_UNREADABLE');
    expect(await stored()).toEqual(before);
    others.remove();
  });
});

describe('restore', () => {
  test('rebuilds what Redis lost, holds an old copy of, or that was changed; newer stays', async () => {
    const one = await admin();
    for (const dataset of ['lost', 'old', 'changed', 'good', 'newer'])
      await one.createOrRotate('field', dataset);
    const old = await stored('field/old');
    await one.createOrRotate('field', 'old');
    const wanted = new Map(await heads.load());
    // What an attacker or an old backup would leave.
    await store.swap('field/old', await stored('field/old'), old);
    await store.swap('field/changed', await stored('field/changed'), Buffer.from('junk'));
    const published = heads.published.length;
    await one.createOrRotate('field', 'newer');
    heads.published.length = published;
    const again = await admin();
    const lost = await stored('field/lost');
    await store.swap('field/lost', lost, Buffer.from(''));
    const actions = (await again.restore()).map(({ name, action }) => [name, action]);
    expect(Object.fromEntries(actions)).toEqual({
      'field/lost': 'restored',
      'field/old': 'restored',
      'field/changed': 'restored',
      'field/good': 'unchanged',
      'field/newer': 'ahead',
    });
    for (const name of ['field/lost', 'field/old', 'field/changed', 'field/good'])
      expect(await stored(name)).toEqual(wanted.get(name));
  });

  test('into an empty Redis gives the same keysets, and their key ids stay taken', async () => {
    const { keyId } = await (await admin()).createOrRotate('field', 'people');
    const before = await stored();
    prefix = `test-${randomUUID()}:`;
    const emptied = await admin();
    await emptied.restore();
    store.stop();
    store = new KeysetStore({ redisUrl: inject('stack').redisUrl, prefix, logger: new KeptLog() });
    await store.connect();
    expect(await stored()).toEqual(before);
    expect(await store.claimKeyId(keyId, 'other')).toBe(false);
    expect(await emptied.createOrRotate('field', 'people')).toMatchObject({ version: 4 });
  });
});

describe('list', () => {
  test('shows states and problems and never key bytes', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    await one.createOrRotate('rejected', 'people');
    await one.createOrRotate('field', 'old');
    const old = await stored('field/old');
    await one.createOrRotate('field', 'old');
    await store.swap('field/old', await stored('field/old'), old);
    await store.swap('hash/bad', null, Buffer.from('junk'));
    heads.published.push({ name: 'field/gone', document: Buffer.from('junk') });
    const listed = await one.list();
    expect(listed.map(({ name, problem }) => [name, problem])).toEqual([
      ['field/gone', 'KEYSET_BAD_SIGNATURE'],
      ['field/old', 'KEYSET_ROLLED_BACK'],
      ['field/people', undefined],
      ['hash/bad', 'KEYSET_BAD_SIGNATURE'],
      ['rejected/people', undefined],
    ]);
    expect(Object.keys(listed[2]?.keys[0] ?? {})).toEqual(['id', 'state', 'algorithm', 'created']);
  });
});
