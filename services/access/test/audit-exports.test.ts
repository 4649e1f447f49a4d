import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  AuthenticTiles,
  createAuditKey,
  LogWriter,
  readAuditKey,
  readEntryDocument,
  readSignedHead,
} from '@sealstream/audit-log';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { joinedEntries } from '../../../packages/audit-log/test/sample-log.ts';
import { accessServer } from '../src/access-server.ts';
import { type AuditExport, AuditExports } from '../src/audit-exports.ts';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-exports-'));
/** As lines with their proofs more than sockets on loopback hold by themselves. */
const SIZE = 12_000;
const ALL = { from: 0, to: SIZE };
const still = async () => true;
let signed: Parameters<AuditExports['open']>[0];
let vkey: string;

beforeAll(async () => {
  const keyFile = join(folder, 'audit.key');
  await createAuditKey(keyFile);
  const key = await readAuditKey(keyFile);
  vkey = key.vkey;
  const dir = join(folder, 'log');
  const writer = await LogWriter.open({ dir, signer: key.signer });
  await writer.append(joinedEntries(SIZE));
  await writer.close();
  const { head, note } = await readSignedHead(dir, vkey);
  signed = { tiles: await AuthenticTiles.open(dir, head), note };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a whole export has every entry once, in order and proven, and says how many', async () => {
  const { ended, stream } = new AuditExports().open(signed, { from: 250, to: 600 }, still);
  const pieces = (await stream.toArray()) as string[];
  const lines = pieces.join('').trimEnd().split('\n');
  const entries = lines.map((line) => readEntryDocument(JSON.parse(line), vkey));
  expect(entries.map(({ index }) => index)).toEqual(
    Array.from({ length: 350 }, (_, at) => at + 250),
  );
  expect(await ended).toEqual({ values: 350, failed: undefined });
});

test('of a client that goes only what was read for it counts, and no more is read ahead than a piece or two', async () => {
  const { ended, stream } = new AuditExports().open(signed, ALL, still);
  const [first] = (await stream.take(1).toArray()) as [string];
  const lines = first.trimEnd().split('\n').length;
  stream.destroy();
  const { values } = await ended;
  expect(values).toBeGreaterThanOrEqual(lines);
  expect(values).toBeLessThan(4 * lines);
  expect(values).toBeLessThan(SIZE / 2);
});

test('one that may no longer have it, and where that cannot be asked, gets no further piece', async () => {
  for (const isStill of [
    async () => false,
    async () => {
      throw new Error('away');
    },
  ]) {
    const { ended, stream } = new AuditExports({ stillMs: 0 }).open(signed, ALL, isStill);
    await expect(stream.toArray()).rejects.toThrow();
    expect(await ended).toMatchObject({ values: 0, failed: expect.any(String) });
  }
});

test('four are open at once, a fifth is when one ended, and none after the end', async () => {
  const exports = new AuditExports();
  const open = Array.from({ length: 4 }, () => exports.open(signed, ALL, still));
  expect(() => exports.open(signed, ALL, still)).toThrow('TOO_MANY_REQUESTS');
  open[0]?.stream.destroy();
  await open[0]?.ended;
  const fifth = exports.open(signed, ALL, still);
  exports.end();
  await Promise.all([...open, fifth].map(({ ended }) => ended));
  expect(() => exports.open(signed, ALL, still)).toThrow('TOO_MANY_REQUESTS');
});

test('a client that reads nothing holds the reading up, and one that goes ends it', async () => {
  const server = await accessServer({ bodyMax: 4096, requestMs: 5000 });
  let opened: AuditExport | undefined;
  server.get('/v1/all', { schema: { hide: true } }, async (_request, reply) => {
    opened = new AuditExports().open(signed, ALL, still);
    return reply.type('application/jsonl').send(opened.stream);
  });
  try {
    const base = await server.listen({ host: '127.0.0.1', port: 0 });
    const asking = request(`${base}/v1/all`, { agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    await once(answer, 'data');
    answer.pause();
    // Long enough for all of it, if nothing held it up.
    await sleep(3000);
    answer.destroy();
    const { values } = (await opened?.ended) ?? expect.unreachable();
    expect(values).toBeGreaterThan(0);
    expect(values).toBeLessThan(SIZE);
  } finally {
    await server.close();
  }
});
