import { inspect } from 'node:util';
import { fieldCipher, generateSigner, readSigner } from '@sealstream/crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyArena } from '../src/arena.ts';
import { CachedKeys } from '../src/cached-keys.ts';
import { firstDocument, withActivated, withPending } from '../src/keyset-change.ts';
import { signKeyset } from '../src/keyset-document.ts';
import { OpenedKeyset } from '../src/opened-keyset.ts';
import { WatchedKeyset } from '../src/watched-keyset.ts';
import { codeOf, makeKeyFiles } from './keyring-fixture.ts';

const files = makeKeyFiles();
afterAll(() => files.remove());
const provider = files.provider();
const making = new KeyArena();
const pending = await firstDocument('field', 'people', 'firstKey0001', making, provider);
const first = signKeyset(withActivated(pending), files.signer);
const second = signKeyset(
  withActivated(await withPending(first.document, 'secondKey001', making, provider)),
  files.signer,
);
const CEILING_MS = 1000;

function watch(head = undefined as typeof first | undefined, max = 100) {
  const arena = new KeyArena();
  const time = { now: 0, asked: 0 };
  const keyset = new OpenedKeyset('field', 'people', arena, provider);
  const watched = new WatchedKeyset(keyset, head, {
    signerPublicKey: files.signer.publicKey,
    ceilingMs: CEILING_MS,
    clock: () => time.now,
  });
  const uses = { spend: () => undefined };
  const all = new Map([[watched.name, watched]]);
  const keys = new CachedKeys(arena, all, uses, () => time.asked++, max);
  return { arena, time, watched, keys };
}
const cipher = fieldCipher('people', '/ssn');
const value = Buffer.from('123-45-6789');

describe('watched keyset', () => {
  test('works up to the ceiling, throws after it, and recovers with the next confirmation', async () => {
    const { time, watched, keys } = watch();
    await watched.offer(first.bytes, 0);
    time.now = CEILING_MS;
    const token = cipher.seal(keys, 'string', value);
    time.now = CEILING_MS + 1;
    expect(await codeOf(() => cipher.seal(keys, 'string', value))).toBe('KEYRING_STALE');
    expect(await codeOf(() => cipher.open(keys, token))).toBe('KEYRING_STALE');
    expect(watched.waitsFor).toBe('KEYRING_STALE');
    await watched.offer(first.bytes, time.now);
    expect(cipher.open(keys, token).plain).toEqual(value);
    expect(watched.waitsFor).toBeUndefined();
  });

  test('an older keyset than the head is refused at start and later, and does not confirm', async () => {
    const { time, watched } = watch(second);
    expect(await codeOf(() => watched.offer(first.bytes, 0))).toBe('KEYSET_ROLLED_BACK');
    expect(watched.waitsFor).toBe('KEYSET_ROLLED_BACK');
    await watched.offer(second.bytes, 0);
    expect(await codeOf(() => watched.offer(first.bytes, 500))).toBe('KEYSET_ROLLED_BACK');
    expect(watched.problem).toBe('KEYSET_ROLLED_BACK');
    expect(watched.waitsFor).toBeUndefined();
    time.now = CEILING_MS + 1;
    expect(watched.waitsFor).toBe('KEYRING_STALE');
  });

  test('a keyset signed by another is refused for good when nothing came before', async () => {
    const { watched } = watch();
    const stranger = readSigner(generateSigner().privateKey);
    const { bytes } = signKeyset(first.document, stranger);
    expect(await codeOf(() => watched.offer(bytes, 0))).toBe('KEYSET_BAD_SIGNATURE');
    expect(watched.hopeless?.code).toBe('KEYSET_BAD_SIGNATURE');
    await watched.offer(first.bytes, 0);
    expect(watched.hopeless).toBeUndefined();
    expect(await codeOf(() => watched.offer(bytes, 0))).toBe('KEYSET_BAD_SIGNATURE');
    expect(watched.hopeless).toBeUndefined();
  });

  test('a pending key alone does not seal', async () => {
    const { watched, keys } = watch();
    await watched.offer(signKeyset(pending, files.signer).bytes, 0);
    expect(watched.waitsFor).toBe('KEYSET_MISSING');
    expect(await codeOf(() => cipher.seal(keys, 'string', value))).toBe('KEYSET_MISSING');
  });
});

describe('cached keys', () => {
  test('after a rotation new values go under the new key and old ones open', async () => {
    const { watched, keys } = watch();
    await watched.offer(first.bytes, 0);
    const old = cipher.seal(keys, 'string', value);
    await watched.offer(second.bytes, 0);
    const fresh = cipher.seal(keys, 'string', value);
    expect([old, fresh].map((token) => token.toString('latin1', 4, 16))).toEqual([
      'firstKey0001',
      'secondKey001',
    ]);
    for (const token of [old, fresh]) expect(cipher.open(keys, token).plain).toEqual(value);
  });

  test('an unknown key id makes the keysets be read again', async () => {
    const { watched, keys, time } = watch();
    const ahead = watch();
    await ahead.watched.offer(second.bytes, 0);
    const token = cipher.seal(ahead.keys, 'string', value);
    await watched.offer(first.bytes, 0);
    expect(await codeOf(() => cipher.open(keys, token))).toBe('KEY_UNKNOWN');
    expect(time.asked).toBe(1);
    await watched.offer(second.bytes, 0);
    expect(cipher.open(keys, token).plain).toEqual(value);
  });

  test('what was derived from a destroyed key is zeroed and opens nothing', async () => {
    const { arena, watched, keys } = watch();
    await watched.offer(second.bytes, 0);
    const old = watch();
    await old.watched.offer(first.bytes, 0);
    const token = cipher.seal(old.keys, 'string', value);
    cipher.open(keys, token);
    expect(arena.size).toBe(3);
    const destroyed = second.document.keys.map((key) => {
      const { wrapped: _gone, ...rest } = key;
      return key.id === 'firstKey0001' ? { ...rest, state: 'destroyed' as const } : key;
    });
    const third = signKeyset({ ...second.document, version: 5, keys: destroyed }, files.signer);
    keys.forget(watched.name, await watched.offer(third.bytes, 0));
    expect(arena.size).toBe(1);
    expect(await codeOf(() => cipher.open(keys, token))).toBe('KEY_DESTROYED');
  });

  test('derived keys are bounded: the oldest goes, and comes back when asked for', async () => {
    const { arena, watched, keys } = watch(undefined, 3);
    await watched.offer(first.bytes, 0);
    const ciphers = ['/a', '/b', '/c', '/d', '/e'].map((path) => fieldCipher('people', path));
    const tokens = ciphers.map((one) => one.seal(keys, 'string', value));
    expect(arena.size).toBe(1 + 3);
    for (const [at, token] of tokens.entries())
      expect(ciphers[at]?.open(keys, token).plain).toEqual(value);
    expect(arena.size).toBe(1 + 3);
  });

  test('a use of equal content gets the same key, another dataset none', async () => {
    const { arena, watched, keys } = watch();
    await watched.offer(first.bytes, 0);
    const token = cipher.seal(keys, 'string', value);
    expect(fieldCipher('people', '/ssn').open(keys, token).plain).toEqual(value);
    expect(arena.size).toBe(2);
    expect(await codeOf(() => fieldCipher('staff', '/ssn').open(keys, token))).toBe(
      'KEYSET_MISSING',
    );
  });

  test('a key that the keyset names for one algorithm is not given for another', async () => {
    const { watched, keys } = watch();
    await watched.offer(first.bytes, 0);
    const use = { purpose: 'field', algorithm: 'blake2b-128', format: 'keyed-hash' } as const;
    expect(await codeOf(() => keys.active({ ...use, dataset: 'people', path: '/ssn' }))).toBe(
      'INTERNAL',
    );
  });

  test('showing any of it shows no key', async () => {
    const { watched, keys, arena } = watch();
    await watched.offer(first.bytes, 0);
    cipher.seal(keys, 'string', value);
    const options = { showHidden: true, depth: 20, maxArrayLength: 20 };
    const shown = inspect([keys, watched, arena], options) + JSON.stringify([keys, watched, arena]);
    expect(shown).not.toMatch(/<Buffer|"data":\[/);
  });
});
