import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAuditKey } from '../src/audit-key.ts';
import { AuthenticTiles } from '../src/authentic-tiles.ts';
import { readEntries, readHead } from '../src/log-reader.ts';
import { LogWriter } from '../src/log-writer.ts';
import { verifyLog } from '../src/verify-log.ts';
import { allFiles, crashCopy, joinedEntries, sampleKey, scratchDir } from './sample-log.ts';

const key = sampleKey();
const { signer, vkey } = key;

async function contents(dir: string): Promise<string[]> {
  const entries: string[] = [];
  for await (const { bytes } of readEntries(dir, vkey)) entries.push(bytes.toString());
  return entries;
}

const texts = (entries: readonly Buffer[]) => entries.map(String);

describe('appending', () => {
  test('a new log is the signed empty tree', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    expect(log.size).toBe(0);
    expect((await readHead(dir, vkey)).root.toString('hex')).toMatch(/^e3b0c44298fc1c14/);
    await log.close();
    expect((await verifyLog(dir, vkey)).ok).toBe(true);
  });

  test('entries come back as they were, across bundles, checkpoints and reopening', async () => {
    const dir = await scratchDir();
    const entries = joinedEntries(1200);
    let log = await LogWriter.open({ dir, signer });
    let at = 0;
    for (const step of [1, 254, 1, 1, 255, 300, 0, 56, 332]) {
      const { first, size } = await log.append(entries.slice(at, at + step));
      expect([first, size]).toEqual([at, at + step]);
      at += step;
      if (step % 2 === 0) await log.checkpoint();
      if (step !== 255) continue;
      await log.close();
      log = await LogWriter.open({ dir, signer });
    }
    await log.close();
    expect(at).toBe(1200);
    expect(await contents(dir)).toEqual(texts(entries));
    expect(await verifyLog(dir, vkey)).toMatchObject({ ok: true, size: 1200, filesBeyond: 0 });
  });

  test('the directory holds the files of the tile layout and nothing that was outgrown', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    for (const count of [100, 100, 100]) {
      await log.append(joinedEntries(count, log.size));
      await log.checkpoint();
    }
    const files = [...(await allFiles(dir)).keys()].filter((path) => path.startsWith('tile/'));
    expect(files.sort()).toEqual([
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
    await log.close();
  });

  test('an entry of 65,535 bytes is taken and one of 65,536 refused, with all appended beside it', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    const largest = Buffer.alloc(65_535, 'x');
    await log.append([largest]);
    const tooLarge = log.append([Buffer.from('a'), Buffer.alloc(65_536, 'x')]);
    await expect(tooLarge).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
    await log.append([Buffer.from('b')]);
    await log.close();
    expect(await contents(dir)).toEqual([largest.toString(), 'b']);
  });

  test('what was appended but not yet signed is shown to no reader', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(3));
    expect(await contents(dir)).toEqual([]);
    expect((await verifyLog(dir, vkey)).unsignedEntries).toBe(3);
    await log.checkpoint();
    expect(await contents(dir)).toHaveLength(3);
    await log.close();
  });

  test('appends at the same time all get in, each in one piece', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    const pieces = Array.from({ length: 20 }, (_, at) => [`${at}a`, `${at}b`, `${at}c`]);
    await Promise.all(pieces.map((piece) => log.append(piece.map((text) => Buffer.from(text)))));
    await log.close();
    expect(await contents(dir)).toEqual(pieces.flat());
  });

  test('after an error of the disk every later call fails', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(1));
    await rm(join(dir, 'tmp'), { recursive: true });
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(log.append(joinedEntries(1, 1))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    await log.close();
  });
});

describe('after a crash', () => {
  test('at every byte of the last append, what was acknowledged is there and the rest is whole or gone', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    const last = [Buffer.from('the last append'), Buffer.from('in two entries')];
    const entries = [...joinedEntries(5), ...last];
    await log.append(entries.slice(0, 2));
    await log.checkpoint();
    await log.append(entries.slice(2, 5));
    const acknowledged = (await readFile(join(dir, 'journal'))).length;
    await log.append(entries.slice(5));
    const all = (await readFile(join(dir, 'journal'))).length;
    const copy = await crashCopy(dir);
    const journal = await readFile(join(copy, 'journal'));
    await log.close();
    for (let length = acknowledged; length <= all; length++) {
      const torn = await crashCopy(copy);
      await writeFile(join(torn, 'journal'), journal.subarray(0, length));
      const reopened = await LogWriter.open({ dir: torn, signer });
      const expected = length === all ? 7 : 5;
      expect(reopened.size).toBe(expected);
      await reopened.append([Buffer.from('next')]);
      await reopened.close();
      expect(await contents(torn)).toEqual([...texts(entries.slice(0, expected)), 'next']);
      await rm(torn, { recursive: true });
    }
  });

  test('a torn append of zeros or of other bytes is cut off as well', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(2));
    const copy = await crashCopy(dir);
    await log.close();
    const journal = await readFile(join(copy, 'journal'));
    for (const rest of [Buffer.alloc(500), Buffer.from('SSJ1'), Buffer.alloc(90, 0xff)]) {
      const torn = await crashCopy(copy);
      await writeFile(join(torn, 'journal'), Buffer.concat([journal, rest]));
      const reopened = await LogWriter.open({ dir: torn, signer });
      expect(reopened.size).toBe(2);
      await reopened.close();
    }
  });

  test('between any two file operations of a checkpoint nothing is lost or doubled', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    const entries = joinedEntries(700);
    await log.append(entries.slice(0, 250));
    await log.checkpoint();
    await log.append(entries.slice(250));
    const before = await crashCopy(dir);
    await log.checkpoint();
    const after = await allFiles(dir);
    await log.close();
    // The order in which a checkpoint puts its files: any beginning of it may be on disk.
    const order = [...after.keys()].filter((path) => path.startsWith('tile/'));
    for (const upTo of [0, 1, 3, order.length - 1, order.length, order.length + 1]) {
      const torn = await crashCopy(before);
      for (const path of [...order, 'checkpoint'].slice(0, upTo)) {
        const bytes = after.get(path) ?? Buffer.alloc(0);
        const parent = join(torn, path, '..');
        await mkdir(parent, { recursive: true });
        await writeFile(join(torn, path), bytes);
      }
      const reopened = await LogWriter.open({ dir: torn, signer });
      expect(reopened.size).toBe(700);
      await reopened.close();
      expect(await contents(torn)).toEqual(texts(entries));
      expect(await verifyLog(torn, vkey)).toMatchObject({ ok: true, findings: [] });
    }
  });

  test('a damaged append that a later one follows is told as damage, not repaired', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(1));
    await log.append(joinedEntries(1, 1));
    const copy = await crashCopy(dir);
    await log.close();
    const journal = await readFile(join(copy, 'journal'));
    journal[70] = (journal[70] ?? 0) ^ 1;
    await writeFile(join(copy, 'journal'), journal);
    await expect(LogWriter.open({ dir: copy, signer })).rejects.toMatchObject({
      code: 'AUDIT_LOG_CORRUPT',
    });
  });
});

describe('opening', () => {
  test('a log whose checkpoint was removed does not become a new log', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(2));
    await log.close();
    await rm(join(dir, 'checkpoint'));
    const opened = LogWriter.open({ dir, signer });
    await expect(opened).rejects.toMatchObject({ code: 'AUDIT_LOG_CORRUPT' });
  });

  test('a log of another key, or with a changed edge, is refused', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(5));
    await log.close();
    const other = LogWriter.open({ dir, signer: sampleKey('sealstream.audit/other').signer });
    await expect(other).rejects.toMatchObject({ code: 'AUDIT_LOG_CORRUPT' });
    await truncate(join(dir, 'tile/entries/000.p/5'), 100);
    const cut = LogWriter.open({ dir, signer });
    await expect(cut).rejects.toMatchObject({ code: 'AUDIT_LOG_CORRUPT' });
  });

  test('two writers cannot open one log, and after close the next one can', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    const second = LogWriter.open({ dir, signer });
    await expect(second).rejects.toMatchObject({ code: 'AUDIT_LOG_LOCKED' });
    await log.close();
    const third = await LogWriter.open({ dir, signer });
    await third.close();
  });

  test('of many that take over a dead lock at once, one gets it', async () => {
    const dir = await scratchDir();
    await (await LogWriter.open({ dir, signer })).close();
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => LogWriter.open({ dir, signer })),
    );
    const open = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(open).toHaveLength(1);
    expect((await readdir(dir)).filter((name) => name.startsWith('lock.'))).toHaveLength(1);
    await open[0]?.close();
  });

  test('the lock of a live process is respected and that of a killed one taken over', async () => {
    const dir = await scratchDir();
    const child = spawn(
      process.execPath,
      [
        '--conditions=sealstream-source',
        new URL('fixtures/hold-log.ts', import.meta.url).pathname,
        dir,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    const whileAlive = LogWriter.open({ dir, signer });
    await expect(whileAlive).rejects.toMatchObject({ code: 'AUDIT_LOG_LOCKED' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const held = await readAuditKey(join(dir, 'audit.key'));
    const log = await LogWriter.open({ dir, signer: held.signer });
    expect(log.size).toBe(1);
    await log.close();
  });

  test('a writer from which another took over writes nothing more', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await writeFile(join(dir, 'lock.2'), '{}');
    const late = log.append(joinedEntries(1));
    await expect(late).rejects.toMatchObject({ code: 'AUDIT_LOG_LOCKED' });
    expect((await readFile(join(dir, 'journal'))).length).toBe(0);
    await log.close();
  });

  test('a lock that cannot be judged is held until it has been silent for half a minute', async () => {
    const dir = await scratchDir();
    await (await LogWriter.open({ dir, signer })).close();
    const elsewhere = { pid: 1, started: '5', realm: 'another machine', released: false };
    await rm(join(dir, 'lock.1'));
    await writeFile(join(dir, 'lock.7'), JSON.stringify(elsewhere));
    const fresh = LogWriter.open({ dir, signer });
    await expect(fresh).rejects.toMatchObject({ code: 'AUDIT_LOG_LOCKED' });
    const old = new Date(Date.now() - 31_000);
    await utimes(join(dir, 'lock.7'), old, old);
    const log = await LogWriter.open({ dir, signer });
    await log.close();
  });

  test('reading under a checkpoint goes on while the log grows over its partial files', async () => {
    const dir = await scratchDir();
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(10));
    await log.checkpoint();
    const older = await AuthenticTiles.open(dir, await readHead(dir, vkey));
    for (const count of [5, 300]) {
      await log.append(joinedEntries(count, log.size));
      await log.checkpoint();
      expect(await older.bundle(0)).toHaveLength(10);
      const again = await AuthenticTiles.open(dir, older.head);
      expect(texts([...(await again.bundle(0))])).toEqual(texts(joinedEntries(10)));
    }
    await log.close();
  });
});
