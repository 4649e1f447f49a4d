import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuditKey, LogWriter, readAuditKey } from '@sealstream/audit-log';
import { expect, test } from 'vitest';

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
