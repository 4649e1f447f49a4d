import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBundle, decodeBundle } from '../src/bundle.ts';
import { leafHash } from '../src/merkle-hash.ts';
import { LogWriter } from '../src/log-writer.ts';
import { verifyLog } from '../src/verify-log.ts';
import {
  allFiles,
  AT,
  batchEvent,
  crashCopy,
  heartbeat,
  joinedEntries,
  plainEvent,
  sampleKey,
  scratchDir,
  sourced,
} from './sample-log.ts';

const { signer, vkey } = sampleKey();

async function logOf(entries: readonly Buffer[], dir?: string): Promise<string> {
  const at = dir ?? (await scratchDir());
  const log = await LogWriter.open({ dir: at, signer });
  await log.append(entries);
  await log.close();
  return at;
}

async function edit(dir: string, file: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(join(dir, file), change(await readFile(join(dir, file))));
}

const kinds = async (dir: string) =>
  (await verifyLog(dir, vkey)).findings.map((finding) => finding.kind);

describe('a log that was changed', () => {
  test('a flipped byte anywhere in a bundle, tile or checkpoint is found and its file named', async () => {
    // 259 short entries: a full and a partial bundle, full and partial tiles on two levels.
    const dir = await logOf(Array.from({ length: 259 }, (_, at) => Buffer.from(`entry ${at}`)));
    expect((await verifyLog(dir, vkey)).intact).toBe(true);
    const files = [...(await allFiles(dir))].filter(
      ([path]) => path.startsWith('tile/') || path === 'checkpoint',
    );
    expect(files).toHaveLength(6);
    for (const [path, bytes] of files) {
      // Every byte of the small files, a spread of the large ones.
      const step = bytes.length > 1000 ? 97 : 1;
      for (let at = 0; at < bytes.length; at += step) {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        await writeFile(join(dir, path), changed);
        const report = await verifyLog(dir, vkey);
        expect([path, at, report.intact]).toEqual([path, at, false]);
        const named = report.findings.filter((finding) => finding.file === path);
        expect([path, at, named.length > 0]).toEqual([path, at, true]);
      }
      await writeFile(join(dir, path), bytes);
    }
    expect((await verifyLog(dir, vkey)).intact).toBe(true);
  }, 60_000);

  test('every flipped byte of a log of a few entries is found', async () => {
    const dir = await logOf([...joinedEntries(2), heartbeat(0)]);
    for (const [path, bytes] of await allFiles(dir)) {
      if (!path.startsWith('tile/') && path !== 'checkpoint') continue;
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ 0x01;
        await writeFile(join(dir, path), changed);
        expect([path, at, (await verifyLog(dir, vkey)).ok]).toEqual([path, at, false]);
      }
      await writeFile(join(dir, path), bytes);
    }
    expect((await verifyLog(dir, vkey)).ok).toBe(true);
  });

  test('the first changed entry is named by its index', async () => {
    const dir = await logOf(joinedEntries(300));
    await edit(dir, 'tile/entries/001.p/44', (bytes) => {
      const entries = decodeBundle(bytes).entries.map((entry) => Buffer.from(entry));
      const [, , third] = entries;
      if (third !== undefined) third[40] = (third[40] ?? 0) ^ 1;
      return encodeBundle(entries);
    });
    const report = await verifyLog(dir, vkey);
    expect(report.findings[0]).toMatchObject({
      kind: 'entry-changed',
      entry: 258,
      file: 'tile/entries/001.p/44',
    });
    expect(report.findings[0]?.message).toBe('entry 258 is changed (tile/entries/001.p/44)');
  });

  test('a changed entry with its leaf hash made to fit is found by the tile above', async () => {
    const dir = await logOf(joinedEntries(600));
    const forged = joinedEntries(1, 7000)[0] ?? Buffer.alloc(0);
    await edit(dir, 'tile/entries/000', (bytes) => {
      const entries = [...decodeBundle(bytes).entries];
      entries[5] = forged;
      return encodeBundle(entries);
    });
    await edit(dir, 'tile/0/000', (bytes) => {
      leafHash(forged).copy(bytes, 5 * 32);
      return bytes;
    });
    const report = await verifyLog(dir, vkey);
    expect(report.intact).toBe(false);
    expect(report.findings.map((finding) => finding.file)).toContain('tile/1/000.p/2');
    expect(report.findings.map((finding) => finding.kind)).toContain('root-differs');
  });

  test('a whole tree rebuilt over a changed entry does not give the signed root', async () => {
    const entries = joinedEntries(20);
    const dir = await logOf(entries);
    const forgedDir = await scratchDir();
    const other = entries.with(3, joinedEntries(1, 9000)[0] ?? Buffer.alloc(0));
    await logOf(other, forgedDir);
    await rm(join(dir, 'tile'), { recursive: true });
    await cp(join(forgedDir, 'tile'), join(dir, 'tile'), { recursive: true });
    expect(await kinds(dir)).toContain('root-differs');
    // With its own checkpoint it would hold, as the key is the same: only an older one tells.
    const older = await readFile(join(dir, 'checkpoint'));
    const report = await verifyLog(forgedDir, vkey, { olderCheckpoint: older });
    expect(report.findings.map(({ kind }) => kind)).toContain('fork');
  });

  test('two entries that changed places, and one that is gone, are found', async () => {
    for (const change of [
      (entries: Buffer[]) => [...entries.slice(0, 4), ...entries.slice(5)],
      (entries: Buffer[]) => [...entries.slice(0, 4), ...entries.slice(4, 6).toReversed()],
    ]) {
      const dir = await logOf(joinedEntries(10));
      await edit(dir, 'tile/entries/000.p/10', (bytes) =>
        encodeBundle(change([...decodeBundle(bytes).entries])),
      );
      const report = await verifyLog(dir, vkey);
      expect(report.findings[0]).toMatchObject({ entry: 4 });
    }
  });

  test('every missing file is found and named', async () => {
    const dir = await logOf(joinedEntries(600));
    for (const path of (await allFiles(dir)).keys()) {
      if (!path.startsWith('tile/')) continue;
      const copy = await crashCopy(dir);
      await rm(join(copy, path));
      const report = await verifyLog(copy, vkey);
      expect(report.findings[0]).toMatchObject({ kind: 'file-missing', file: path });
    }
    await rm(join(dir, 'checkpoint'));
    expect(await kinds(dir)).toEqual(['checkpoint-missing']);
  });

  test('a file that does not belong there is found, a leftover of a crash only when it differs', async () => {
    const dir = await logOf(joinedEntries(300));
    const bundle = await readFile(join(dir, 'tile/entries/000'));
    const leftover = join(dir, 'tile/entries/000.p/9');
    await mkdir(dirname(leftover), { recursive: true });
    const nine = encodeBundle(decodeBundle(bundle, 9).entries);
    await writeFile(leftover, nine);
    expect(await kinds(dir)).toEqual([]);
    nine[10] = (nine[10] ?? 0) ^ 1;
    await writeFile(leftover, nine);
    expect(await kinds(dir)).toEqual(['file-changed']);
    await rename(leftover, join(dir, 'tile/entries/notes.txt'));
    expect(await kinds(dir)).toEqual(['file-unexpected']);
  });

  test('a checkpoint of another key is refused', async () => {
    const dir = await logOf(joinedEntries(3));
    const report = await verifyLog(dir, sampleKey().vkey);
    expect(report.findings[0]?.kind).toBe('checkpoint-bad');
    expect(report.ok).toBe(false);
  });
});

describe('against an older checkpoint', () => {
  let dir = '';
  let older = Buffer.alloc(0);
  let early = '';

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'audit-log-older-'));
    const log = await LogWriter.open({ dir, signer });
    await log.append(joinedEntries(300));
    early = `${dir}-early`;
    await log.checkpoint();
    await cp(dir, early, { recursive: true });
    await log.append(joinedEntries(100, 300));
    older = Buffer.from(await log.checkpoint());
    await log.append(joinedEntries(200, 400));
    await log.close();
  });

  afterAll(async () => {
    for (const path of [dir, early]) await rm(path, { recursive: true, force: true });
  });

  test('a log that only grew holds', async () => {
    const report = await verifyLog(dir, vkey, { olderCheckpoint: older });
    expect(report).toMatchObject({ ok: true, olderSize: 400, size: 600 });
  });

  test('a log set back to an earlier state is found as a rollback', async () => {
    const report = await verifyLog(early, vkey, { olderCheckpoint: older });
    expect(report.findings[0]).toMatchObject({ kind: 'rollback', expected: '400', seen: '300' });
  });

  test('an older checkpoint that is not signed by the key is told', async () => {
    const broken = Buffer.from(older);
    broken[30] = (broken[30] ?? 0) ^ 1;
    const report = await verifyLog(dir, vkey, { olderCheckpoint: broken });
    expect(report.findings[0]?.kind).toBe('older-checkpoint-bad');
  });
});

describe('what the events say', () => {
  test('ranges that join, resends and new starts are complete', async () => {
    const entries = [
      sourced(batchEvent(5, 10), 0),
      sourced(batchEvent(10, 10), 1),
      sourced(batchEvent(10, 30), 2),
      sourced(batchEvent(7, 9, 'mask/people/1'), 5),
      sourced(plainEvent(0), 0, 'audit.events.cli'),
      sourced(plainEvent(1), 1, 'audit.events.cli'),
      sourced(plainEvent(1), 2, 'audit.events.cli'),
      sourced(plainEvent(0), 3, 'audit.events.cli'),
      heartbeat(0, { 'audit.events.mask/0': 6n }),
      heartbeat(1),
    ];
    const report = await verifyLog(await logOf(entries), vkey);
    expect(report).toMatchObject({
      ok: true,
      resent: 1,
      entries: { 'audit.events.mask': 4, 'audit.events.cli': 4, log: 2 },
    });
  });

  test('a gap and a repeat of a stage are named with what was expected and seen', async () => {
    const dir = await logOf([
      sourced(batchEvent(0, 10), 0),
      sourced(batchEvent(12, 20), 1),
      sourced(batchEvent(15, 25), 2),
      sourced(batchEvent(25, 30), 3),
    ]);
    const report = await verifyLog(dir, vkey);
    expect(report).toMatchObject({ ok: false, intact: true, complete: false, findingCount: 2 });
    expect(report.findings).toMatchObject([
      { kind: 'gap', entry: 1, emitter: 'mask/people/0', expected: '10', seen: '12' },
      { kind: 'repeat', entry: 2, emitter: 'mask/people/0', expected: '20', seen: '15' },
    ]);
  });

  test('a number left out, a number used twice and a beginning in the middle are found', async () => {
    const cli = 'audit.events.cli';
    const changed = { ...plainEvent(1), actor: 'somebody else' };
    for (const [events, kind] of [
      [[plainEvent(0), plainEvent(2)], 'gap'],
      [[plainEvent(3)], 'gap'],
      [[plainEvent(0), plainEvent(1), changed], 'repeat'],
    ] as const) {
      const dir = await logOf(events.map((event, at) => sourced(event, at, cli)));
      expect(await kinds(dir)).toEqual([kind]);
    }
  });

  test('a source offset that comes again is found', async () => {
    const dir = await logOf([sourced(batchEvent(0, 1), 4), sourced(batchEvent(1, 2), 4)]);
    expect(await kinds(dir)).toEqual(['source-repeat']);
  });

  test('an event on the topic of another service, one that does not parse, and foreign bytes are found', async () => {
    const dir = await logOf([
      sourced(plainEvent(0, 'encrypt/1'), 0),
      sourced({ v: 1, nothing: true }, 1),
      Buffer.from('nothing of ours'),
    ]);
    expect(await kinds(dir)).toEqual(['emitter-foreign', 'event-invalid', 'entry-unreadable']);
  });

  test('control characters of an emitter do not reach a message', async () => {
    const dir = await logOf([sourced(plainEvent(5, 'cli/\u001b[2J\n'), 0, 'audit.events.cli')]);
    const { findings } = await verifyLog(dir, vkey);
    expect(findings[0]?.message).toMatch(/^[\x20-\x7e]+$/);
  });

  test('a log whose newest heartbeat is too old, missing or from the future is stale', async () => {
    const dir = await logOf([heartbeat(0), ...joinedEntries(2)]);
    const stale = async (now: number) =>
      (await verifyLog(dir, vkey, { maxAgeMs: 90_000, now })).findings.map(({ kind }) => kind);
    expect(await stale(AT + 90_000)).toEqual([]);
    expect(await stale(AT + 90_001)).toEqual(['checkpoint-stale']);
    expect(await stale(AT - 70_000)).toEqual(['checkpoint-stale']);
    const none = await logOf(joinedEntries(1));
    const report = await verifyLog(none, vkey, { maxAgeMs: 90_000 });
    expect(report).toMatchObject({ ok: false, heartbeat: null, ageMs: null });
  });
});
