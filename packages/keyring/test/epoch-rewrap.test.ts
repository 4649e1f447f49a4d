import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyArena } from '../src/arena.ts';
import { epochFiles } from '../src/epoch-file.ts';
import { rewrapEpochs } from '../src/epoch-rewrap.ts';
import { epochContext } from '../src/subject-register.ts';
import { codeOf, makeKeyFiles } from './keyring-fixture.ts';

const [old, next, strangers] = [makeKeyFiles(), makeKeyFiles(), makeKeyFiles()];
afterAll(() => {
  for (const files of [old, next, strangers]) files.remove();
});
const store = epochFiles(`${old.dir}-epochs`);
const [from, to] = [old.provider(), next.provider()];

/** A key of its own under the outermost key of `files`, as an epoch is kept. */
async function epochOf(id: string): Promise<Buffer> {
  const key = randomBytes(32);
  const wrapped = await from.wrap('subject', epochContext('people', id), Buffer.from(key));
  await store.add('people', { id, created: new Date().toISOString(), wrapped });
  return key;
}

async function opened(by = to): Promise<Buffer[]> {
  const arena = new KeyArena();
  const keys: Buffer[] = [];
  for (const { id, wrapped } of await store.load('people')) {
    const slot = Buffer.alloc(32);
    await by.unwrap('subject', epochContext('people', id), wrapped, slot);
    keys.push(slot);
  }
  arena.clear();
  return keys;
}

describe('epoch keys that move to other outermost keys', () => {
  test('are the same keys there, and a second run finds nothing to do', async () => {
    const keys = [await epochOf('firstEpoch01'), await epochOf('secondEpoch1')];
    expect(await rewrapEpochs({ dataset: 'people', store, from, to })).toBe('rewrapped');
    expect(await opened()).toEqual(keys);
    expect(await codeOf(() => opened(from))).toBe('KEYSET_UNREADABLE');
    expect(await rewrapEpochs({ dataset: 'people', store, from, to })).toBe('unchanged');
  });

  test('stay as they are when neither outermost key opens them, or when there are none', async () => {
    const before = await store.load('people');
    const move = { store, from: strangers.provider(), to: strangers.provider() };
    expect(await codeOf(() => rewrapEpochs({ ...move, dataset: 'people' }))).toBe(
      'KEYSET_UNREADABLE',
    );
    expect(await store.load('people')).toEqual(before);
    expect(await codeOf(() => rewrapEpochs({ ...move, dataset: 'staff' }))).toBe('KEYSET_MISSING');
  });
});
