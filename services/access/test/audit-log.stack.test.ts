import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { vkeyPath } from '@sealstream/audit-log';
import { AuditEvent } from '@sealstream/contracts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { allFiles } from '../../../packages/audit-log/test/sample-log.ts';
import { auditLogOf, RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow, until } from '../../../test/e2e/running-flow.ts';
import { asked, placeOf, requestsOf } from '../../../test/e2e/second-person.ts';
import { bytes, leafHash, openNote, type Proof, provenText, rootsOf } from './audit-verifier.ts';

// The log that a real audit service writes, read through access, and proven by a verifier of this test's own.

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
access:
  roles:
    auditor:
      meaning: Reads the audit log.
      allow:
        - { actions: [audit.read, audit.export] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
    reader:
      meaning: Reads the policy.
      allow:
        - { actions: [policy.read] }
`;
const ADA = { basic: 'ada:seventeen brown chairs stand' };
const BEN = { basic: 'ben:nineteen black tables wobble' };
const CAT = { basic: 'cat:thirteen grey lamps flicker' };
const REQUESTS = 300;

let flow: RunningFlow;
let access: RunningAccess;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  const fast = { SEALSTREAM_AUDIT_SIGN: '200ms', SEALSTREAM_AUDIT_BEAT: '1s' };
  await flow.start('audit', fast);
  access = await RunningAccess.start(flow, servers.redisUrl, auditLogOf(flow));
  await access.user('ada', ADA.basic.slice(4), 'auditor');
  await access.user('ben', BEN.basic.slice(4), 'checker');
  await access.user('cat', CAT.basic.slice(4), 'reader');
  const { text } = await access.accounts.apiKeys.create({
    owner: 'cat',
    name: 'many',
    scopes: { actions: ['*'], datasets: ['*'] },
    lifeMs: 3_600_000,
  });
  // More than one bundle of entries.
  for (let asks = 0; asks < REQUESTS; asks += 20)
    await Promise.all(
      Array.from({ length: 20 }, () => access.ask('GET', '/v1/datasets', { bearer: text })),
    );
  await until(async () => (await checkpoint()).size > REQUESTS);
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const { approve, call } = requestsOf(() => ({ access, flow }));

interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly checkpoint: string;
  readonly heartbeat: string;
  readonly ageSeconds: number;
}
interface Item {
  readonly index: number;
  readonly source?: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly event: Readonly<Record<string, unknown>> | null;
}
interface Page {
  readonly items: readonly Item[];
  readonly size: number;
  readonly cursor?: string;
}

const jsonOf = async <T>(line: string): Promise<T> => {
  const { json, status, text } = await call(ADA, line);
  expect([line, status, status === 200 ? '' : text]).toEqual([line, 200, '']);
  return json as T;
};
const checkpoint = () => jsonOf<Checkpoint>('GET /v1/audit/checkpoint');
const page = (query = '') => jsonOf<Page>(`GET /v1/audit/entries${query}`);
const vkey = () => readFileSync(vkeyPath(flow.keys.auditKeyFile), 'utf8').trim();
const opened = (note: string) => openNote(note, vkey());
const provenEntry = (proof: Proof) => provenText(proof, vkey());

test('the checkpoint is the one that the log has, with its age', async () => {
  const { ageSeconds, checkpoint: note, heartbeat, origin, root, size } = await checkpoint();
  const state = opened(note);
  expect([state.size, state.root.toString('base64')]).toEqual([size, root]);
  expect(note.startsWith(`${origin}\n`)).toBe(true);
  expect(ageSeconds).toBeLessThan(60);
  expect(Date.parse(heartbeat)).toBeLessThanOrEqual(Date.now());
});

test('entries come the newest first or from an index on, and every page goes on where the last ended', async () => {
  const { items, size } = await page('?limit=5');
  expect(items.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5].map((back) => size - back));
  const first = await page('?from=0&limit=200');
  const rest = await page(`?from=0&limit=200&cursor=${first.cursor ?? ''}`);
  const indexes = [...first.items, ...rest.items].map(({ index }) => index);
  expect(indexes.slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, at) => at));
  for (const { event } of first.items) expect(AuditEvent.safeParse(event).success).toBe(true);
  let place = await page('?limit=200');
  const back = [...place.items];
  while (place.cursor !== undefined) {
    place = await page(`?limit=200&cursor=${place.cursor}`);
    back.push(...place.items);
  }
  expect(back.at(-1)?.index).toBe(0);
  expect(back.map(({ index }) => index)).toEqual(back.map((_, at) => (back[0]?.index ?? 0) - at));
});

test('a filter lets through what it names, and no other', async () => {
  const { items } = await page('?type=access-ordered&actor=cat&limit=200');
  expect(items.length).toBe(200);
  for (const { event, source } of items) {
    expect(event).toMatchObject({ type: 'access-ordered', actor: 'cat' });
    expect(source).toMatchObject({ topic: expect.stringContaining('audit.events.access') });
  }
  expect((await page('?type=key-destroyed')).items).toEqual([]);
  expect((await page('?dataset=other')).items).toEqual([]);
  expect((await page('?actor=nobody')).items).toEqual([]);
});

test('that the log was read stands on the log, with who', async () => {
  await page('?type=gap');
  const told = async () => {
    const { items } = await page('?type=access-ordered&actor=ada&limit=50');
    return items.map(({ event }) => event?.['details'] as Record<string, unknown>);
  };
  await until(async () => (await told()).some((one) => one['action'] === 'audit.read'));
});

test('an entry is proven to whoever has the verifier key alone, at every edge of the tree', async () => {
  const { size } = await checkpoint();
  for (const index of [0, 1, 255, 256, 257, size - 1]) {
    const proof = await jsonOf<Proof>(`GET /v1/audit/entries/${index}/proof`);
    expect(proof.index).toBe(index);
    const entry = JSON.parse(provenEntry(proof)) as { event: unknown };
    const { items } = await page(`?from=${index}&limit=1`);
    expect(entry.event).toEqual(items[0]?.event);
  }
});

test('that the log only grew is proven to whoever kept an older checkpoint', async () => {
  const kept = opened((await checkpoint()).checkpoint);
  await until(async () => (await checkpoint()).size > kept.size);
  const growth = async (from: number, older: Buffer | undefined) => {
    const { checkpoint: note, proof } = await jsonOf<Proof>(
      `GET /v1/audit/consistency?from=${from}`,
    );
    const { root, size } = opened(note);
    // A whole subtree is not in the proof: whoever checks it has it.
    const isSubtree = Number.isInteger(Math.log2(from));
    const roots = rootsOf(from, size, bytes(proof), isSubtree ? older : undefined);
    expect(roots.newer.equals(root)).toBe(true);
    if (older !== undefined) expect(roots.older.equals(older)).toBe(true);
  };
  await growth(kept.size, kept.root);
  const { entry } = await jsonOf<Proof>('GET /v1/audit/entries/0/proof');
  await growth(1, leafHash(Buffer.from(entry, 'base64')));
  for (const from of [3, 255, 257]) await growth(from, undefined);
});

test.each([
  ['an entry that is not there yet', '/v1/audit/entries/999999999/proof', 404],
  ['the largest index', '/v1/audit/entries/999999999999999/proof', 404],
  ['one beyond it', '/v1/audit/entries/1000000000000000/proof', 400],
  ['a negative index', '/v1/audit/entries/-1/proof', 400],
  ['no number', '/v1/audit/entries/x/proof', 400],
  ['a part of one', '/v1/audit/entries/1.5/proof', 400],
  ['infinity', '/v1/audit/entries/Infinity/proof', 400],
  ['a path', '/v1/audit/entries/..%2f..%2fcheckpoint/proof', 400],
  ['growth from nothing', '/v1/audit/consistency?from=0', 400],
  ['growth from the future', '/v1/audit/consistency?from=999999999', 404],
  ['growth without a size', '/v1/audit/consistency', 400],
  ['a cursor of nobody', '/v1/audit/entries?cursor=AAAA', 400],
  ['a cursor back from a negative place', cursorOf({ before: -1 }), 400],
  ['a cursor with more in it', cursorOf({ before: 1, from: 1 }), 400],
  ['a type that there is not', '/v1/audit/entries?type=x', 400],
  ['more than a page', '/v1/audit/entries?limit=201', 400],
])('%s is refused', async (_what, path, status) => {
  const answer = await call(ADA, `GET ${path}`);
  expect(answer.status).toBe(status);
});

function cursorOf(place: object): string {
  return `/v1/audit/entries?cursor=${Buffer.from(JSON.stringify(place)).toString('base64url')}`;
}

test('a place beyond the end has nothing, and one back from there begins at the end', async () => {
  expect((await page('?from=999999999999999')).items).toEqual([]);
  const { items, size } = await jsonOf<Page>(`GET ${cursorOf({ before: 2 ** 40 })}&limit=1`);
  expect(items[0]?.index).toBe(size - 1);
});

test('an export needs a second person, and each of its lines is a proof', async () => {
  for (const body of [
    { from: 5, to: 5 },
    { from: 6, to: 5 },
    { from: 0, to: 100_001 },
    { from: -1, to: 5 },
    { from: 0.5, to: 5 },
  ])
    expect((await call(ADA, 'POST /v1/audit/export', body)).status).toBe(400);
  const beyond = { from: 0, to: 90_000 };
  expect(asked(await call(ADA, 'POST /v1/audit/export', beyond))).toEqual([
    404,
    'AUDIT_ENTRY_UNKNOWN',
  ]);
  for (const body of [beyond, { from: 0, to: 1 }])
    expect(asked(await call(CAT, 'POST /v1/audit/export', body))).toEqual([403, 'ACCESS_DENIED']);

  const range = { from: 3, to: 303 };
  const place = placeOf(await call(ADA, 'POST /v1/audit/export', range));
  expect((await approve(BEN, place)).status).toBe(200);
  const send = (body: object) =>
    fetch(`${access.base}/v1/audit/export`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(ADA.basic).toString('base64')}`,
        'content-type': 'application/json',
        'x-sealstream-approval': place['approval'] ?? '',
      },
      body: JSON.stringify(body),
    });
  expect((await send({ from: 3, to: 304 })).status).toBe(403);
  const answer = await send(range);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
  const lines = (await answer.text()).trimEnd().split('\n');
  const proofs = lines.map((line) => JSON.parse(line) as Proof);
  expect(proofs.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, at) => at + 3));
  for (const proof of [proofs[0], proofs[252], proofs[253], proofs[299]])
    if (proof !== undefined) provenEntry(proof);
  // An entry is shown once a checkpoint signs it, and that is written each second.
  await expect
    .poll(() => exportsTold('access-ordered'), { timeout: 20_000 })
    .toContainEqual(expect.objectContaining({ values: 300, from: 3, to: 303, approvedBy: 'ben' }));
  await until(async () => (await exportsTold('access-done')).some((one) => one['given'] === 300));
});

async function exportsTold(type: string): Promise<Record<string, unknown>[]> {
  const { items } = await page(`?type=${type}&actor=ada&limit=200`);
  const details = items.map(({ event }) => event?.['details'] as Record<string, unknown>);
  return details.filter((one) => one['action'] === 'audit.export');
}

test('a copy in which anything was changed is refused, and nothing of it is shown', async () => {
  const servers = inject('stack');
  const { size } = await checkpoint();
  const copy = join(flow.place.tmp, 'copy');
  cpSync(flow.place.audit, copy, { recursive: true });
  const other = await RunningAccess.start(
    flow,
    servers.redisUrl,
    { ...auditLogOf(flow), SEALSTREAM_AUDIT_DIR: copy },
    { isNew: true },
  );
  const ask = (line: string, body?: unknown) => {
    const [method = '', path = ''] = line.split(' ');
    return access.askAt(other.base, method, path, ADA, body);
  };
  const kept = await allFiles(copy);
  const put = (file: string, content: Uint8Array) => writeFileSync(join(copy, file), content);
  const flipped = (file: string) => {
    const content = Buffer.from(kept.get(file) ?? expect.unreachable(file));
    const at = content.length >> 1;
    content[at] = (content[at] ?? 0) ^ 1;
    put(file, content);
  };
  const lines = ['GET /v1/audit/entries/0/proof', 'GET /v1/audit/entries?from=0&limit=1'];
  try {
    for (const line of lines) expect((await ask(line)).status).toBe(200);
    for (const file of ['tile/entries/000', 'tile/0/000', 'checkpoint']) {
      flipped(file);
      for (const line of lines) {
        const { json, status, text } = await ask(line);
        expect([file, status, json['code']]).toEqual([file, 500, 'AUDIT_LOG_CORRUPT']);
        expect(text).not.toContain('audit.events');
        expect(json).not.toHaveProperty('items');
      }
      put(file, kept.get(file) ?? Buffer.alloc(0));
    }
    expect((await ask('GET /v1/audit/entries?from=0')).status).toBe(200);
    // A whole older log, signed, after the service saw a newer one.
    const newer = join(flow.place.tmp, 'newer');
    await until(async () => (await checkpoint()).size > size + 1);
    cpSync(flow.place.audit, newer, { recursive: true });
    for (const [file, content] of await allFiles(newer)) {
      const parent = join(copy, file, '..');
      cpSync(join(newer, file, '..'), parent, { recursive: true });
      put(file, content);
    }
    expect((await ask('GET /v1/audit/checkpoint')).json['size']).toBeGreaterThan(size);
    put('checkpoint', kept.get('checkpoint') ?? Buffer.alloc(0));
    expect(asked(await ask('GET /v1/audit/checkpoint'))).toEqual([500, 'AUDIT_LOG_CORRUPT']);
  } finally {
    await other.close();
  }
});

test('an export that meets a changed entry breaks off before it, and says so on the log', async () => {
  const servers = inject('stack');
  const copy = join(flow.place.tmp, 'broken');
  cpSync(flow.place.audit, copy, { recursive: true });
  const other = await RunningAccess.start(
    flow,
    servers.redisUrl,
    { ...auditLogOf(flow), SEALSTREAM_AUDIT_DIR: copy },
    { isNew: true },
  );
  const range = { from: 2, to: 302 };
  const path = '/v1/audit/export';
  const place = placeOf(await access.askAt(other.base, 'POST', path, ADA, range));
  expect((await approve(BEN, place)).status).toBe(200);
  const [second] = [...(await allFiles(copy)).keys()].filter((file) =>
    file.startsWith('tile/entries/001'),
  );
  const file = join(copy, second ?? 'none');
  const content = readFileSync(file);
  content[40] = (content[40] ?? 0) ^ 1;
  writeFileSync(file, content);
  const approval = { 'x-sealstream-approval': place['approval'] ?? '' };
  const broken = access.askAt(other.base, 'POST', path, ADA, range, approval);
  await expect(broken).rejects.toThrow();
  await until(async () =>
    (await exportsTold('access-done')).some((one) => one['failed'] === 'AUDIT_LOG_CORRUPT'),
  );
  await other.close();
});

test('a service without a log says which settings it lacks', async () => {
  const servers = inject('stack');
  const other = await RunningAccess.start(flow, servers.redisUrl, {}, { isNew: true });
  for (const path of ['/v1/audit/checkpoint', '/v1/audit/entries', '/v1/audit/entries/0/proof']) {
    const answer = await access.askAt(other.base, 'GET', path, ADA);
    expect(asked(answer)).toEqual([503, 'AUDIT_COPY_MISSING']);
    expect(answer.json['detail']).toContain('SEALSTREAM_AUDIT_DIR');
  }
  const refused = await access.askAt(other.base, 'GET', '/v1/audit/checkpoint', CAT);
  expect(asked(refused)).toEqual([403, 'ACCESS_DENIED']);
  await other.close();
});
