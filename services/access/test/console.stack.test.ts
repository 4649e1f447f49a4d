import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

import { ALERT_TOPIC, type AlertEvent, auditTopic } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { RunningFlow, until } from '../../../test/e2e/running-flow.ts';
import type { FlowState } from '../src/flow-state.ts';
import {
  ALICE,
  type Console,
  type ListedAccess,
  openConsole,
  type Page,
  readPolicyAgain,
  type Reject,
} from './console-fixture.ts';

const POLL = { timeout: 30_000, interval: 100 };
const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const RECORD = { first_name: 'Ann', last_name: 'Lee', ssn: '123-45-6789', email: 'a@b.example' };

let flow: RunningFlow;
let console_: Console;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers);
  const often = { SEALSTREAM_POLICY_POLL: '200ms' };
  for (const name of ['ingest', 'mask', 'encrypt'] as const) await flow.start(name, often);
  console_ = await openConsole(flow, servers, { mayReplay: true, sessionMs: 200 });
}, 180_000);
afterAll(async () => {
  await console_.close();
  await flow.close();
});

async function ask(path: string, body?: object): Promise<{ status: number; json: unknown }> {
  const post = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  };
  const answer = await fetch(`${console_.base}${path}`, body === undefined ? {} : post);
  const text = await answer.text();
  // Wherever an answer comes from, it holds nothing of a record.
  expect(text).not.toContain(CANARY);
  return { status: answer.status, json: JSON.parse(text) };
}

async function send(...records: object[]): Promise<void> {
  const made = records.map((record) => ({
    key: Buffer.from(CANARY),
    value: Buffer.from(JSON.stringify(record)),
  }));
  await flow.bus.append(flow.dataset.topics.raw, 0, made);
}

const rejectsOf = async (query = '') =>
  (await ask(`/v1/datasets/people/rejects${query}`)).json as Page<Reject>;

describe('rejects', () => {
  test('stand there with code and place, newest first, page by page, and no value', async () => {
    const records = [
      { ...RECORD, nickname: CANARY },
      { ...RECORD, ssn: 5 },
      { first_name: CANARY },
      { ...RECORD, nickname: CANARY, n: 2 },
    ];
    for (const record of records) {
      const before = (await rejectsOf()).items.length;
      await send(record);
      await expect.poll(async () => (await rejectsOf()).items.length, POLL).toBe(before + 1);
    }
    const { items, cursor } = await rejectsOf();
    expect(cursor).toBeUndefined();
    expect(items.map(({ code }) => code)).toEqual([
      'RECORD_UNKNOWN_FIELD',
      'RECORD_MISSING_FIELD',
      'RECORD_WRONG_TYPE',
      'RECORD_UNKNOWN_FIELD',
    ]);
    expect(items[0]).toMatchObject({ stage: 'ingest', attempt: 0, source: { partition: 0 } });
    expect(items.map(({ source }) => Number(source.offset))).toEqual([3, 2, 1, 0]);
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page: Page<Reject> = await rejectsOf(`?limit=1${next && `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      next = page.cursor;
    }
    expect(seen).toEqual(items.map(({ id }) => id));
    const ofType = await rejectsOf('?code=RECORD_WRONG_TYPE&stage=ingest');
    expect(ofType.items.map(({ id }) => id)).toEqual([items[2]?.id]);
    expect((await rejectsOf('?stage=mask')).items).toEqual([]);
  });

  test('are summed up by code, and it is said whether that is all', async () => {
    const { json } = await ask('/v1/datasets/people/rejects/summary');
    expect(json).toMatchObject({ total: 4, isWhole: true });
    expect(json).toHaveProperty('byCode.0', {
      stage: 'ingest',
      code: 'RECORD_UNKNOWN_FIELD',
      count: 2,
      newestAt: (await rejectsOf()).items[0]?.at,
    });
  });

  test.each(['AAAA', 'eyJ4IjoiMSJ9', Buffer.from('[1]').toString('base64url')])(
    'refuse a cursor that is not theirs: %s',
    async (cursor) => {
      const { json, status } = await ask(`/v1/datasets/people/rejects?cursor=${cursor}`);
      expect([status, json]).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
    },
  );
});

describe('replay', () => {
  const replay = async (body: object) =>
    (await ask('/v1/datasets/people/rejects/replay', body)).json;
  const masked = async () => (await flow.readAll(flow.dataset.topics.masked)).length;

  test('tells of a dry run what it would try, and what is named and not there', async () => {
    const [newest] = (await rejectsOf()).items;
    const ids = [newest?.id, '0:999999'];
    expect(await replay({ ids, dryRun: true })).toEqual({
      replayed: 1,
      skipped: 3,
      refused: [{ id: '0:999999', code: 'REJECT_UNKNOWN' }],
    });
    expect((await rejectsOf()).items).toHaveLength(4);
    expect(await masked()).toBe(0);
    // Nothing was tried, and the audit log does not say so either.
    const told = (await flow.readAll(auditTopic('access'))).map(({ value }) => String(value));
    const ordered = told.filter((text) => text.includes('"access-ordered"'));
    expect(ordered.filter((text) => text.includes('rejects.replay'))).toEqual([
      expect.stringContaining('"dryRun":"true"'),
    ]);
  });

  test('of what is still bad says so, by the place that it had', async () => {
    const found = (await rejectsOf('?code=RECORD_MISSING_FIELD')).items;
    const id = found[0]?.id;
    expect(await replay({ ids: [id] })).toEqual({
      replayed: 0,
      skipped: 3,
      refused: [{ id, code: 'RECORD_MISSING_FIELD' }],
    });
    expect((await rejectsOf('?code=RECORD_MISSING_FIELD')).items).toMatchObject([{ attempt: 1 }]);
  });

  test('under a mended policy brings a record onto masked once, and a second replay does nothing', async () => {
    const file = flow.place.policyFile;
    const mended = readFileSync(file, 'utf8')
      .replace('revision: 1 ', 'revision: 2 ')
      .replace(
        '    fields:\n',
        '    fields:\n      /nickname: { type: string, mask: redact, encrypt: seal }\n',
      );
    writeFileSync(file, mended);
    readPolicyAgain(console_, flow);
    expect(await replay({ code: 'RECORD_UNKNOWN_FIELD' })).toMatchObject({ replayed: 1 });
    await until(async () => (await masked()) === 1);
    expect(await replay({ code: 'RECORD_UNKNOWN_FIELD' })).toMatchObject({
      replayed: 0,
      refused: [],
    });
    expect(await masked()).toBe(1);
    // The other has a further field that no rule names, so it was tried and stays.
    expect((await rejectsOf()).items).toHaveLength(3);
  });
});

test('where the service was not given the keys, nothing is replayed and the rest works', async () => {
  const other = await RunningFlow.open(inject('stack'));
  const without = await openConsole(other, inject('stack'), { mayReplay: false });
  const answer = await fetch(`${without.base}/v1/datasets/people/rejects/replay`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'KEY_FILE_MISSING' });
  const rejects = await fetch(`${without.base}/v1/datasets/people/rejects`);
  expect(await rejects.json()).toEqual({ items: [] });
  await without.close();
  await other.close();
});

describe('alerts', () => {
  const id = `lag/people/${CANARY.replace('canary', 'topic')}/mask`;
  const path = `/v1/alerts/${encodeURIComponent(id)}/acknowledge`;
  interface Shown {
    readonly id: string;
    readonly state: string;
    readonly severity: string;
    readonly acknowledged?: { readonly by: string; readonly note?: string };
  }
  async function tell(state: AlertEvent['state'], of = id): Promise<void> {
    const time = new Date().toISOString();
    const event: AlertEvent = {
      v: 1,
      id: of,
      rule: 'lag',
      state,
      dataset: 'people',
      service: 'mask',
      expected: 'less',
      seen: 'more',
      since: '2026-01-01T00:00:00.000Z',
      time,
      runbook: 'docs/runbooks/lag.md',
    };
    const record = { key: Buffer.from(of), value: Buffer.from(JSON.stringify(event)) };
    await flow.bus.append(ALERT_TOPIC, 0, [record]);
  }
  const all = async () => ((await ask('/v1/alerts')).json as Page<Shown>).items;

  test('of one firing only are acknowledged: resolved and firing again, it is nobody’s', async () => {
    await tell('resolved', 'lag/people/other/mask');
    await tell('firing');
    expect(await all()).toMatchObject([
      { id, state: 'firing', severity: 'warning', runbook: 'docs/runbooks/lag.md' },
      { id: 'lag/people/other/mask', state: 'resolved' },
    ]);
    expect((await all())[0]).not.toHaveProperty('acknowledged');
    const done = await ask(path, { note: 'I look at the disk' });
    expect(done).toMatchObject({
      status: 200,
      json: { id, acknowledged: { by: ALICE.account, note: 'I look at the disk' } },
    });
    expect((await all())[0]?.acknowledged).toMatchObject({ by: ALICE.account });
    await tell('resolved');
    expect((await all()).find((one) => one.id === id)).not.toHaveProperty('acknowledged');
    expect(await ask(path, {})).toMatchObject({ status: 404, json: { code: 'ALERT_UNKNOWN' } });
    await tell('firing');
    expect((await all())[0]).toMatchObject({ id, state: 'firing' });
    expect((await all())[0]).not.toHaveProperty('acknowledged');
  });

  test.each([{ note: 'x'.repeat(201) }, { note: 'a\nb' }, { other: 1 }])(
    'refuse a note that is none: %o',
    async (body) => {
      expect((await ask(path, body)).status).toBe(400);
    },
  );
});

test('keysets are listed with their ages and never a key', async () => {
  const { items } = (await ask('/v1/keys')).json as Page<{ keyset: string; keys: object[] }>;
  const field = items.find(({ keyset }) => keyset === 'field/people');
  expect(field).toMatchObject({ purpose: 'field', dataset: 'people' });
  expect(field?.keys[0]).toMatchObject({ state: 'active', ageDays: 0 });
  const dueAt = (field as { rotation?: { dueAt: string } }).rotation?.dueAt ?? '';
  expect(Math.round((Date.parse(dueAt) - Date.now()) / 86_400_000)).toBe(90);
  expect(items.find(({ keyset }) => keyset === 'hash/people')).not.toHaveProperty('rotation');
  console_.session.denied = 'keys.read';
  expect((await ask('/v1/keys')).status).toBe(403);
  delete console_.session.denied;
});

test('coverage says of each field what masked shows of it', async () => {
  const { json } = await ask('/v1/coverage');
  const [people] = (json as { datasets: { fields: object[] }[] }).datasets;
  expect(people).toMatchObject({ name: 'people', undeclared: {} });
  const at = (path: string) =>
    people?.fields.find((field) => 'path' in field && field.path === path);
  expect(at('/first_name')).toMatchObject({ mask: 'keep', shows: 'everything', encrypt: 'seal' });
  expect(at('/ssn')).toMatchObject({ mask: 'partial', shows: 'part', reversible: false });
  expect(at('/note')).toMatchObject({ mask: 'redact', shows: 'nothing' });
});

describe('flow', () => {
  test('is told with members, lag and rates of every stage', async () => {
    const stages = ['ingest', 'mask', 'encrypt'].map((name) => ({
      name,
      members: 1,
      lagRecords: expect.any(Number) as number,
      paused: [],
    }));
    expect((await ask('/v1/flow')).json).toMatchObject({
      datasets: [{ name: 'people', topics: flow.dataset.topics, stages }],
    });
    await send(...Array.from({ length: 200 }, () => RECORD));
    const rateOf = async () =>
      ((await ask('/v1/flow')).json as FlowState).datasets[0]?.rates.raw ?? 0;
    await expect.poll(rateOf, POLL).toBeGreaterThan(10);
    const latency = { p50: expect.any(Number) as number, p95: expect.any(Number) as number };
    const known = { stages: stages.map(() => ({ latencyMs: latency })) };
    expect((await ask('/v1/flow')).json).toMatchObject({ datasets: [known] });
  });

  async function streamed(): Promise<{ next: () => Promise<string>; isEnded: Promise<boolean> }> {
    const answer = await fetch(`${console_.base}/v1/flow/stream`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const ended = Promise.withResolvers<boolean>();
    const next = async () => {
      for (;;) {
        const { done, value = '' } = (await reader?.read()) ?? { done: true };
        if (done) ended.resolve(true);
        if (done || value.startsWith('event: flow')) return value;
      }
    };
    return { next, isEnded: ended.promise };
  }

  test('streams a state within two seconds and again, and ends when the session does', async () => {
    const startMs = performance.now();
    const { isEnded, next } = await streamed();
    const text = await next();
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(JSON.parse(text.split('data: ')[1] ?? '')).toMatchObject({
      datasets: [{ name: 'people' }],
    });
    expect(await next()).toMatch(/^event: flow\ndata: /);
    const metrics = await console_.service.telemetry.metrics.text();
    expect(metrics).toContain('sealstream_access_streams 1');
    console_.session.isOver = true;
    while ((await next()) !== '');
    expect(await isEnded).toBe(true);
    console_.session.isOver = false;
  });
});

describe('accesses', () => {
  const told = (requestId: string, values: number) => ({
    action: 'reveal',
    caller: ALICE,
    ask: { dataset: 'people', fields: ['/ssn'], purpose: 'fraud', reference: 'CASE-1', values },
    rule: 'fraud team',
    requestId,
    address: '127.0.0.1',
    told: 'plaintext' as const,
  });
  const page = async (query: string) =>
    (await ask(`/v1/accesses${query}`)).json as Page<ListedAccess>;
  const list = async (query = '') => (await page(query)).items;

  test('join an order with its outcome; one without is open, also under an id that was used', async () => {
    const done = told('request-1', 10);
    await console_.told.ordered(done);
    console_.told.done(done, 7);
    await console_.told.ordered(told('request-2', 5));
    await console_.told.ordered(told('request-1', 3));
    console_.told.denied(told('request-3', 1), 'fraud team: purpose');
    const reveals = async () =>
      (await list('?limit=200')).filter(({ action }) => action === 'reveal');
    await expect.poll(async () => (await reveals()).length, POLL).toBe(4);
    expect(await reveals()).toMatchObject([
      { request: 'request-3', type: 'denied', outcome: 'failed' },
      { request: 'request-1', type: 'ordered', outcome: 'open', values: 3 },
      { request: 'request-2', type: 'ordered', outcome: 'open', values: 5 },
      {
        request: 'request-1',
        type: 'done',
        outcome: 'done',
        values: 10,
        given: 7,
        person: 'alice',
        account: ALICE.account,
        dataset: 'people',
        paths: ['/ssn'],
        purpose: 'fraud',
        reference: 'CASE-1',
        rule: 'fraud team',
      },
    ]);
  });

  test('hold what was done here before, and narrow by dataset and person', async () => {
    const replays = (await list('?dataset=people&person=alice&limit=200')).filter(
      ({ action }) => action === 'rejects.replay',
    );
    expect(replays.map(({ outcome }) => outcome)).toEqual(Array(replays.length).fill('done'));
    expect(replays.length).toBeGreaterThanOrEqual(4);
    expect(await list('?person=bob')).toEqual([]);
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.cursor}`);
    const ids = [...first.items, ...second.items].map(({ request }) => request);
    expect(new Set(ids).size).toBe(4);
  });

  test('come from the audit topic, which holds no value either', async () => {
    const records = await flow.readAll(auditTopic('access'));
    expect(records.length).toBeGreaterThan(10);
    expect(records.map(({ value }) => String(value)).join('\n')).not.toContain(CANARY);
  });
});

test('requests are counted by route and status, never by the path that was asked for', async () => {
  const text = await console_.service.telemetry.metrics.text();
  expect(text).toMatch(
    /sealstream_access_requests_total\{route="GET \/v1\/datasets\/:dataset\/rejects",status="200"\} \d+/,
  );
  expect(text).not.toContain('route="GET /v1/datasets/people');
});
