import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createAuditKey,
  entryDocument,
  growthDocument,
  LogWriter,
  proveEntry,
  proveGrowth,
  readAuditKey,
  readSignedHead,
} from '@sealstream/audit-log';
import { describe, expect, test } from 'vitest';

import { AT, joinedEntries, plainEvent, sourced } from '../../audit-log/test/sample-log.ts';
import { emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';

interface SampleLog {
  readonly dir: string;
  readonly vkey: string;
  append(...entries: Buffer[]): Promise<void>;
}

async function sampleLog(): Promise<SampleLog> {
  const keyFile = join(emptyDir(), 'audit.key');
  await createAuditKey(keyFile);
  const dir = join(emptyDir(), 'log');
  const { signer } = await readAuditKey(keyFile);
  const append = async (...entries: Buffer[]) => {
    const writer = await LogWriter.open({ dir, signer });
    await writer.append(entries);
    await writer.close();
  };
  return { dir, vkey: keyFile.replace('.key', '.vkey'), append };
}

test('a whole log verifies with exit 0 and says how many entries of which topic it has', async () => {
  const log = await sampleLog();
  await log.append(...joinedEntries(300));
  const { exit, out } = await ran(['audit', 'verify', log.dir, '--key', log.vkey]);
  expect(exit).toBe(0);
  expect(out).toMatch(/entries {6}300/);
  expect(out).toContain('audit.events.mask  300');
  expect(out).toMatch(/intact {7}yes/);
  const asJson = await ran(['audit', 'verify', '--dir', log.dir, '--key', log.vkey, '--json']);
  expect(JSON.parse(asJson.out)).toMatchObject({ ok: true, size: 300 });
});

test('a flipped byte is found, named, and ends with exit 1', async () => {
  const log = await sampleLog();
  await log.append(...joinedEntries(300));
  const bundle = join(log.dir, 'tile/entries/000');
  const bytes = readFileSync(bundle);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(bundle, bytes);
  const { exit, out } = await ran(['audit', 'verify', log.dir, '--key', log.vkey]);
  expect(exit).toBe(1);
  expect(out).toMatch(/intact {7}NO/);
  expect(out).toContain('tile/entries/000');
});

test('a gap between events is a finding though the log itself is whole', async () => {
  const log = await sampleLog();
  await log.append(...joinedEntries(2), ...joinedEntries(2, 5));
  const { exit, out } = await ran(['audit', 'verify', log.dir, '--key', log.vkey]);
  expect(exit).toBe(1);
  expect(out).toMatch(/intact {7}yes/);
  expect(out).toMatch(/complete {5}NO/);
});

test('a stale log fails --max-age, and one rolled back fails an older checkpoint', async () => {
  const log = await sampleLog();
  await log.append(...joinedEntries(10));
  const base = ['audit', 'verify', log.dir, '--key', log.vkey];
  expect((await ran([...base, '--max-age', '2m'])).exit).toBe(1);
  const kept = join(emptyDir(), 'checkpoint');
  copyFileSync(join(log.dir, 'checkpoint'), kept);
  expect((await ran([...base, '--checkpoint', kept])).exit).toBe(0);
  const other = await sampleLog();
  await other.append(...joinedEntries(3));
  expect((await ran([...base, '--checkpoint', join(other.dir, 'checkpoint')])).exit).toBe(1);
});

test('without a verifier key the command exits with 2 and says which file', async () => {
  const { err, exit } = await ran(['audit', 'verify', emptyDir(), '--key', 'no-such.vkey']);
  expect({ exit, err }).toEqual({
    exit: 2,
    err: expect.stringMatching(/^KEY_FILE_MISSING: .*no-such/),
  });
});

test('tail shows the last entries in order, as lines or as JSON', async () => {
  const log = await sampleLog();
  const told = { ...plainEvent(0), details: { purpose: 'field', note: 'x\u001b[31m' } };
  await log.append(...joinedEntries(30), sourced(told, 0, 'audit.events.cli'));
  const args = ['audit', 'tail', log.dir, '--key', log.vkey, '--lines', '2'];
  const { exit, out } = await ran(args);
  const time = new Date(AT).toISOString();
  expect({ exit, lines: out.trim().split('\n') }).toEqual({
    exit: 0,
    lines: [
      expect.stringMatching(
        /^29 {2}\S+ {2}batch {2}mask\/people\/0 {2}accepted\.people \[290, 300\)/,
      ),
      `30  ${time}  key-rotated  cli/a  by somebody  purpose=field  note=x?[31m`,
    ],
  });
  const [first] = (await ran([...args, '--json'])).out.split('\n');
  expect(JSON.parse(first)).toMatchObject({
    index: 29,
    topic: 'audit.events.mask',
    event: { type: 'batch' },
  });
});

describe('a proof in a file', () => {
  const proofs = async (log: SampleLog, ...indexes: number[]) => {
    const vkey = readFileSync(log.vkey, 'utf8').trim();
    const { note } = await readSignedHead(log.dir, vkey);
    const lines = indexes.map(async (index) =>
      JSON.stringify(entryDocument(await proveEntry(log.dir, vkey, index), note)),
    );
    return Promise.all(lines);
  };
  const written = (text: string) => {
    const file = join(emptyDir(), 'proof.json');
    writeFileSync(file, text);
    return file;
  };

  test('verifies without the log, as one document in any layout or as lines', async () => {
    const log = await sampleLog();
    await log.append(...joinedEntries(300));
    const [one = ''] = await proofs(log, 77);
    for (const text of [one, JSON.stringify(JSON.parse(one), null, 2)]) {
      const { exit, out } = await ran(['audit', 'verify-proof', written(text), '--key', log.vkey]);
      expect([exit, out]).toEqual([0, expect.stringMatching(/^entry 77 of 300 in .* batch\n/)]);
    }
    const lines = `${(await proofs(log, 0, 1, 299)).join('\n')}\n`;
    const all = await ran(['audit', 'verify-proof', written(lines), '--key', log.vkey, '--json']);
    expect(all.exit).toBe(0);
    const shown = all.out.trimEnd().split('\n');
    expect(shown.map((line) => JSON.parse(line).index)).toEqual([0, 1, 299]);
  });

  test('that does not hold is a finding with its line, and a file without one is refused', async () => {
    const log = await sampleLog();
    await log.append(...joinedEntries(300));
    const [first = '', second = ''] = await proofs(log, 1, 2);
    const changed = second.replace('"index":2', '"index":3');
    const file = written(`${first}\n${changed}\n`);
    const found = await ran(['audit', 'verify-proof', file, '--key', log.vkey]);
    expect([found.exit, found.err]).toEqual([1, expect.stringContaining('line 2: the proof')]);
    const other = await sampleLog();
    const wrongKey = ['audit', 'verify-proof', written(first), '--key', other.vkey];
    expect((await ran(wrongKey)).exit).toBe(1);
    const noJson = ['audit', 'verify-proof', written('x\n'), '--key', log.vkey];
    expect((await ran(noJson)).exit).toBe(1);
    const empty = ['audit', 'verify-proof', written('\n'), '--key', log.vkey];
    expect((await ran(empty)).exit).toBe(2);
    const missing = ['audit', 'verify-proof', join(emptyDir(), 'none'), '--key', log.vkey];
    expect((await ran(missing)).exit).toBe(2);
  });

  test('of growth holds from the checkpoint that was kept, and from no other', async () => {
    const log = await sampleLog();
    await log.append(...joinedEntries(100));
    const kept = join(emptyDir(), 'checkpoint');
    copyFileSync(join(log.dir, 'checkpoint'), kept);
    await log.append(...joinedEntries(50, 100));
    const vkey = readFileSync(log.vkey, 'utf8').trim();
    const { note } = await readSignedHead(log.dir, vkey);
    const grown = await proveGrowth(log.dir, vkey, 100);
    const file = written(JSON.stringify(growthDocument(100, grown, note)));
    const base = ['audit', 'verify-proof', file, '--key', log.vkey, '--checkpoint'];
    const { exit, out } = await ran([...base, kept]);
    expect([exit, out]).toEqual([0, expect.stringMatching(/ only grew, to 150 entries\n/)]);
    expect((await ran([...base, join(log.dir, 'checkpoint')])).exit).toBe(1);
  });
});
