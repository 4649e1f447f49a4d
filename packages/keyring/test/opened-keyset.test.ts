import { RecordCipher } from '@sealstream/crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyArena } from '../src/arena.ts';
import { firstDocument, withActivated, withPending } from '../src/keyset-change.ts';
import { type KeysetDocument, type SignedKeyset, signKeyset } from '../src/keyset-document.ts';
import { OpenedKeyset } from '../src/opened-keyset.ts';
import { codeOf, makeKeyFiles } from './keyring-fixture.ts';

const files = makeKeyFiles();
const strangers = makeKeyFiles();
afterAll(() => {
  files.remove();
  strangers.remove();
});
const signed = (document: KeysetDocument): SignedKeyset => signKeyset(document, files.signer);

async function documents(): Promise<{ one: KeysetDocument; two: KeysetDocument }> {
  const arena = new KeyArena();
  const provider = files.provider();
  const one = withActivated(
    await firstDocument('field', 'people', 'firstKey0001', arena, provider),
  );
  const two = withActivated(await withPending(one, 'secondKey001', arena, provider));
  return { one, two };
}

describe('opened keyset', () => {
  test('gives the active key, older keys by id, and says what a missing one is', async () => {
    const { one, two } = await documents();
    const arena = new KeyArena();
    const keyset = new OpenedKeyset('field', 'people', arena, files.provider());
    expect(await codeOf(() => keyset.active())).toBe('KEYSET_MISSING');
    await keyset.update(signed(one));
    const before = keyset.active();
    expect(await keyset.update(signed(two))).toEqual([]);
    expect(keyset.active().id).toBe('secondKey001');
    expect(keyset.byId('firstKey0001')).toBe(before.key);
    expect(await codeOf(() => keyset.byId('thirdKey0001'))).toBe('KEY_UNKNOWN');
    expect(arena.size).toBe(2);
  });

  test('a destroyed key is zeroed and named as destroyed', async () => {
    const { two } = await documents();
    const arena = new KeyArena();
    const keyset = new OpenedKeyset('field', 'people', arena, files.provider());
    await keyset.update(signed(two));
    const keys = two.keys.map((key) => {
      const { wrapped: _gone, ...rest } = key;
      return key.id === 'firstKey0001' ? { ...rest, state: 'destroyed' as const } : key;
    });
    expect(await keyset.update(signed({ ...two, version: 5, keys }))).toEqual(['firstKey0001']);
    expect(await codeOf(() => keyset.byId('firstKey0001'))).toBe('KEY_DESTROYED');
    expect(arena.size).toBe(1);
  });

  test('wrapped keys swapped between two ids are refused, and the old state stays', async () => {
    const { one, two } = await documents();
    const keyset = new OpenedKeyset('field', 'people', new KeyArena(), files.provider());
    await keyset.update(signed(one));
    const [a, b] = two.keys;
    if (a === undefined || b === undefined) expect.unreachable();
    const { wrapped: wrappedA } = a;
    const { wrapped: wrappedB } = b;
    const swapped = {
      ...two,
      keys: [
        { ...a, wrapped: wrappedB },
        { ...b, wrapped: wrappedA },
      ],
    };
    expect(await codeOf(() => keyset.update(signed(swapped)))).toBe('KEYSET_UNREADABLE');
    const relabelled = { ...two, keys: [a, { ...b, digest: a.digest }] };
    expect(await codeOf(() => keyset.update(signed(relabelled)))).toBe('KEYSET_UNREADABLE');
    expect(keyset.active().id).toBe('firstKey0001');
  });

  test('another outermost key opens nothing', async () => {
    const { one } = await documents();
    const keyset = new OpenedKeyset('field', 'people', new KeyArena(), strangers.provider());
    expect(await codeOf(() => keyset.update(signed(one)))).toBe('KEYSET_UNREADABLE');
    expect(keyset.usable).toBe(false);
  });

  test('without the outermost key a key pair seals by its public half and opens nothing', async () => {
    const arena = new KeyArena();
    const provider = files.provider();
    const pair = withActivated(
      await firstDocument('rejected', 'people', 'pairKey00001', arena, provider),
    );
    const sealer = new OpenedKeyset('rejected', 'people', new KeyArena(), undefined);
    const opener = new OpenedKeyset('rejected', 'people', new KeyArena(), provider);
    await sealer.update(signed(pair));
    await opener.update(signed(pair));
    expect(sealer.usable).toBe(true);
    expect(await codeOf(() => sealer.byId('pairKey00001'))).toBe('KEY_UNKNOWN');
    const cipher = new RecordCipher('rejected', 'people', 'rejected');
    const binding = { source: Buffer.alloc(16), key: null, headers: Buffer.alloc(0) };
    const source = (keyset: OpenedKeyset) => ({
      active: () => keyset.active(),
      byId: () => expect.unreachable(),
      publicKey: () => keyset.publicKey(),
      privateKey: (_p: unknown, _d: unknown, id: string) => keyset.byId(id),
    });
    const record = cipher.sealToPublic(source(sealer), binding, Buffer.from('value'));
    expect(cipher.openSealed(source(opener), binding, record).toString()).toBe('value');
  });

  test('closing zeroes every key', async () => {
    const { two } = await documents();
    const arena = new KeyArena();
    const keyset = new OpenedKeyset('field', 'people', arena, files.provider());
    await keyset.update(signed(two));
    keyset.close();
    expect(arena.size).toBe(0);
    expect(await codeOf(() => keyset.active())).toBe('KEYSET_MISSING');
  });
});
