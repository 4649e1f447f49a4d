import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entriesBefore, entriesFrom } from '../src/entry-walk.ts';
import { openTiles, proveEntry, proveGrowth, readSignedHead } from '../src/log-reader.ts';
import { LogWriter } from '../src/log-writer.ts';
import {
  entryDocument,
  growthDocument,
  readEntryDocument,
  readGrowthDocument,
} from '../src/proof-document.ts';
import { joinedEntries, sampleKey, scratchDir } from './sample-log.ts';

async function sampleLog(count: number) {
  const { signer, vkey } = sampleKey();
  const dir = join(await scratchDir(), 'log');
  const append = async (entries: Buffer[]) => {
    const writer = await LogWriter.open({ dir, signer });
    await writer.append(entries);
    await writer.close();
  };
  await append(joinedEntries(count));
  return { dir, vkey, append, note: async () => (await readSignedHead(dir, vkey)).note };
}

/** As it comes after a way over the wire. */
const wired = (document: object) => JSON.parse(JSON.stringify(document)) as Record<string, unknown>;

test('every entry is proven by its document and the verifier key alone', async () => {
  const { dir, note, vkey } = await sampleLog(300);
  const entries = joinedEntries(300);
  for (const index of [0, 1, 2, 127, 255, 256, 299]) {
    const document = entryDocument(await proveEntry(dir, vkey, index), await note());
    const proven = readEntryDocument(wired(document), vkey);
    expect(proven).toMatchObject({ index, bytes: entries[index] });
    expect(proven.head.size).toBe(300);
  }
});

test('a document with anything changed in it proves nothing', async () => {
  const { dir, note, vkey } = await sampleLog(300);
  const one = wired(entryDocument(await proveEntry(dir, vkey, 77), await note()));
  const other = wired(entryDocument(await proveEntry(dir, vkey, 78), await note()));
  const proof = one['proof'] as string[];
  const changed: unknown[] = [
    { ...one, index: 78 },
    { ...one, index: -1 },
    { ...one, index: 300 },
    { ...one, index: 2 ** 60 },
    { ...one, index: '77' },
    { ...one, entry: other['entry'] },
    { ...one, entry: `${String(one['entry'])}=` },
    { ...one, entry: 7 },
    { ...one, proof: proof.toReversed() },
    { ...one, proof: proof.slice(1) },
    { ...one, proof: [...proof, proof[0]] },
    { ...one, proof: 'x' },
    { ...one, proof: [null] },
    { ...one, checkpoint: String(one['checkpoint']).replace('\n300\n', '\n301\n') },
    { ...one, checkpoint: undefined },
    null,
    [],
    'x',
  ];
  for (const document of changed)
    expect(() => readEntryDocument(document, vkey)).toThrow('AUDIT_LOG_CORRUPT');
  // The checkpoint of another log, signed by its own key.
  expect(() => readEntryDocument(one, sampleKey().vkey)).toThrow('AUDIT_LOG_CORRUPT');
  expect(readEntryDocument(one, vkey).index).toBe(77);
});

test('growth is proven from a kept checkpoint, and from no other', async () => {
  const log = await sampleLog(200);
  const older = await readFile(join(log.dir, 'checkpoint'));
  await log.append(joinedEntries(150, 200));
  const document = wired(
    growthDocument(200, await proveGrowth(log.dir, log.vkey, 200), await log.note()),
  );
  expect(readGrowthDocument(document, older, log.vkey).size).toBe(350);
  const newer = Buffer.from(await log.note());
  const forked = await sampleLog(200);
  const changed: [unknown, Buffer][] = [
    [document, newer],
    [document, await readFile(join(forked.dir, 'checkpoint'))],
    [{ ...document, from: 199 }, older],
    [{ ...document, proof: [] }, older],
    [{ ...document, checkpoint: older.toString() }, older],
    [null, older],
  ];
  for (const [one, before] of changed)
    expect(() => readGrowthDocument(one, before, log.vkey)).toThrow('AUDIT_LOG_CORRUPT');
});

test('a walk gives every entry once, forwards within a range and backwards from any place', async () => {
  const { dir, vkey } = await sampleLog(600);
  const tiles = await openTiles(dir, vkey);
  const indexes = async (walk: AsyncIterable<{ readonly index: number }>) => {
    const found: number[] = [];
    for await (const { index } of walk) found.push(index);
    return found;
  };
  const all = Array.from({ length: 600 }, (_, at) => at);
  expect(await indexes(entriesFrom(tiles, 0))).toEqual(all);
  expect(await indexes(entriesFrom(tiles, 250, 520))).toEqual(all.slice(250, 520));
  expect(await indexes(entriesFrom(tiles, 600))).toEqual([]);
  expect(await indexes(entriesBefore(tiles))).toEqual(all.toReversed());
  expect(await indexes(entriesBefore(tiles, 257))).toEqual(all.slice(0, 257).toReversed());
  expect(await indexes(entriesBefore(tiles, 9999))).toEqual(all.toReversed());
  expect(await indexes(entriesBefore(tiles, 0))).toEqual([]);
  const entries = joinedEntries(600);
  for await (const { bytes, index } of entriesFrom(tiles, 0))
    expect(bytes.equals(entries[index] ?? Buffer.alloc(0))).toBe(true);
});
