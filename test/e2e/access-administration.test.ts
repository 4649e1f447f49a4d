import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { type Credentials, RunningAccess } from './running-access.ts';
import { ADMINISTERED, any, asked, placeOf, requestsOf } from './second-person.ts';
import { RunningFlow, until } from './running-flow.ts';

const TEMPORARY = 'eleven green ladders lean here';
const ANN = { basic: 'ann:seventeen brown chairs stand' };
const BEN = { basic: 'ben:nineteen black tables wobble' };

let flow: RunningFlow;
let access: RunningAccess;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': ADMINISTERED });
  access = await RunningAccess.start(flow, servers.redisUrl, {}, { isNew: true });
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const { approve, call, events, together } = requestsOf(() => ({ access, flow }));

describe('before there are two administrators', () => {
  test('the first is made once, and does nothing but make a second, who sets an own password first', async () => {
    const { secret } = await access.accounts.users.createBootstrap();
    const password = ANN.basic.slice(4);
    const first = { secret, name: 'ann', person: 'ann', password };
    expect((await call(undefined, 'POST /v1/bootstrap', first)).status).toBe(201);
    expect(asked(await call(undefined, 'POST /v1/bootstrap', first))).toEqual([
      403,
      'BOOTSTRAP_REFUSED',
    ]);
    const told = (await events()).filter(({ details }) => details['change'] === 'bootstrap');
    expect(told.map(({ type }) => type)).toEqual(['account-change-ordered', 'account-changed']);
    for (const line of ['GET /v1/users', 'GET /v1/datasets', 'GET /v1/approvals'])
      expect(asked(await call(ANN, line))).toEqual([403, 'TWO_ADMINISTRATORS_NEEDED']);
    const ben = { name: 'ben', person: 'ben', password: TEMPORARY };
    const made = await call(ANN, 'POST /v1/users', ben);
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ name: 'ben', roles: [], password: 'set-by-another' });
    expect(asked(await call(ANN, 'PUT /v1/users/ben/roles/reader', undefined, any))).toEqual([
      403,
      'TWO_ADMINISTRATORS_NEEDED',
    ]);
    const given = await call(ANN, 'PUT /v1/users/ben/roles/administrator', undefined, {
      'if-match': made.headers.get('etag') ?? '',
    });
    expect(given.status).toBe(200);
    expect(given.json).toMatchObject({ roles: [{ role: 'administrator', by: 'ann' }] });
    expect((await call(ANN, 'GET /v1/users')).status).toBe(200);

    const early = { basic: `ben:${TEMPORARY}` };
    for (const path of ['users', 'flow', 'flow/stream', 'alerts'])
      expect(asked(await call(early, `GET /v1/${path}`))).toEqual([403, 'OWN_PASSWORD_NEEDED']);
    expect((await call(early, 'GET /v1/me')).json).toMatchObject({ account: 'ben' });
    expect(
      asked(await call(early, 'POST /v1/api-keys', { name: 'x', scopes: ALL, days: 1 })),
    ).toEqual([403, 'OWN_PASSWORD_NEEDED']);
    const own = { password: BEN.basic.slice(4) };
    expect((await call(early, 'PUT /v1/users/ben/password', own)).status).toBe(400);
    const wrong = { ...own, present: 'not the present one' };
    expect((await call(early, 'PUT /v1/users/ben/password', wrong)).status).toBe(401);
    const right = { ...own, present: TEMPORARY };
    expect((await call(early, 'PUT /v1/users/ben/password', right)).json).toMatchObject({
      password: 'own',
    });
    expect((await call(BEN, 'GET /v1/users')).status).toBe(200);
  });
});

const ALL = { actions: ['*'], datasets: ['*'] };

describe('what needs a second person', () => {
  test('is asked for, seen in words and as data, approved by another, and done once', async () => {
    await call(BEN, 'POST /v1/users', { name: 'cid', person: 'cid' });
    const line = 'PUT /v1/users/cid/roles/reader';
    const first = await call(BEN, line, undefined, any);
    expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
    const place = placeOf(first);
    // Asking again makes no second one.
    expect(placeOf(await call(BEN, line, undefined, any))).toEqual(place);
    const list = (await call(ANN, 'GET /v1/approvals')).json['approvals'] as object[];
    expect(list).toEqual([
      expect.objectContaining({
        id: place['approval'],
        digest: place['digest'],
        state: 'open',
        words: 'ben: Give a role (name cid, role reader)',
        action: 'roles.assign',
        person: 'ben',
        details: expect.objectContaining({ params: { name: 'cid', role: 'reader' } }),
      }),
    ]);
    const headers = { ...any, 'x-sealstream-approval': place['approval'] ?? '' };
    expect((await call(BEN, line, undefined, headers)).json).toMatchObject({
      code: 'APPROVAL_REFUSED',
      place: { why: 'not-approved' },
    });
    expect((await approve(BEN, place)).json).toMatchObject({ place: { why: 'same-person' } });
    const other = { ...place, digest: 'f'.repeat(64) };
    expect((await approve(ANN, other)).json).toMatchObject({ place: { why: 'other-request' } });
    expect((await approve(ANN, place)).json).toMatchObject({
      state: 'approved',
      approvedBy: 'ann',
    });
    // It covers that role of that user, asked for by that person, and nothing else.
    const others = [
      await call(BEN, 'PUT /v1/users/cid/roles/checker', undefined, headers),
      await call(ANN, line, undefined, headers),
      await call(BEN, 'DELETE /v1/users/cid/roles/reader', undefined, headers),
    ];
    for (const one of others)
      expect(one.json).toMatchObject({ code: 'APPROVAL_REFUSED', place: { why: 'other-request' } });
    const done = await Promise.all([1, 2, 3].map(() => call(BEN, line, undefined, headers)));
    expect(done.map(({ status }) => String(status)).sort()).toEqual(['200', '403', '403']);
    expect((await access.accounts.users.get('cid')).roles).toMatchObject([
      { role: 'reader', by: 'ben' },
    ]);
    const id = place['approval'];
    await until(async () =>
      (await events()).some(
        ({ details, type }) => type === 'access-done' && details['approval'] === id,
      ),
    );
    const steps = (await events()).filter(({ details }) => details['approval'] === id);
    const told = steps.map(({ type }) => type).filter((type) => type !== 'approval-refused');
    expect(told).toEqual([
      'approval-asked',
      'approval-given',
      'approval-used',
      'access-ordered',
      'access-done',
    ]);
    expect(steps.find(({ type }) => type === 'access-done')).toMatchObject({
      actor: 'ben',
      details: { action: 'roles.assign', user: 'cid', role: 'reader', approvedBy: 'ann' },
    });
  });

  test('is approved neither with an API key nor with a role that the requester gave lately', async () => {
    const password = 'thirteen white lamps glow on';
    await access.user('eve', password);
    const eve = { basic: `eve:${password}` };
    const given = await together(BEN, ANN, 'PUT /v1/users/eve/roles/checker', undefined, any);
    expect(given.status).toBe(200);
    const first = await call(BEN, 'PUT /v1/users/cid/roles/checker', undefined, any);
    expect((await approve(eve, placeOf(first))).json).toMatchObject({
      place: { why: 'fresh-role' },
    });
    // So for a week the second administrator approves nothing of the first, who gave the role.
    const own = await call(ANN, 'PUT /v1/users/cid/roles/checker', undefined, any);
    expect((await approve(BEN, placeOf(own))).json).toMatchObject({ place: { why: 'fresh-role' } });
    const key = await call(ANN, 'POST /v1/api-keys', { name: 'job', scopes: ALL, days: 1 });
    expect(key.status).toBe(201);
    const bearer = { bearer: String(key.json['key']) };
    expect((await call(bearer, 'GET /v1/approvals')).status).toBe(200);
    expect(asked(await approve(bearer, placeOf(first)))).toEqual([403, 'PERSON_NEEDED']);
  });

  test('is asked for by an API key for its owner, as by the owner', async () => {
    const scopes = { actions: ['roles.assign'], datasets: ['*'] };
    const made = await call(BEN, 'POST /v1/api-keys', { name: 'roles', scopes, days: 1 });
    const bearer = { bearer: String(made.json['key']) };
    const line = 'PUT /v1/users/eve/roles/reader';
    const place = placeOf(await call(bearer, line, undefined, any));
    expect((await approve(BEN, place)).json).toMatchObject({ place: { why: 'same-person' } });
    expect((await together(bearer, ANN, line, undefined, any)).status).toBe(200);
  });

  test('is what sets the password or makes a key of somebody with roles, and neither is shown', async () => {
    const line = 'PUT /v1/users/eve/password';
    const password = 'twenty-one orange boats drift';
    const first = await call(BEN, line, { password });
    expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
    const list = await call(ANN, 'GET /v1/approvals');
    expect(list.text).not.toContain(password);
    expect(list.text).toContain('"name":"eve"');
    const key = { name: 'job', scopes: ALL, days: 1, owner: 'eve' };
    expect(asked(await call(BEN, 'POST /v1/api-keys', key))).toEqual([403, 'APPROVAL_NEEDED']);
    expect((await together(BEN, ANN, line, { password })).json).toMatchObject({
      password: 'set-by-another',
    });
  });
});

describe('users', () => {
  test('are listed page by page, and each is seen by itself without a role', async () => {
    const page = await call(ANN, 'GET /v1/users?limit=2');
    expect((page.json['users'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'ann',
      'ben',
    ]);
    const rest = await call(ANN, `GET /v1/users?cursor=${String(page.json['cursor'])}`);
    expect((rest.json['users'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'cid',
      'eve',
    ]);
    const password = 'fourteen purple kites climb';
    await access.user('finn', password);
    const finn = { basic: `finn:${password}` };
    expect((await call(finn, 'GET /v1/users/finn')).headers.get('etag')).toBe('"1"');
    expect((await call(finn, 'GET /v1/users/ann')).status).toBe(403);
    expect((await call(finn, 'GET /v1/users/nobody')).status).toBe(403);
    expect((await call(ANN, 'GET /v1/users/nobody')).status).toBe(404);
  });

  test('are changed as they were looked at: 428 without a version, 412 with an old one', async () => {
    const line = 'POST /v1/users/finn/disable';
    expect(asked(await call(ANN, line))).toEqual([428, 'VERSION_MISSING']);
    expect(asked(await call(ANN, line, undefined, { 'if-match': '"9"' }))).toEqual([
      412,
      'VERSION_CHANGED',
    ]);
    expect(asked(await call(ANN, line, undefined, { 'if-match': 'W/"1"' }))).toEqual([
      400,
      'REQUEST_INVALID',
    ]);
    const done = await call(ANN, line, undefined, { 'if-match': '"1"' });
    expect([done.status, done.headers.get('etag')]).toEqual([200, '"2"']);
    const back = await call(ANN, 'POST /v1/users/finn/enable', undefined, { 'if-match': '"2"' });
    expect(back.json).toMatchObject({ disabled: false, version: 3 });
  });

  test('that are the last two administrators stay, and a role that the policy has not is not given', async () => {
    expect(asked(await call(ANN, 'POST /v1/users/ben/disable', undefined, any))).toEqual([
      409,
      'ADMINISTRATORS_NEEDED',
    ]);
    const line = 'DELETE /v1/users/ben/roles/administrator';
    expect(asked(await together(BEN, ANN, line, undefined, any))).toEqual([
      409,
      'ADMINISTRATORS_NEEDED',
    ]);
    const odd = await together(BEN, ANN, 'PUT /v1/users/finn/roles/nothing', undefined, any);
    expect(asked(odd)).toEqual([422, 'ROLE_UNKNOWN']);
  });
});

describe('API keys and sessions', () => {
  test('are made by their owner, narrowed to the roles, listed and taken back', async () => {
    const key = (actions: string[]) => ({
      name: 'nightly',
      scopes: { actions, datasets: ['*'] },
      days: 30,
    });
    expect(asked(await call(ANN, 'POST /v1/api-keys', key(['reveal'])))).toEqual([
      422,
      'SCOPE_BEYOND_ROLES',
    ]);
    const made = await call(ANN, 'POST /v1/api-keys', key(['policy.read', 'accounts.write']));
    expect(made.status).toBe(201);
    const bearer = { bearer: String(made.json['key']) };
    expect((await call(bearer, 'GET /v1/datasets')).status).toBe(200);
    expect((await call(bearer, 'GET /v1/users')).status).toBe(403);
    expect(asked(await call(bearer, 'POST /v1/api-keys', key(['*'])))).toEqual([
      403,
      'PERSON_NEEDED',
    ]);
    const own = await call(ANN, 'GET /v1/api-keys');
    const named = expect.objectContaining({ id: made.json['id'], owner: 'ann' });
    expect(own.json['keys']).toContainEqual(named);
    expect(own.text).not.toContain(bearer.bearer);
    expect((await call(bearer, 'GET /v1/api-keys?owner=ben')).status).toBe(403);
    const all = await call(ANN, 'GET /v1/api-keys?owner=*');
    expect((all.json['keys'] as { owner: string }[]).map(({ owner }) => owner).sort()).toEqual([
      'ann',
      'ann',
      'ben',
    ]);
    const revoked = await call(ANN, `DELETE /v1/api-keys/${String(made.json['id'])}`);
    expect(revoked.json).toMatchObject({ revoked: expect.any(String) });
    expect((await call(bearer, 'GET /v1/datasets')).status).toBe(401);
  });

  test('are ended one by one by whose they are', async () => {
    const signIn = { name: 'ann', password: ANN.basic.slice(4), device: 'a test' };
    const first = await call(undefined, 'POST /v1/session', signIn);
    const bearer = { bearer: String(first.json['accessToken']) };
    await call(undefined, 'POST /v1/session', signIn);
    const list = (await call(bearer, 'GET /v1/sessions')).json['sessions'] as {
      id: string;
      isThis: boolean;
    }[];
    expect(list.map(({ isThis }) => String(isThis)).sort()).toEqual(['false', 'true']);
    const other = list.find(({ isThis }) => !isThis)?.id;
    expect((await call(BEN, `DELETE /v1/sessions/${other}`)).status).toBe(404);
    expect((await call(bearer, `DELETE /v1/sessions/${other}`)).status).toBe(204);
    expect((await call(bearer, 'GET /v1/sessions')).json['sessions']).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  test('gives the first answer again, refuses another request, and tells of a secret that it was made', async () => {
    const key = { 'idempotency-key': 'a-key-of-16-or-more-1' };
    const body = { name: 'gus', person: 'gus', password: TEMPORARY };
    const first = await call(ANN, 'POST /v1/users', body, key);
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
    const again = await call(ANN, 'POST /v1/users', body, key);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.json).toEqual(first.json);
    expect(asked(await call(ANN, 'POST /v1/users', { ...body, person: 'x' }, key))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    // Of another person it is another key, and what was refused may be tried again.
    expect(asked(await call(BEN, 'POST /v1/users', body, key))).toEqual([409, 'ACCOUNT_EXISTS']);
    expect((await call(BEN, 'POST /v1/users', { ...body, name: 'hal' }, key)).status).toBe(201);
    const secret = { name: 'once', scopes: ALL, days: 1 };
    const key2 = { 'idempotency-key': 'a-key-of-16-or-more-2' };
    const made = await call(ANN, 'POST /v1/api-keys', secret, key2);
    expect(made.status).toBe(201);
    const repeat = await call(ANN, 'POST /v1/api-keys', secret, key2);
    expect(repeat.json).toMatchObject({ code: 'IDEMPOTENCY_DONE', place: { id: made.json['id'] } });
    expect((await call(ANN, 'POST /v1/users', body, { 'idempotency-key': 'short' })).status).toBe(
      400,
    );
  });
});

describe('grants', () => {
  const publicKey = () =>
    generateKeyPairSync('x25519').publicKey.export({ format: 'pem', type: 'spki' });
  const order = () => ({
    dataset: 'people',
    fields: ['/name'],
    consumer: 'partner',
    publicKey: publicKey(),
    days: 30,
  });

  test('are listed but not made where the service has no signer', async () => {
    expect((await call(ANN, 'GET /v1/grants?dataset=people')).json).toEqual({
      grants: [],
      problems: [],
    });
    expect(asked(await call(ANN, 'POST /v1/grants', order()))).toEqual([503, 'KEY_FILE_MISSING']);
  });

  test('are made for the consumer alone, listed and revoked where it has one', async () => {
    const [port = 0] = await freePorts(1);
    await flow.start('access', {
      SEALSTREAM_ACCESS_PORT: String(port),
      SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
      SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    });
    const signing = (line: string, body?: unknown, who: Credentials = ANN) => {
      const [method = '', path = ''] = line.split(' ');
      return access.askAt(`http://127.0.0.1:${port}`, method, path, who, body);
    };
    const made = await signing('POST /v1/grants', order());
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ state: 'active', actor: 'ann', paths: ['/name'] });
    expect(made.json['grant']).toMatch(/^[\w-]+(\.[\w-]*){4}$/);
    const id = String(made.json['id']);
    expect((await call(ANN, 'GET /v1/grants?dataset=people')).json).toMatchObject({
      grants: [{ id, consumer: 'partner' }],
    });
    const unsealed = { ...order(), fields: ['/nothing'] };
    expect((await signing('POST /v1/grants', unsealed)).status).toBe(400);
    const odd = { ...order(), publicKey: 'no key' };
    expect(asked(await signing('POST /v1/grants', odd))).toEqual([422, 'GRANT_KEY_REFUSED']);
    const revoked = await signing(`DELETE /v1/grants/${id}`);
    expect(revoked.json).toMatchObject({ state: 'revoked', revoked: { actor: 'ann' } });
    expect((await signing(`DELETE /v1/grants/${'0'.repeat(24)}`)).status).toBe(404);
    const told = (await events()).filter(({ details }) => details['grant'] === id);
    expect(told.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['grant-created', 'access-ordered', 'grant-revoked']),
    );
  });
});

test('no event and no log of all this holds a password or a key', async () => {
  const { readFileSync } = await import('node:fs');
  const told = (await flow.readAll('audit.events.access')).map(({ value }) => String(value));
  const log = readFileSync(access.service.log, 'utf8');
  for (const canary of [
    TEMPORARY,
    ANN.basic.slice(4),
    BEN.basic.slice(4),
    'ssk_',
    'twenty-one orange',
  ])
    for (const text of [told.join('\n'), log]) expect(text).not.toContain(canary);
});
