import { createPublicKey } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vkeyPath } from '@sealstream/audit-log';
import { SERVICE_PURPOSES } from '@sealstream/contracts';
import { createKeyFiles } from '@sealstream/keyring';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Consumer } from '../../packages/keyring/test/grant-fixture.ts';
import { sealstream } from '../../tools/demo/command-line.ts';
import {
  CARD,
  changesOf,
  enrol,
  GIL,
  KEPT,
  keyOf,
  KIM,
  LEE,
  MAX,
  PEOPLE,
  recordOf,
  resolvedUnder,
  SSN,
  valuesOf,
} from './key-keepers.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';
import { asked, placeOf, requestsOf } from './second-person.ts';

// Keys and the keys of persons, looked after through the service: what is sealed before opens or opens no
// more, as it should, and the audit log has what a restore needs.

let flow: RunningFlow;
let access: RunningAccess;
let signing: Record<string, string>;
/** The fields of one record, as encrypt sealed them. */
let sealed: { readonly ssn: string; readonly card: string };
let index: string;

const { approve, call, events, together } = requestsOf(() => ({ access, flow }));

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': KEPT });
  for (const name of ['ingest', 'encrypt', 'audit'] as const) await flow.start(name);
  signing = {
    SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    SEALSTREAM_KEY_SETTLED: '0ms',
  };
  access = await RunningAccess.start(flow, servers.redisUrl, signing);
  await enrol(access);
  const { encrypted, raw } = flow.dataset.topics;
  await flow.bus.append(raw, 0, [{ key: Buffer.from('1'), value: recordOf(SSN) }]);
  await until(async () => (await flow.readAll(encrypted)).length === 1);
  const [record] = await flow.readAll(encrypted);
  sealed = JSON.parse(String(record?.value)) as typeof sealed;
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const rotate = (body: object = { purpose: 'field', mode: 'all' }) =>
  call(KIM, `POST ${PEOPLE}/keys/rotate`, body);
const { madeOf, revealed, sealCard } = valuesOf(call);

const resolvedBy = (consumer: Consumer, grant: string) =>
  resolvedUnder({ call, events }, consumer, grant, keyOf(sealed.ssn));

const toldOf = async (type: string) => (await events()).filter((event) => event.type === type);

/** The operator's command, beside the service. */
const command = (...args: string[]) =>
  sealstream(flow.place, [...args, '--key-dir', flow.place.keys], {
    KAFKA_BROKERS: inject('stack').kafkaBrokers,
    REDIS_URL: inject('stack').redisUrl,
    SEALSTREAM_NAME_PREFIX: flow.namePrefix,
    SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    SEALSTREAM_EPOCH_DIR: flow.place.epochs,
    SEALSTREAM_ALLOW_UNLOCKED: 'true',
  });

describe('keys', () => {
  test('are rotated: what was sealed before opens, what is sealed from now on is under the new one', async () => {
    const before = await sealCard();
    const rotated = await rotate();
    expect(rotated.status).toBe(200);
    const [change] = changesOf(rotated);
    expect(change).toMatchObject({ name: 'field/people', action: 'rotated' });
    expect(rotated.json['left']).toEqual([]);
    const after = await sealCard();
    expect(keyOf(after)).toBe(change?.['keyId']);
    expect(keyOf(after)).not.toBe(keyOf(before));
    for (const token of [before, after, sealed.card])
      expect(await revealed('/card', token)).toBe(CARD);
    const told = await events();
    const at = told.findIndex(({ type }) => type === 'key-rotated');
    expect(told[at]).toMatchObject({
      actor: 'kim',
      dataset: 'people',
      details: { purpose: 'field', keyId: keyOf(after), algorithm: 'xchacha20-poly1305' },
    });
    expect(told[at - 1]).toMatchObject({
      type: 'access-ordered',
      actor: 'kim',
      details: { action: 'keys.rotate', mode: 'all' },
    });
    await until(async () => {
      const [done] = (await events()).slice(at + 1).filter(({ type }) => type === 'access-done');
      return done?.details['action'] === 'keys.rotate';
    });
  });

  test('are listed for nobody who may read none, and the log has a denial and no read of it', async () => {
    const refused = await call(LEE, 'GET /v1/keys');
    expect(asked(refused)).toEqual([403, 'ACCESS_DENIED']);
    const id = refused.headers.get('x-request-id');
    const own = async () => (await events()).filter(({ details }) => details['request'] === id);
    await until(async () => (await own()).length > 0);
    expect((await own()).map(({ details, type }) => [type, details['action']])).toEqual([
      ['access-denied', 'keys.read'],
    ]);
  });

  test('that this service was not given are named where all are asked for, and refused by name', async () => {
    const due = await rotate({ mode: 'due' });
    expect(due.json['left']).toEqual(['accepted', 'rejected', 'hash', 'producer']);
    expect(changesOf(due).map(({ action, why }) => [action, why ?? 'no reason'])).toEqual(
      changesOf(due).map(() => ['unchanged', 'no reason']),
    );
    const aged = await rotate({ purpose: 'field', mode: 'due', maxAgeDays: 0 });
    expect(changesOf(aged)).toMatchObject([{ action: 'rotated', why: 'age' }]);
    expect(asked(await rotate({ purpose: 'accepted', mode: 'all' }))).toEqual([
      503,
      'KEY_FILE_MISSING',
    ]);
    expect(asked(await rotate({ purpose: 'fpe', mode: 'all' }))).toEqual([400, 'USAGE']);
    expect(asked(await rotate({ mode: 'all', maxAgeDays: 1 }))).toEqual([400, 'REQUEST_INVALID']);
  });

  test('that two rotate at once end in a keyset that opens all that was sealed', async () => {
    const before = await sealCard();
    const answers = await Promise.all([rotate(), rotate(), rotate()]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(200);
    for (const answer of answers)
      if (answer.status !== 200) expect(asked(answer)).toEqual([409, 'KEYSET_CONFLICT']);
    const done = answers.filter(({ status }) => status === 200);
    const made = done.map((one) => changesOf(one)[0]?.['version']);
    expect(new Set(made).size).toBe(made.length);
    await until(async () => keyOf(await sealCard()) !== keyOf(before));
    for (const token of [before, await sealCard(), sealed.card])
      expect(await revealed('/card', token)).toBe(CARD);
  });

  test('stay under the outermost keys that they have where no others are named', async () => {
    const rewrap = (to: string) =>
      call(KIM, `POST ${PEOPLE}/keys/rewrap`, { purpose: 'field', to });
    expect(changesOf(await rewrap('present'))).toMatchObject([
      { name: 'field/people', action: 'unchanged' },
    ]);
    const body = { purpose: 'field', to: 'next' };
    const moved = await together(KIM, LEE, `POST ${PEOPLE}/keys/rewrap`, body);
    expect(asked(moved)).toEqual([400, 'USAGE']);
  });

  test('come back under the present outermost keys, as they go under others, with a second person', async () => {
    const next = mkdtempSync(join(flow.place.tmp, 'next-'));
    createKeyFiles(next, SERVICE_PURPOSES.access);
    const moving = await RunningAccess.start(
      flow,
      inject('stack').redisUrl,
      { ...signing, SEALSTREAM_KEY_DIR_NEXT: next },
      { isNew: true },
    );
    const rewrap = (to: string, headers = {}) =>
      access.askAt(
        moving.base,
        'POST',
        `${PEOPLE}/keys/rewrap`,
        KIM,
        { purpose: 'vault', to },
        headers,
      );
    try {
      for (const to of ['next', 'present']) {
        const first = await rewrap(to);
        expect([to, ...asked(first)]).toEqual([to, 403, 'APPROVAL_NEEDED']);
        const place = placeOf(first);
        expect(place['action']).toBe('keys.move');
        expect((await approve(LEE, place)).status).toBe(200);
        const moved = await rewrap(to, { 'x-sealstream-approval': place['approval'] ?? '' });
        expect(changesOf(moved)).toMatchObject([{ name: 'vault/people', action: 'rewrapped' }]);
      }
    } finally {
      await moving.close();
    }
  });

  test('go only when nothing needs them, and with a second person when something does', async () => {
    const old = keyOf(sealed.card);
    const at = (key: string) => `${PEOPLE}/keys/field/${key}`;
    const active = keyOf(await sealCard());
    const usage = await call(KIM, `GET ${at(old)}/usage`);
    expect(usage.json).toMatchObject({
      state: 'decrypt-only',
      records: 1,
      settled: true,
      mayGo: false,
      why: ['records'],
      usage: [{ topic: 'encrypted.people', records: 1 }],
    });
    expect(usage.json['topics']).not.toContain('raw.people');
    expect(asked(await call(KIM, `DELETE ${at(old)}`))).toEqual([409, 'KEY_NEEDED']);
    expect(asked(await call(KIM, `DELETE ${at(active)}`))).toEqual([409, 'KEY_NEEDED']);
    expect(asked(await call(KIM, `DELETE ${at('AAAAAAAAAAAA')}`))).toEqual([404, 'KEY_UNKNOWN']);
    expect(await revealed('/card', sealed.card)).toBe(CARD);

    // Sealed and given back, so on no topic.
    const unused = await sealCard();
    await rotate();
    const free = await call(KIM, `GET ${at(keyOf(unused))}/usage`);
    expect(free.json).toMatchObject({ mayGo: true, records: 0, why: [] });
    const gone = await call(KIM, `DELETE ${at(keyOf(unused))}`);
    expect(gone.json).toMatchObject({ action: 'destroyed', keyId: keyOf(unused), records: 0 });
    expect(await revealed('/card', unused)).toBe('KEY_DESTROYED');

    const forced = await together(KIM, LEE, `DELETE ${at(old)}?force=true`);
    expect(forced.json).toMatchObject({ action: 'destroyed', keyId: old, records: 1 });
    expect(await revealed('/card', sealed.card)).toBe('KEY_DESTROYED');
    // What needs a producer's key stands where no scan finds it, so its end is always forced.
    await command('keys', 'rotate', '--purpose', 'producer', '--dataset', 'people');
    const { json } = await call(KIM, 'GET /v1/keys');
    const listed = json['items'] as { keyset: string; keys: { id: string; state: string }[] }[];
    const pairs = listed.find(({ keyset }) => keyset === 'producer/people')?.keys ?? [];
    const pair = pairs.find(({ state }) => state === 'decrypt-only')?.id ?? '';
    const unseen = `${PEOPLE}/keys/producer/${pair}`;
    expect(asked(await call(KIM, `DELETE ${unseen}`))).toEqual([409, 'KEY_NEEDED']);
    const blind = await together(KIM, LEE, `DELETE ${unseen}?force=true`);
    expect(blind.json).toMatchObject({ action: 'destroyed', keyId: pair, records: 0 });
    expect((await toldOf('key-destroyed')).map(({ actor, details }) => [actor, details])).toEqual([
      ['kim', expect.objectContaining({ keyId: keyOf(unused), records: 0, forced: false })],
      ['kim', expect.objectContaining({ keyId: old, records: 1, forced: true })],
      ['kim', expect.objectContaining({ keyId: pair, records: 0, forced: true })],
    ]);
  });
});

describe('a person', () => {
  const shred = { subject: SSN, reason: 'R-4711' };
  let receipt: string;
  let backup: string;
  const consumer = new Consumer();
  let grant: string;

  test('is found by the value in a body, and shown by the index alone', async () => {
    const found = await call(KIM, `POST ${PEOPLE}/subjects/index`, { subject: SSN });
    index = String(found.json['index']);
    expect(index).toMatch(/^[\w-]{22}$/);
    const shown = await call(KIM, `GET ${PEOPLE}/subjects/${index}`);
    expect(shown.json).toMatchObject({ index, state: 'live', keyId: keyOf(sealed.ssn) });
    const other = await call(KIM, `POST ${PEOPLE}/subjects/index`, { subject: '900-00-0000' });
    const none = await call(KIM, `GET ${PEOPLE}/subjects/${String(other.json['index'])}`);
    expect(none.json).toMatchObject({ state: 'none' });
    expect(asked(await call(KIM, `GET ${PEOPLE}/subjects/${SSN}`))).toEqual([
      400,
      'REQUEST_INVALID',
    ]);
    const plan = await call(KIM, `GET ${PEOPLE}/shred-plan`);
    expect(plan.json['fields']).toContainEqual(
      expect.objectContaining({ path: '/card', topic: 'encrypted.people', after: 'still-opens' }),
    );
    expect((plan.json['notes'] as string[]).length).toBeGreaterThan(3);
  });

  test('is opened under a grant, and the log has how many keys were given in truth', async () => {
    const publicKey = createPublicKey(consumer.private).export({ format: 'pem', type: 'spki' });
    const order = { dataset: 'people', fields: ['/ssn'], consumer: 'billing', publicKey, days: 1 };
    const made = await call(GIL, 'POST /v1/grants', order);
    expect(made.status).toBe(201);
    grant = String(made.json['id']);
    const { answer, told } = await resolvedBy(consumer, grant);
    expect(answer).toMatchObject({
      keys: [{ keyId: keyOf(sealed.ssn) }],
      refused: [{ keyId: 'AAAAAAAAAAAA', code: 'KEY_UNKNOWN' }],
    });
    expect(told).toEqual([
      { type: 'access-ordered', values: 2, given: undefined },
      { type: 'access-done', values: 2, given: 1 },
    ]);
  });

  test('can be looked for only as often as a quota allows, whatever comes of it', async () => {
    const look = (subject: string) => call(MAX, `POST ${PEOPLE}/subjects/index`, { subject });
    for (const subject of ['900-00-0001', '900-00-0002'])
      expect((await look(subject)).status).toBe(200);
    // What failed gave nothing, and counts for nothing.
    expect(asked(await call(MAX, `GET /v1/datasets/none/subjects/${index}`))).toEqual([
      403,
      'ACCESS_DENIED',
    ]);
    expect((await call(MAX, `GET ${PEOPLE}/subjects/${index}`)).status).toBe(200);
    expect(asked(await look('900-00-0003'))).toEqual([429, 'QUOTA_SPENT']);
    expect(asked(await call(MAX, `GET ${PEOPLE}/subjects/${index}`))).toEqual([429, 'QUOTA_SPENT']);
  });

  test('is shredded by two people, of whom the second sees the index and never the value', async () => {
    const made = await madeOf(SSN);
    expect(made).toEqual([
      expect.stringMatching(/^tok_/),
      expect.stringMatching(/^ss1:/),
      expect.stringMatching(/^ss1:/),
    ]);
    expect((await madeOf(SSN))[0]).toBe(made[0]);
    backup = join(flow.place.tmp, 'people.backup');
    await command('subjects', 'backup', '--dataset', 'people', backup);
    expect(await revealed('/ssn', sealed.ssn)).toBe(SSN);
    const first = await call(KIM, `POST ${PEOPLE}/subjects/shred`, shred);
    expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
    const waiting = await call(LEE, 'GET /v1/approvals');
    expect(waiting.text).toContain(index);
    expect(waiting.text).not.toContain(SSN);
    const { approval = '', digest } = placeOf(first);
    expect((await call(LEE, `POST /v1/approvals/${approval}/approve`, { digest })).status).toBe(
      200,
    );
    const headers = { 'x-sealstream-approval': approval };
    const another = { ...shred, subject: '900-00-0000' };
    const wrong = await call(KIM, `POST ${PEOPLE}/subjects/shred`, another, headers);
    expect(asked(wrong)).toEqual([403, 'APPROVAL_REFUSED']);
    // By the index it is the same request.
    const by = { index, reason: 'R-4711' };
    const done = await call(KIM, `POST ${PEOPLE}/subjects/shred`, by, headers);
    expect(done.json).toMatchObject({ outcome: 'done', action: 'shred', index, actor: 'kim' });
    receipt = String(done.json['receipt']);
  });

  test('opens nowhere from then on, and the receipt verifies without a server', async () => {
    expect(await revealed('/ssn', sealed.ssn)).toMatch(/SUBJECT_SHREDDED|KEY_DESTROYED/);
    const file = join(flow.place.tmp, 'receipt.txt');
    writeFileSync(file, receipt);
    const said = await command('subjects', 'verify-receipt', file, '--json');
    expect(JSON.parse(said)).toMatchObject({ action: 'shred', index, reason: 'R-4711' });
    const shown = await call(KIM, `GET ${PEOPLE}/subjects/${index}`);
    expect(shown.json).toMatchObject({ state: 'shredded', receipt });
    const again = await together(KIM, LEE, `POST ${PEOPLE}/subjects/shred`, shred);
    expect(again.json).toMatchObject({ outcome: 'unchanged', receipt });
  });

  test('is opened by no consumer from then on, under no grant', async () => {
    const { answer, told } = await resolvedBy(consumer, grant);
    expect(answer).toMatchObject({ keys: [], refused: [{ keyId: keyOf(sealed.ssn) }, {}] });
    expect(told[1]).toMatchObject({ type: 'access-done', given: 0 });
  });

  test('is given no mask and no token any more, also by a process that kept them', async () => {
    expect(await madeOf(SSN)).toEqual(Array(3).fill('SUBJECT_SHREDDED'));
  });

  test('is told of with the receipt and never by value', async () => {
    const told = await toldOf('subject-shredded');
    expect(told.map(({ actor, details }) => [actor, details])).toEqual([
      ['kim', expect.objectContaining({ index, receipt, repeated: false })],
      ['kim', expect.objectContaining({ index, receipt, repeated: true })],
    ]);
    const all = await flow.readAll('audit.events.access');
    for (const { value } of all) expect(String(value)).not.toContain(SSN);
  });

  test('stays shredded when Redis is lost and put back from a backup of before', async () => {
    const redis = new Redis(inject('stack').redisUrl);
    const lost = ['keyset:subject/people', 'shreds:people', `subject:people/${index}`];
    await redis.del(...lost.map((name) => `${flow.namePrefix}${name}`));
    redis.disconnect();
    const words = ['subjects', 'restore', backup, '--dataset', 'people', '--json'];
    const log = ['--log', flow.place.audit, '--key', vkeyPath(flow.keys.auditKeyFile)];
    let restored = '';
    // The log has it as soon as audit has read it.
    await until(async () => {
      restored = await command(...words, ...log);
      return true;
    });
    expect(JSON.parse(restored)).toMatchObject({ destroyed: 1, tombstones: 1, refusedReceipts: 0 });
    const shown = await call(KIM, `GET ${PEOPLE}/subjects/${index}`);
    expect(shown.json).toMatchObject({ state: 'shredded', receipt });
  });

  test('has a key again only by an action of its own, with a second person', async () => {
    const again = { index, reason: 'R-4712' };
    const done = await together(KIM, LEE, `POST ${PEOPLE}/subjects/re-enrol`, again);
    expect(done.json).toMatchObject({ outcome: 'done', action: 're-enrol', index, number: 2 });
    const shown = await call(KIM, `GET ${PEOPLE}/subjects/${index}`);
    expect(shown.json).toMatchObject({ state: 're-enrolled' });
    expect((await toldOf('subject-re-enrolled')).map(({ actor }) => actor)).toEqual(['kim']);
    const twice = await together(KIM, LEE, `POST ${PEOPLE}/subjects/re-enrol`, again);
    expect(twice.json).toMatchObject({ outcome: 'unchanged' });
  });
});
