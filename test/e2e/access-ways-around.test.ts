import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { RunningAccess } from './running-access.ts';
import { any, asked, placeOf, requestsOf } from './second-person.ts';
import { RunningFlow, until } from './running-flow.ts';

/** What somebody tries who is in, or nearly, and wants more than the roles give. */
const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
access:
  roles:
    administrator:
      meaning: Makes accounts and gives roles.
      allow:
        - { actions: [accounts.read, accounts.write, accounts.credentials, roles.assign] }
        - { actions: [approvals.decide] }
    clerk:
      meaning: Finds the index of a person who wrote a letter.
      allow:
        - { actions: [subjects.read], datasets: [people], quota: { values: 3, per: month } }
`;
const PASSWORD = 'seventeen brown chairs stand';
const CLERK = { basic: `cleo:${PASSWORD}` };

let flow: RunningFlow;
let access: RunningAccess;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  access = await RunningAccess.start(flow, servers.redisUrl);
  await access.user('cleo', PASSWORD, 'clerk');
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const { approve, call, events } = requestsOf(() => ({ access, flow }));

test('a quota counts what gives no number of values as one, and is not passed by it', async () => {
  const line = 'POST /v1/datasets/people/subjects/index';
  for (const ssn of ['900-11-4711', '900-11-4712', '900-11-4713'])
    expect((await call(CLERK, line, { subject: ssn })).status).toBe(200);
  const fourth = await call(CLERK, line, { subject: '900-11-4714' });
  expect(asked(fourth)).toEqual([429, 'QUOTA_SPENT']);
  // A month is over in a month at most.
  const seconds = Number(fourth.headers.get('retry-after'));
  expect(seconds).toBe(Number(placeOf(fourth)['retryAfterSeconds']));
  expect(seconds).toBeLessThanOrEqual(31 * 86_400);
});

describe('a password that a browser was given', () => {
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 401],
    [{ 'sec-fetch-site': 'same-site' }, 401],
    [{ origin: 'https://elsewhere.example' }, 401],
    [{ origin: 'null' }, 401],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{}, 200],
  ])(
    'with %j is answered %i, since a browser sends it along for every page',
    async (page, status) => {
      expect((await call(CLERK, 'GET /v1/me', undefined, page)).status).toBe(status);
    },
  );

  test('is asked for by no answer to a page', async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await call(undefined, 'GET /v1/me', undefined, headers)).headers.get('www-authenticate');
    expect(await challenge({})).toBe('Basic realm="sealstream", charset="UTF-8", Bearer');
    for (const page of [{ 'x-sealstream-console': '1' }, { 'sec-fetch-site': 'cross-site' }])
      expect(await challenge(page)).toBe('Bearer');
  });
});

describe('whoever may not change accounts', () => {
  test('learns from no denial which accounts there are, or have roles', async () => {
    await access.user('plain', undefined);
    const denials = async (line: (name: string) => string, body?: object) => {
      const names = ['admin-one', 'plain', 'nobody-of-this-name'];
      const answers = await Promise.all(names.map((name) => call(CLERK, line(name), body, any)));
      return answers.map(({ json, status }) => ({ ...json, status, requestId: 'its own' }));
    };
    for (const [line, body] of [
      [(name: string) => `PUT /v1/users/${name}/password`, { password: PASSWORD }],
      [(name: string) => `DELETE /v1/users/${name}/identities/staff/somebody`, undefined],
    ] as const) {
      const [first, ...others] = await denials(line, body);
      expect(first).toMatchObject({ status: 403, code: 'ACCESS_DENIED' });
      for (const other of others) expect(other).toEqual(first);
    }
  });
});

async function administrator(name: string, person: string) {
  const { users } = access.accounts;
  const password = new Uint8Array(Buffer.from(PASSWORD));
  const made = await users.create({ name, person, password });
  await users.grantRole(name, 'administrator', 'test');
  return { person: made.person, who: { basic: `${name}:${PASSWORD}` } };
}

test('an approval is of no use once the account that gave it is disabled', async () => {
  const { who: asker } = await administrator('amy', 'Amy');
  const { who: second } = await administrator('bea', 'Bea');
  await access.user('new', undefined);
  const line = 'PUT /v1/users/new/roles/clerk';
  const place = placeOf(await call(asker, line, undefined, any));
  expect((await approve(second, place)).json).toMatchObject({ state: 'approved' });
  const used = () =>
    call(asker, line, undefined, { ...any, 'x-sealstream-approval': place['approval'] ?? '' });
  await access.accounts.users.disable('bea');
  expect((await used()).json).toMatchObject({
    code: 'APPROVAL_REFUSED',
    place: { why: 'approver-gone' },
  });
  await access.accounts.users.enable('bea');
  expect((await used()).status).toBe(200);
});

describe('somebody with two accounts', () => {
  test('is one person however the person is spelled, and approves nothing of the own', async () => {
    const one = await administrator('ada', 'e1047 Ada');
    const place = placeOf(await call(one.who, 'PUT /v1/users/plain/roles/clerk', undefined, any));
    for (const [name, spelled] of [
      ['ada-two', 'E1047  ADA'],
      ['ada-three', '\uff25\uff11047\u00a0Ada '],
    ] as const) {
      const other = await administrator(name, spelled);
      expect(other.person).toBe(one.person);
      expect((await approve(other.who, place)).json).toMatchObject({
        code: 'APPROVAL_REFUSED',
        place: { why: 'same-person' },
      });
    }
  });
});

describe('the audit log', () => {
  const refusal = async (about: object) => {
    const told = await events();
    return told.some(
      ({ details, type }) =>
        type === 'sign-in-refused' &&
        Object.entries(about).every(([name, value]) => details[name] === value),
    );
  };

  test('names a refresh token that came twice, also in a flood of strangers', async () => {
    const session = { name: 'cleo', password: PASSWORD };
    const begun = await call(undefined, 'POST /v1/session', session);
    const { refreshToken } = begun.json;
    await call(undefined, 'POST /v1/session/refresh', { refreshToken });
    const stranger = { bearer: `ssa_${'a'.repeat(12)}_${'A'.repeat(43)}` };
    const flood = Array.from({ length: 30 }, () => call(stranger, 'GET /v1/me'));
    for (const { status } of await Promise.all(flood)) expect(status).toBe(401);
    const again = await call(undefined, 'POST /v1/session/refresh', { refreshToken });
    expect(again.status).toBe(401);
    await until(() => refusal({ why: 'reused', account: 'cleo' }));
  });

  test('names the API key that was refused, and for which reason', async () => {
    const { apiKeys } = access.accounts;
    const scopes = { actions: ['*'], datasets: ['*'] };
    const order = { owner: 'cleo', name: 'lost', scopes, lifeMs: 60_000 };
    const { key, text } = await apiKeys.create(order);
    await apiKeys.revoke(key.id);
    // The flood before this one is over when one is told by itself again.
    await until(async () => {
      expect((await call({ bearer: text }, 'GET /v1/me')).status).toBe(401);
      return refusal({ by: 'api-key', apiKey: key.id, account: 'cleo', rule: 'revoked' });
    });
    expect(JSON.stringify(await events())).not.toContain(text);
  });

  test('names a wrong secret of the first administrator', async () => {
    const first = { secret: 'x'.repeat(43), name: 'mallory', person: 'm', password: PASSWORD };
    const answer = await call(undefined, 'POST /v1/bootstrap', first);
    expect(asked(answer)).toEqual([403, 'BOOTSTRAP_REFUSED']);
    const request = answer.headers.get('x-request-id');
    await until(() => refusal({ by: 'bootstrap', why: 'refused', request }));
  });
});

test('an Idempotency-Key of many requests at once lets one be done', async () => {
  const { who } = await administrator('ivy', 'Ivy');
  const key = { 'idempotency-key': 'a-key-of-16-or-more-3' };
  const body = { name: 'ida', person: 'ida' };
  const all = await Promise.all(
    Array.from({ length: 6 }, () => call(who, 'POST /v1/users', body, key)),
  );
  const done = all.filter(
    ({ headers, status }) => status === 201 && !headers.has('idempotency-replayed'),
  );
  expect(done).toHaveLength(1);
  const outcomes = new Set(all.map(({ json, status }) => String(status === 201 || json['code'])));
  for (const outcome of outcomes) expect(['true', 'IDEMPOTENCY_RUNNING']).toContain(outcome);
});

test('what the audit log took no order of was not done, and may be done under its Idempotency-Key', async () => {
  const scopes = { actions: ['subjects.read'], datasets: ['people'] };
  const make = (key: string) =>
    call(
      CLERK,
      'POST /v1/api-keys',
      { name: 'letters', scopes, days: 1 },
      { 'idempotency-key': key },
    );
  const topic = 'audit.events.access';
  const partitions = await flow.bus.admin.partitionCount(topic);
  await flow.bus.admin.deleteTopic(topic);
  try {
    expect(asked(await make('a-key-of-16-or-more-1'))).toEqual([503, 'KAFKA_UNREACHABLE']);
  } finally {
    await flow.bus.admin.createTopic(topic, partitions, 1, {});
  }
  await until(async () => (await make('a-key-of-16-or-more-2')).status === 201);
  expect((await make('a-key-of-16-or-more-1')).status).toBe(201);
});
