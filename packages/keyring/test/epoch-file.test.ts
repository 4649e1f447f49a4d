import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { epochFilePath, epochFiles } from '../src/epoch-file.ts';
import { codeOf } from './keyring-fixture.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-epochs-'));
  path = epochFilePath(dir, 'people');
});
afterEach(() => rmSync(dir, { recursive: true }));

const epoch = (n: number) => ({
  id: `epoch000000${n}`,
  created: '2026-01-02T03:04:05.678Z',
  wrapped: Buffer.alloc(72, n),
});
const idsOf = async () => (await epochFiles(dir).load('people')).map(({ id }) => id);

describe('epochs in a file', () => {
  test('come back as they were, 0600, oldest first; none is an empty list', async () => {
    const store = epochFiles(dir);
    expect(await store.load('people')).toEqual([]);
    await store.add('people', epoch(1));
    await store.add('people', epoch(2));
    await store.add('people', epoch(2));
    expect(await store.load('people')).toEqual([epoch(1), epoch(2)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.destroy('people', epoch(1).id);
    await store.destroy('people', epoch(1).id);
    expect(await store.load('people')).toEqual([epoch(2)]);
  });

  test('are two at most', async () => {
    const store = epochFiles(dir);
    await store.add('people', epoch(1));
    await store.add('people', epoch(2));
    expect(await codeOf(() => store.add('people', epoch(3)))).toBe('KEYSET_CONFLICT');
    expect(await idsOf()).toEqual([epoch(1).id, epoch(2).id]);
  });

  test('of other datasets lie in other files, whatever the name is', async () => {
    const store = epochFiles(dir);
    for (const name of ['../up', 'a/b', 'people']) await store.add(name, epoch(1));
    expect(readdirSync(dir)).toHaveLength(3);
    writeFileSync(path, readFileSync(epochFilePath(dir, 'a/b')));
    expect(await codeOf(() => store.load('people'))).toBe('KEY_FILE_INVALID');
  });

  test('that are destroyed are overwritten in place before the file is let go', async () => {
    const store = epochFiles(dir);
    await store.add('people', epoch(1));
    await store.add('people', epoch(2));
    // A second name for the old content shows what became of it.
    const witness = join(dir, 'witness');
    linkSync(path, witness);
    expect(readFileSync(witness, 'latin1')).toContain(epoch(1).id);
    await store.destroy('people', epoch(1).id);
    expect(readFileSync(witness).every((byte) => byte === 0)).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(['people.epochs', 'witness']);
  });

  test('that others may touch, or of another form, are refused', async () => {
    const store = epochFiles(dir);
    await store.add('people', epoch(1));
    chmodSync(path, 0o640);
    expect(await codeOf(() => store.load('people'))).toBe('KEY_FILE_OPEN');
    chmodSync(path, 0o600);
    writeFileSync(path, '{}');
    expect(await codeOf(() => store.load('people'))).toBe('KEY_FILE_INVALID');
  });

  test('changed by many at once lose no change', async () => {
    const store = epochFiles(dir);
    await store.add('people', epoch(1));
    const changes = [2, 3, 4, 5].map((n) => codeOf(() => epochFiles(dir).add('people', epoch(n))));
    const outcomes = await Promise.all(changes);
    expect(outcomes.filter((outcome) => outcome === 'KEYSET_CONFLICT')).toHaveLength(3);
    expect(await idsOf()).toHaveLength(2);
    await Promise.all([store.destroy('people', epoch(1).id), store.destroy('people', 'nobody')]);
    expect(await idsOf()).toHaveLength(1);
  });
});

describe('a change of epochs that was cut', () => {
  const draft = () => `${path}.new`;
  const old = () => `${path}.old`;
  /** A draft is left alone while it is young: somebody may be writing it. */
  const aged = (file: string) => utimesSync(file, new Date(0), new Date(0));

  beforeEach(() => epochFiles(dir).add('people', epoch(1)));

  test('while it wrote the draft, is as if it had not been', async () => {
    writeFileSync(draft(), '{"type":"seal', { mode: 0o600 });
    aged(draft());
    expect(await idsOf()).toEqual([epoch(1).id]);
    await epochFiles(dir).add('people', epoch(2));
    expect(await idsOf()).toEqual([epoch(1).id, epoch(2).id]);
    expect(existsSync(draft())).toBe(false);
  });

  test('before the rename, keeps what was there', async () => {
    linkSync(path, old());
    await epochFiles(dir).add('people', epoch(2));
    expect(await idsOf()).toEqual([epoch(1).id, epoch(2).id]);
    expect(existsSync(old())).toBe(false);
  });

  test('after the rename, has its old content overwritten by the next', async () => {
    const witness = join(dir, 'witness');
    writeFileSync(old(), readFileSync(path), { mode: 0o600 });
    linkSync(old(), witness);
    await epochFiles(dir).destroy('people', 'nobody');
    expect(existsSync(old())).toBe(false);
    expect(readFileSync(witness).every((byte) => byte === 0)).toBe(true);
    expect(await idsOf()).toEqual([epoch(1).id]);
  });
});
