import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { parsePolicy, policyDiff } from '@sealstream/policy';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { given } from '../../../packages/keyring/test/redis-fixture.ts';
import { RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow, until } from '../../../test/e2e/running-flow.ts';
import { asked, placeOf, requestsOf } from '../../../test/e2e/second-person.ts';

// Another policy on its way: compared, proposed, agreed to, kept, and never believed from anybody else.

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
      /name: { type: string, mask: keep, encrypt: seal }
      /town: { type: string, mask: { generalise: { hierarchy: towns.csv, level: 1 } }, encrypt: seal }
access:
  roles:
    editor:
      meaning: Changes the policy.
      allow:
        - { actions: [policy.read, policy.propose, policy.weaken] }
    careful:
      meaning: Changes it where nobody sees more.
      allow:
        - { actions: [policy.read, policy.propose] }
    reader:
      meaning: Reads it.
      allow:
        - { actions: [policy.read] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide, policy.read] }
`;
const TOWNS = 'Ulm;Swabia;*\nLindau;Swabia;*\n';
const NARROWED = POLICY.replace('revision: 1', 'revision: 2').replace('mask: keep', 'mask: redact');
const WEAKENED = POLICY.replace('revision: 1', 'revision: 2').replace('mask: redact', 'mask: keep');
const WHY = 'Names are not needed any more.';

const ADA = { basic: 'ada:seventeen brown chairs stand' };
const BEN = { basic: 'ben:nineteen black tables wobble' };
const CAT = { basic: 'cat:thirteen grey lamps flicker' };
const DAN = { basic: 'dan:fourteen blue vases break' };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const NOW = sha256(POLICY);

let flow: RunningFlow;
let access: RunningAccess;

beforeAll(async () => {
  const servers = inject('stack');
  const files = { 'sealstream.yaml': POLICY, 'towns.csv': TOWNS };
  flow = await RunningFlow.open(servers, files);
  access = await RunningAccess.start(flow, servers.redisUrl, { SEALSTREAM_POLICY_POLL: '200ms' });
  const people = { ada: [ADA, 'editor'], ben: [BEN, 'checker'], cat: [CAT, 'careful'] } as const;
  for (const [name, [{ basic }, role]] of Object.entries(people))
    await access.user(name, basic.slice(4), role);
  await access.user('dan', DAN.basic.slice(4), 'reader');
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const { approve, call, events, together } = requestsOf(() => ({ access, flow }));
const proposal = (text: string, more: object = {}) => ({ text, against: NOW, why: WHY, ...more });
const run = (...command: [string, ...(string | number)[]]) =>
  given(inject('stack').redisUrl, command);

test('the policy in use is given as the file has it, with the hash that programs of others make', async () => {
  const { json, status } = await call(DAN, 'GET /v1/policy');
  expect(status).toBe(200);
  const { datasets } = parsePolicy(POLICY, 'x', () => TOWNS);
  const people = datasets.get('people');
  expect(json).toMatchObject({
    text: readFileSync(flow.place.policyFile, 'utf8'),
    sha256: NOW,
    datasets: [{ name: 'people', revision: 1, policy: people?.sha256 }],
  });
  expect(json['access']).toMatch(/^[0-9a-f]{64}$/);
});

test('a comparison says what `sealstream diff` says, and whether it weakens', async () => {
  const read = (text: string) => parsePolicy(text, 'x', () => TOWNS);
  for (const [text, weakens] of [
    [NARROWED, false],
    [WEAKENED, true],
    [POLICY, false],
    [POLICY.replace('[policy.read, policy.propose]', '[policy.read, alerts.read]'), true],
  ] as const) {
    const { json, status } = await call(DAN, 'POST /v1/policy/diff', { text });
    const { access: ofCallers, differences, stale } = policyDiff(read(POLICY), read(text));
    expect([status, json]).toEqual([
      200,
      {
        sha256: sha256(text),
        against: NOW,
        holds: true,
        problems: [],
        warnings: expect.any(Array),
        differences,
        access: ofCallers,
        stale,
        weakens,
      },
    ]);
  }
});

test('of a text that does not hold every problem is told with line and column, and nothing is proposed', async () => {
  const text = POLICY.replace('mask: redact', 'mask: redakt').replace('required: [', 'required: ');
  const { json, status } = await call(DAN, 'POST /v1/policy/diff', { text });
  expect(status).toBe(200);
  expect(json).toMatchObject({ holds: false, differences: [], sha256: sha256(text) });
  expect(json).not.toHaveProperty('weakens');
  const [problem] = json['problems'] as { line: number; column: number; message: string }[];
  expect(problem).toMatchObject({ line: 8, column: expect.any(Number) });
  const refused = await call(ADA, 'POST /v1/policy/proposals', proposal(text));
  expect(asked(refused)).toEqual([422, 'PROPOSAL_INVALID']);
  expect(placeOf(refused)).toMatchObject({ line: 8 });
});

test('a text cannot have a file read that the policy in use does not name', async () => {
  const secret = 'canary-of-a-file;x;*\nother;x;*\n';
  writeFileSync(join(dirname(flow.place.policyFile), 'other.csv'), secret);
  for (const name of ['other.csv', '../keys/signer.key', '/etc/passwd', './towns.csv']) {
    const text = POLICY.replace('towns.csv', name);
    const { json, text: answer } = await call(DAN, 'POST /v1/policy/diff', { text });
    expect([name, json['holds']]).toEqual([name, false]);
    expect(JSON.stringify(json['problems'])).toContain('cannot be read');
    expect(answer).not.toContain('canary-of-a-file');
  }
});

test('what only narrows is proposed by one person, and kept with who and why', async () => {
  const { json, status } = await call(CAT, 'POST /v1/policy/proposals', proposal(NARROWED));
  expect([status, json]).toEqual([201, expect.anything()]);
  expect(json).toMatchObject({
    state: 'open',
    sha256: sha256(NARROWED),
    against: NOW,
    why: WHY,
    weakens: false,
    proposedBy: { account: 'cat', person: 'cat' },
    text: NARROWED,
  });
  expect(json).not.toHaveProperty('approved');
  const one = await call(DAN, `GET /v1/policy/proposals/${String(json['id'])}`);
  expect(one.json).toEqual(json);
  const list = await call(DAN, 'GET /v1/policy/proposals');
  const { text: _text, access: _a, differences: _d, stale: _s, ...facts } = json;
  expect(list.json).toEqual({ proposals: [facts], problems: [] });
});

test('what weakens is not for whoever may only narrow, nor for readers', async () => {
  const weakened = await call(CAT, 'POST /v1/policy/proposals', proposal(WEAKENED));
  expect(asked(weakened)).toEqual([403, 'ACCESS_DENIED']);
  for (const text of [NARROWED, WEAKENED, 'no policy']) {
    const refused = await call(DAN, 'POST /v1/policy/proposals', proposal(text));
    expect(asked(refused)).toEqual([403, 'ACCESS_DENIED']);
  }
});

test('what weakens is agreed to by a second person who sees what changes, for that very text', async () => {
  const first = await call(ADA, 'POST /v1/policy/proposals', proposal(WEAKENED));
  expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
  const place = placeOf(first);
  const list = await call(BEN, 'GET /v1/approvals');
  const waiting = (list.json['approvals'] as Record<string, unknown>[]).find(
    ({ id }) => id === place['approval'],
  );
  expect(waiting).toMatchObject({
    action: 'policy.weaken',
    person: 'ada',
    details: {
      body: {
        sha256: sha256(WEAKENED),
        against: NOW,
        why: WHY,
        weakens: true,
        differences: [
          expect.objectContaining({ what: '/ssn', readers: 'more', before: expect.any(String) }),
        ],
      },
    },
  });
  expect(JSON.stringify(waiting)).not.toContain('unknownFields: reject');
  expect(asked(await approve(ADA, place))).toEqual([403, 'ACCESS_DENIED']);
  expect((await approve(BEN, place)).status).toBe(200);
  const approval = { 'x-sealstream-approval': place['approval'] ?? '' };
  const others = [
    proposal(`${WEAKENED}# a comment\n`),
    proposal(WEAKENED, { why: 'Another reason.' }),
  ];
  for (const other of others) {
    const refused = await call(ADA, 'POST /v1/policy/proposals', other, approval);
    expect(asked(refused)).toEqual([403, 'APPROVAL_REFUSED']);
  }
  const kept = await call(ADA, 'POST /v1/policy/proposals', proposal(WEAKENED), approval);
  expect([kept.status, kept.json]).toEqual([201, expect.anything()]);
  expect(kept.json).toMatchObject({
    weakens: true,
    approved: { id: place['approval'], by: 'ben' },
    text: WEAKENED,
  });
  const again = await call(ADA, 'POST /v1/policy/proposals', proposal(WEAKENED), approval);
  expect(asked(again)).toEqual([403, 'APPROVAL_REFUSED']);

  await until(async () => (await events()).some(({ details }) => details['made'] !== undefined));
  const told = (await events()).filter(({ details }) => details['action'] === 'policy.weaken');
  expect(told.find(({ type }) => type === 'access-ordered')?.details).toMatchObject({
    sha256: sha256(WEAKENED),
    against: NOW,
    approvedBy: 'ben',
  });
  expect(told.find(({ type }) => type === 'access-done')?.details).toMatchObject({
    made: kept.json['id'],
  });
  expect(JSON.stringify(await events())).not.toContain(WHY);
});

test('a proposal is withdrawn by who made it alone, and listed as that for a day', async () => {
  const own = proposal(NARROWED, { why: 'Too early.' });
  const kept = await call(CAT, 'POST /v1/policy/proposals', own);
  const id = String(kept.json['id']);
  const line = `POST /v1/policy/proposals/${id}/withdraw`;
  // Not by who may only read, nor by another who proposes.
  expect(asked(await call(DAN, line))).toEqual([403, 'ACCESS_DENIED']);
  expect(asked(await call(ADA, line))).toEqual([403, 'ACCESS_DENIED']);
  const still = await call(DAN, `GET /v1/policy/proposals/${id}`);
  expect(still.json).toMatchObject({ state: 'open' });

  const { json, status } = await call(CAT, line);
  expect([status, json]).toMatchObject([
    200,
    { id, state: 'withdrawn', why: 'Too early.', withdrawn: expect.any(String) },
  ]);
  const leftMs = Date.parse(String(json['expires'])) - Date.parse(String(json['withdrawn']));
  expect(leftMs).toBeLessThan(25 * 3_600_000);
  const { json: list } = await call(DAN, 'GET /v1/policy/proposals');
  expect((list['proposals'] as object[]).find((one) => Reflect.get(one, 'id') === id)).toEqual(
    json,
  );
  const whole = await call(DAN, `GET /v1/policy/proposals/${id}`);
  expect(whole.json).toMatchObject({ ...json, text: NARROWED });
  // A second time changes nothing.
  expect((await call(CAT, line)).json).toEqual(json);

  const ofThis = async () =>
    (await events()).filter(({ details }) => details['proposal'] === id && details['change']);
  await until(async () => (await ofThis()).length >= 7);
  expect((await ofThis()).map(({ actor, type }) => [type, actor])).toEqual([
    ['access-denied', 'dan'],
    ['access-ordered', 'ada'],
    ['access-done', 'ada'],
    ...[1, 2].flatMap(() => [
      ['access-ordered', 'cat'],
      ['access-done', 'cat'],
    ]),
  ]);
  const none = await call(CAT, 'POST /v1/policy/proposals/AAAAAAAAAAAA/withdraw');
  expect(asked(none)).toEqual([404, 'PROPOSAL_UNKNOWN']);
});

test('what a second person agreed to is not withdrawn, not even by who proposed it', async () => {
  const body = proposal(WEAKENED, { why: 'Agreed.' });
  const kept = await together(ADA, BEN, 'POST /v1/policy/proposals', body);
  const id = String(kept.json['id']);
  const refused = await call(ADA, `POST /v1/policy/proposals/${id}/withdraw`);
  expect(asked(refused)).toEqual([409, 'PROPOSAL_SETTLED']);
  const { json } = await call(DAN, `GET /v1/policy/proposals/${id}`);
  expect(json).toMatchObject({ state: 'open', approved: { by: 'ben' } });
});

test('a change that a second person could not be shown whole is not proposed', async () => {
  const fields = Array.from(
    { length: 400 },
    (_, at) => `      /added${at}: { type: string, mask: keep, encrypt: seal }\n`,
  );
  const text = POLICY.replace('revision: 1', 'revision: 2').replace(
    'access:\n',
    `${fields.join('')}access:\n`,
  );
  const { json } = await call(DAN, 'POST /v1/policy/diff', { text });
  expect(json).toMatchObject({ holds: true, weakens: true });
  const refused = await call(ADA, 'POST /v1/policy/proposals', proposal(text));
  expect(asked(refused)).toEqual([413, 'REQUEST_TOO_LARGE']);
});

test('what somebody else wrote to Redis is never shown as a proposal', async () => {
  const { json } = await call(CAT, 'POST /v1/policy/proposals', proposal(NARROWED));
  const id = String(json['id']);
  const [head, body] = ['proposal', 'proposal-body'].map(
    (kind) => `${flow.namePrefix}accounts:${kind}:${id}`,
  ) as [string, string];
  const [ownHead, ownBody] = [String(await run('GET', head)), String(await run('GET', body))];
  const isRefused = async (at: string) => {
    const one = await call(DAN, `GET /v1/policy/proposals/${at}`);
    expect(asked(one)).toEqual([500, 'PROPOSAL_NOT_AUTHENTIC']);
    expect(one.text).not.toContain('version: 1');
  };
  // The text of the one that weakens in the place of the one that does not.
  await run('SET', body, ownBody.replaceAll('mask: redact', 'mask: keep'));
  await isRefused(id);
  await run('SET', body, ownBody);
  // Approved, by hand.
  const { mac, text, v } = JSON.parse(ownHead) as { mac: string; text: string; v: number };
  const approved = text.replace(
    '"weakens":false',
    '"weakens":true,"approval":{"id":"a","by":"ben"}',
  );
  expect(approved).not.toBe(text);
  await run('SET', head, JSON.stringify({ v, mac, text: approved }));
  await isRefused(id);
  const list = await call(DAN, 'GET /v1/policy/proposals');
  expect(list.json['problems']).toEqual([{ id, code: 'PROPOSAL_NOT_AUTHENTIC' }]);
  await run('SET', head, ownHead);
  expect((await call(DAN, `GET /v1/policy/proposals/${id}`)).json).toEqual(json);
  const none = await call(DAN, 'GET /v1/policy/proposals/AAAAAAAAAAAA');
  expect(asked(none)).toEqual([404, 'PROPOSAL_UNKNOWN']);
});

test('under another policy a proposal and an approval of before are outdated, also when both agreed', async () => {
  const kept = await together(
    ADA,
    BEN,
    'POST /v1/policy/proposals',
    proposal(WEAKENED, { why: 'b' }),
  );
  expect(kept.status).toBe(201);
  const first = await call(ADA, 'POST /v1/policy/proposals', proposal(WEAKENED, { why: 'c' }));
  const place = placeOf(first);
  expect((await approve(BEN, place)).status).toBe(200);
  writeFileSync(flow.place.policyFile, NARROWED);
  await until(async () => {
    const { json } = await call(DAN, 'GET /v1/policy');
    return json['sha256'] === sha256(NARROWED);
  });
  const approval = { 'x-sealstream-approval': place['approval'] ?? '' };
  const body = proposal(WEAKENED, { why: 'c' });
  const late = await call(ADA, 'POST /v1/policy/proposals', body, approval);
  expect(asked(late)).toEqual([409, 'PROPOSAL_OUTDATED']);
  expect(placeOf(late)['inUse']).toBe(sha256(NARROWED));
  const list = await call(DAN, 'GET /v1/policy/proposals');
  const states = (list.json['proposals'] as { sha256: string; state: string }[]).map(
    (one) => [one.sha256 === sha256(NARROWED), one.state] as const,
  );
  expect(states).toContainEqual([true, 'in-use']);
  expect(states).toContainEqual([false, 'outdated']);
  expect(states.some(([, state]) => state === 'open')).toBe(false);
  // One that is in use is not taken back.
  const used = (list.json['proposals'] as Record<string, unknown>[]).find(
    ({ proposedBy, state }) =>
      state === 'in-use' && Reflect.get(Object(proposedBy), 'account') === 'cat',
  );
  const back = await call(CAT, `POST /v1/policy/proposals/${String(used?.['id'])}/withdraw`);
  expect(asked(back)).toEqual([409, 'PROPOSAL_SETTLED']);
});

test('a file that the policy names and that was changed since the start keeps texts from being compared', async () => {
  const towns = join(dirname(flow.place.policyFile), 'towns.csv');
  writeFileSync(towns, 'Ulm;Ulm;*\nLindau;Swabia;*\nBonn;Swabia;*\n');
  const refused = await call(DAN, 'POST /v1/policy/diff', { text: `${WEAKENED}# again\n` });
  expect(asked(refused)).toEqual([409, 'PROPOSAL_OUTDATED']);
  writeFileSync(towns, TOWNS);
});
