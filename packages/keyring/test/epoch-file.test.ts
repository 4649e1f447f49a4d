import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { epochFilePath, epochFiles } from '../src/epoch-file.ts';
import { codeOf } from './keyring-fixture.ts';

/** Lets something happen between two calls of the file system. */
const calls = vi.hoisted(() => {
  let [left, what] = [0, (): void => undefined];
  return {
    interruptAt(at: number, then: () => void): () => boolean {
      [left, what] = [at, then];
      return () => left < 0;
    },
    watch<F extends (...args: never[]) => unknown>(call: F): F {
      const watched = (...args: never[]): unknown => {
        if (left === 1) {
          left = -1;
          what();
        } else if (left > 1) left -= 1;
        return call(...args);
      };
      return watched as F;
    },
  };
});
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const watched = { ...fs };
  watched.openSync = calls.watch(fs.openSync);
  watched.writeSync = calls.watch(fs.writeSync);
  watched.fsyncSync = calls.watch(fs.fsyncSync);
  watched.statSync = Object.assign(calls.watch(fs.statSync), fs.statSync);
  watched.fstatSync = Object.assign(calls.watch(fs.fstatSync), fs.fstatSync);
  watched.renameSync = calls.watch(fs.renameSync);
  watched.closeSync = calls.watch(fs.closeSync);
  watched.linkSync = calls.watch(fs.linkSync);
  watched.rmSync = calls.watch(fs.rmSync);
  return watched;
});

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

describe('of two writers, one of which was taken for dead', () => {
  const draft = () => `${path}.new`;
  const stale = () => utimesSync(draft(), new Date(0), new Date(0));
  const whole = (...epochs: ReturnType<typeof epoch>[]) => {
    const listed = epochs.map((one) => ({ ...one, wrapped: one.wrapped.toString('base64url') }));
    const document = { type: 'sealstream-epochs', v: 1, dataset: 'people', epochs: listed };
    return `${JSON.stringify(document)}\n`;
  };

  test('no file is lost, wherever the slow one is overtaken by the other', async () => {
    for (let at = 1; ; at += 1) {
      rmSync(dir, { recursive: true });
      await epochFiles(dir).add('people', epoch(1));
      let other: Promise<unknown> | undefined;
      const reached = calls.interruptAt(at, () => {
        if (existsSync(draft())) stale();
        other = codeOf(() => epochFiles(dir).add('people', epoch(3)));
      });
      const slow = await codeOf(() => epochFiles(dir).add('people', epoch(2)));
      calls.interruptAt(0, () => undefined);
      const outcomes = [slow, await other];
      const found = await idsOf();
      expect(found, `interrupted at ${at}`).toContain(epoch(1).id);
      expect(outcomes, `interrupted at ${at}`).toContainEqual(['gave', undefined]);
      for (const outcome of outcomes)
        expect([['gave', undefined], 'KEYSET_CONFLICT']).toContainEqual(outcome);
      await epochFiles(dir).destroy('people', 'nobody');
      expect(readdirSync(dir)).toEqual(['people.epochs']);
      if (!reached()) return;
    }
  });

  test('no file is zeroed, wherever the slow one finishes while the other takes over', async () => {
    for (let at = 1; ; at += 1) {
      rmSync(dir, { recursive: true });
      await epochFiles(dir).add('people', epoch(1));
      writeFileSync(draft(), whole(epoch(1), epoch(2)), { mode: 0o600 });
      const { ino } = statSync(draft());
      stale();
      const reached = calls.interruptAt(at, () => {
        const isTheirs = statSync(draft(), { throwIfNoEntry: false })?.ino === ino;
        if (!isTheirs) return;
        linkSync(draft(), `${path}.0123456789ab`);
        renameSync(`${path}.0123456789ab`, path);
      });
      const outcome = await codeOf(() => epochFiles(dir).add('people', epoch(3)));
      calls.interruptAt(0, () => undefined);
      expect([['gave', undefined], 'KEYSET_CONFLICT']).toContainEqual(outcome);
      expect(await idsOf(), `interrupted at ${at}`).toContain(epoch(1).id);
      if (!reached()) return;
    }
  });
});
