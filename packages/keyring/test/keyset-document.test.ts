import { readSigner, generateSigner } from '@sealstream/crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyArena } from '../src/arena.ts';
import { firstDocument, withActivated, withPending } from '../src/keyset-change.ts';
import {
  type KeysetDocument,
  keysetName,
  openSignedKeyset,
  signKeyset,
} from '../src/keyset-document.ts';
import { checkHead } from '../src/keyset-heads.ts';
import { codeOf, makeKeyFiles } from './keyring-fixture.ts';

const files = makeKeyFiles();
afterAll(() => files.remove());
const { signer } = files;
const arena = new KeyArena();
const name = keysetName('field', 'people');
const first = await firstDocument('field', 'people', 'firstKey0001', arena, files.provider());
const open = (bytes: Uint8Array, by = signer.publicKey): unknown =>
  openSignedKeyset(name, bytes, by);

describe('keyset document', () => {
  test('comes back as it was signed, and names no key bytes', () => {
    const signed = signKeyset(first, signer);
    expect(openSignedKeyset(name, signed.bytes, signer.publicKey)).toEqual(signed);
    expect(signed.document.keys.map(({ id, state }) => [id, state])).toEqual([
      ['firstKey0001', 'pending'],
    ]);
    expect(arena.size).toBe(0);
  });

  test('a flipped bit anywhere is a bad signature', async () => {
    const { bytes } = signKeyset(first, signer);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await codeOf(() => open(changed))).toBe('KEYSET_BAD_SIGNATURE');
    }
  });

  test('cut, lengthened, unsigned or signed by another is a bad signature', async () => {
    const { bytes } = signKeyset(first, signer);
    const stranger = readSigner(generateSigner().privateKey);
    const line = bytes.subarray(0, bytes.indexOf(0x0a) + 1);
    const bad = [
      Buffer.alloc(0),
      Buffer.from('\n'),
      line,
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.from('\n')]),
      Buffer.concat([bytes, bytes]),
      Buffer.concat([line, bytes]),
      signKeyset(first, stranger).bytes,
    ];
    for (const one of bad) expect(await codeOf(() => open(one))).toBe('KEYSET_BAD_SIGNATURE');
  });

  test('a signed document of another keyset is refused in its place', async () => {
    const other = await firstDocument('field', 'staff', 'otherKey0001', arena, files.provider());
    expect(await codeOf(() => open(signKeyset(other, signer).bytes))).toBe('KEYSET_UNREADABLE');
  });

  test('what breaks a rule of keysets is not signed', async () => {
    const active = withActivated(first);
    const [key] = active.keys;
    if (key === undefined) expect.unreachable();
    const { wrapped, ...unwrapped } = key;
    const broken: object[] = [
      { ...active, version: 0 },
      { ...active, keys: [] },
      { ...active, keys: [key, key] },
      { ...active, keys: [key, { ...key, id: 'firstKey0002' }] },
      { ...active, keys: [{ ...key, algorithm: 'blake2b-128' }] },
      { ...active, keys: [{ ...key, state: 'destroyed' }] },
      { ...active, keys: [unwrapped] },
      { ...active, keys: [{ ...key, publicKey: key.digest }] },
      { ...active, keys: [{ ...key, id: 'short' }] },
      { ...active, keys: [{ ...key, more: 1 }] },
      { ...active, purpose: 'rejected' },
      { ...active, v: 2 },
    ];
    expect(wrapped).toBeTypeOf('string');
    for (const one of broken) expect(() => signKeyset(one as KeysetDocument, signer)).toThrow();
  });

  test('keys go from pending to active to decrypt-only, one version at a time', async () => {
    const active = withActivated(first);
    const next = await withPending(active, 'secondKey001', arena, files.provider());
    const rotated = withActivated(next);
    expect([first, active, next, rotated].map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(rotated.keys.map(({ id, state }) => [id, state])).toEqual([
      ['firstKey0001', 'decrypt-only'],
      ['secondKey001', 'active'],
    ]);
  });
});

describe('head of a keyset', () => {
  const one = signKeyset(first, signer);
  const two = signKeyset(withActivated(first), signer);

  test('an older version, or another document of the same version, is rolled back', async () => {
    const other = signKeyset({ ...two.document, changed: '2020-01-01T00:00:00.000Z' }, signer);
    expect(await codeOf(() => checkHead(name, two, one))).toBe('KEYSET_ROLLED_BACK');
    expect(await codeOf(() => checkHead(name, two, other))).toBe('KEYSET_ROLLED_BACK');
  });

  test('the same document, a newer one, or one without a head is taken', () => {
    checkHead(name, two, two);
    checkHead(name, one, two);
    checkHead(name, undefined, one);
  });
});
