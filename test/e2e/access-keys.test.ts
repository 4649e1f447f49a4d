import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vkeyPath } from '@sealstream/audit-log';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sealstream } from '../../tools/demo/command-line.ts';
import { CARD, KEPT, KIM, LEE, PEOPLE, recordOf, SSN } from './key-keepers.ts';
import { type Answered, RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';
import { asked, placeOf, requestsOf } from './second-person.ts';

// Keys and the keys of persons, looked after through the service: what is sealed before opens or opens no
// more, as it should, and the audit log has what a restore needs.

let flow: RunningFlow;
let access: RunningAccess;
/** The fields of one record, as encrypt sealed them. */
let sealed: { readonly ssn: string; readonly card: string };
let index: string;

const { call, events, together } = requestsOf(() => ({ access, flow }));

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': KEPT });
  for (const name of ['ingest', 'encrypt', 'audit'] as const) await flow.start(name);
  access = await RunningAccess.start(flow, servers.redisUrl, {
    SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    SEALSTREAM_KEY_SETTLED: '0ms',
  });
  await access.user('kim', KIM.basic.slice(4), 'keeper');
  await access.user('lee', LEE.basic.slice(4), 'checker');
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
const changesOf = ({ json }: Answered) => json['changes'] as Record<string, unknown>[];
const keyOf = (token: string) => token.split(':')[1] ?? '';

async function sealCard(): Promise<string> {
  const values = [{ path: '/card', value: CARD }];
  const { json } = await call(KIM, `POST ${PEOPLE}/seal`, { values });
  return (json['values'] as { token: string }[])[0]?.token ?? '';
}

/** What a token reveals: the value, or a code. */
async function revealed(path: string, token: string): Promise<unknown> {
  const body = { purpose: 'fraud', values: [{ path, token }] };
  const { json } = await call(KIM, `POST ${PEOPLE}/reveal`, body);
  const [one] = json['values'] as { value?: string; code?: string }[];
  return one?.value ?? one?.code;
}

async function toldOf(type: string) {
  return (await events()).filter((event) => event.type === type);
}

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
    expect((await toldOf('key-destroyed')).map(({ actor, details }) => [actor, details])).toEqual([
      ['kim', expect.objectContaining({ keyId: keyOf(unused), records: 0, forced: false })],
      ['kim', expect.objectContaining({ keyId: old, records: 1, forced: true })],
    ]);
  });
});

describe('a person', () => {
  const shred = { subject: SSN, reason: 'R-4711' };
  let receipt: string;
  let backup: string;

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

  test('is shredded by two people, of whom the second sees the index and never the value', async () => {
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
