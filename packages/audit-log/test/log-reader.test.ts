import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  proveEntry,
  proveGrowth,
  readEntries,
  readHead,
  readSourceState,
} from '../src/log-reader.ts';
import { LogWriter } from '../src/log-writer.ts';
import { verifyConsistency, verifyInclusion } from '../src/proof.ts';
import {
  heartbeat,
  joinedEntries,
  sampleKey,
  scratchDir,
  sourced,
  plainEvent,
} from './sample-log.ts';

const { signer, vkey } = sampleKey();

test('entries are read from an index, and from the end', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  await log.append(joinedEntries(520));
  await log.close();
  const indexes = async (from: number) => {
    const list: number[] = [];
    for await (const { index } of readEntries(dir, vkey, { from })) list.push(index);
    return list;
  };
  expect(await indexes(517)).toEqual([517, 518, 519]);
  expect(await indexes(-2)).toEqual([518, 519]);
  expect(await indexes(-1000)).toHaveLength(520);
  expect(await indexes(520)).toEqual([]);
});

test('a follower gets every entry once, in order, while the log grows', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  await log.append(joinedEntries(3));
  await log.checkpoint();
  const stop = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    const options = { follow: true, pollMs: 5, signal: stop.signal };
    for await (const { index } of readEntries(dir, vkey, options)) {
      seen.push(index);
      if (seen.length === 700) stop.abort();
    }
  })();
  while (log.size < 700) {
    await log.append(joinedEntries(17, log.size));
    await log.checkpoint();
  }
  await reading;
  expect(seen).toEqual(Array.from({ length: 700 }, (_, at) => at));
  await log.close();
});

test('a follower of a log that is set back stops with an error', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  await log.append(joinedEntries(3));
  const older = await log.checkpoint();
  await log.append(joinedEntries(3, 3));
  await log.close();
  const reading = (async () => {
    for await (const { index } of readEntries(dir, vkey, { follow: true, pollMs: 5 })) {
      if (index === 5) await writeFile(join(dir, 'checkpoint'), older);
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'AUDIT_LOG_CORRUPT' });
});

test('a reader is given no entry that does not verify', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  await log.append(joinedEntries(300));
  await log.close();
  const file = join(dir, 'tile/entries/000');
  const bytes = await readFile(file);
  bytes[20_000] = (bytes[20_000] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const given: number[] = [];
  const reading = (async () => {
    for await (const { index } of readEntries(dir, vkey)) given.push(index);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'AUDIT_LOG_CORRUPT' });
  expect(given).toEqual([]);
});

test('positions come from the newest heartbeat and what follows it', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  expect((await readSourceState(dir, vkey)).positions.size).toBe(0);
  await log.append([
    ...joinedEntries(300),
    heartbeat(0, { 'audit.events.mask/0': 305n, 'audit.events.cli/2': 9n }),
    ...joinedEntries(270, 400),
    sourced(plainEvent(0, 'ingest/1'), 7, 'audit.events.ingest', 3),
  ]);
  await log.checkpoint();
  const state = await readSourceState(dir, vkey);
  expect(Object.fromEntries(state.topicIds)).toEqual({ 'audit.events.mask': 'ab'.repeat(16) });
  expect(Object.fromEntries(state.positions)).toEqual({
    'audit.events.mask/0': 670n,
    'audit.events.cli/2': 9n,
    'audit.events.ingest/3': 8n,
  });
  await log.close();
});

test('proofs from tiles verify for entries and sizes of every kind', async () => {
  const dir = await scratchDir();
  const log = await LogWriter.open({ dir, signer });
  await log.append(joinedEntries(255));
  const sizes = [255];
  const roots = new Map([[255, (await log.checkpoint(), log.head.root)]]);
  for (const count of [1, 1, 400]) {
    await log.append(joinedEntries(count, log.size));
    await log.checkpoint();
    sizes.push(log.size);
    roots.set(log.size, log.head.root);
  }
  await log.close();
  const head = await readHead(dir, vkey);
  for (const index of [0, 1, 254, 255, 256, 511, 512, 656]) {
    const { leaf, proof } = await proveEntry(dir, vkey, index);
    const size = BigInt(head.size);
    const claim = { index: BigInt(index), size, leaf, proof, root: head.root };
    expect(verifyInclusion(claim)).toBe(true);
  }
  for (const size of sizes) {
    const { proof } = await proveGrowth(dir, vkey, size);
    const root1 = roots.get(size) ?? Buffer.alloc(0);
    const claim = { size1: BigInt(size), size2: BigInt(head.size), root1, root2: head.root, proof };
    expect(verifyConsistency(claim)).toBe(true);
  }
  await expect(proveEntry(dir, vkey, 657)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(proveGrowth(dir, vkey, 0)).rejects.toMatchObject({ code: 'USAGE' });
});
