import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuditKey,
  encodeSourced,
  LogWriter,
  readAuditKey,
  type AuditKey,
} from '@sealstream/audit-log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadContinuity, saveContinuity } from '../src/continuity-file.ts';
import { batchEvent, valueOf } from './sample-events.ts';

let dir = '';
let key: AuditKey;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audit-continuity-'));
  await createAuditKey(join(dir, 'audit.key'));
  key = await readAuditKey(join(dir, 'audit.key'));
});
afterEach(async () => rm(dir, { recursive: true, force: true }));

async function append(ranges: readonly (readonly [number, number])[], first: number) {
  const log = await LogWriter.open({ dir, signer: key.signer });
  await log.append(
    ranges.flatMap(([from, to], at) => {
      const source = { topic: 'audit.events.mask', partition: 0, offset: BigInt(first + at) };
      return encodeSourced(source, valueOf(batchEvent(from, to)));
    }),
  );
  await log.close();
  return { origin: key.signer.name, size: log.size };
}

test('without a snapshot the whole log is read, and what was found long ago is not told again', async () => {
  const log = await append(
    [
      [0, 5],
      [7, 9],
    ],
    0,
  );
  const { continuity, findings } = await loadContinuity(dir, key.vkey, log);
  expect(findings).toEqual([]);
  expect(continuity.state().batches).toEqual([['audit.events.mask mask/people/0', '9']]);
});

test('from a snapshot only what came after it is read, and a gap there is told', async () => {
  const early = await append([[0, 5]], 0);
  const { continuity } = await loadContinuity(dir, key.vkey, early);
  await saveContinuity(dir, { ...early, state: continuity.state() });
  const log = await append(
    [
      [5, 8],
      [9, 10],
    ],
    1,
  );
  const loaded = await loadContinuity(dir, key.vkey, log);
  expect(loaded.findings).toMatchObject([{ kind: 'gap', entry: 2, expected: '8', seen: '9' }]);
});

test('a snapshot of another log, of a later size, or damaged, is not believed', async () => {
  const log = await append([[0, 5]], 0);
  const state = { sources: [], batches: [['audit.events.mask mask/people/0', '99']], plain: [] };
  const file = join(dir, 'continuity.json');
  for (const text of [
    JSON.stringify({ origin: 'another', size: 0, state }),
    JSON.stringify({ origin: log.origin, size: 2, state }),
    JSON.stringify({ origin: log.origin, size: 1, state: { batches: [['x', 'no number']] } }),
    '{"origin":',
    '',
  ]) {
    await writeFile(file, text);
    const { continuity } = await loadContinuity(dir, key.vkey, log);
    expect(continuity.state().batches).toEqual([['audit.events.mask mask/people/0', '5']]);
  }
  expect(await readFile(file, 'utf8')).toBe('');
});
