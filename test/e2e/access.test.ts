import { PlainEvent } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { REVEALED } from './revealed-policy.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';

const PASSWORD = 'seventeen brown chairs stand';
const ANALYST = { basic: `ann:${PASSWORD}` };
const SSN = '900-11-4711';

let flow: RunningFlow;
let access: RunningAccess;
let program: { bearer: string };
/** A record as it came out, and as it went in. */
let encrypted: { ssn: string; name: string; card: string; city: string };
let masked: { ssn: string; name: string; card: string };
const RECORD = { ssn: SSN, name: 'Maria Canary', card: '4556737586899855', city: 'Bonn' };

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': REVEALED });
  for (const name of ['ingest', 'mask', 'encrypt'] as const) await flow.start(name);
  access = await RunningAccess.start(flow, servers.redisUrl);
  await access.user('ann', PASSWORD, 'analyst');
  await access.user('loader', PASSWORD, 'program');
  const { text } = await access.accounts.apiKeys.create({
    owner: 'loader',
    name: 'nightly load',
    scopes: { actions: ['tokenise', 'seal', 'reveal'], datasets: ['people'] },
    lifeMs: 3_600_000,
  });
  program = { bearer: text };
  const value = Buffer.from(JSON.stringify(RECORD));
  await flow.bus.append(flow.dataset.topics.raw, 0, [{ key: Buffer.from('1'), value }]);
  const { encrypted: open, masked: shown } = flow.dataset.topics;
  for (const topic of [open, shown])
    await until(async () => (await flow.readAll(topic)).length === 1);
  const only = async (topic: string) => {
    const [record] = await flow.readAll(topic);
    return JSON.parse(String(record?.value)) as never;
  };
  encrypted = await only(open);
  masked = await only(shown);
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

async function events(): Promise<PlainEvent[]> {
  const records = await flow.readAll('audit.events.access');
  return records.flatMap(({ value }) => {
    const event = PlainEvent.safeParse(JSON.parse(String(value)));
    return event.success ? [event.data] : [];
  });
}

const reveal = (values: object[], more: object = {}, credentials: object = ANALYST) =>
  access.ask('POST', '/v1/datasets/people/reveal', credentials as never, {
    purpose: 'fraud',
    reference: 'C-4711',
    values,
    ...more,
  });

describe('signing in', () => {
  test('a protected GET with user name and password says who asks and what they may', async () => {
    const { json, status } = await access.ask('GET', '/v1/me', ANALYST);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      account: 'ann',
      by: 'password',
      roles: ['analyst'],
      actions: ['detokenise', 'policy.read', 'reveal'],
      purposes: [{ name: 'fraud', reference: 'required' }],
    });
  });

  test.each([
    ['nobody', undefined],
    ['a wrong password', { basic: 'ann:not her password at all' }],
    ['an unknown name', { basic: `bob:${PASSWORD}` }],
    ['no colon', { basic: 'ann' }],
    ['an unknown token', { bearer: 'ssa_aaaaaaaaaaaa_bbbb' }],
    ['an API key with a typo', { bearer: `ssk_abcdefghijkl_${'x'.repeat(43)}_00000000` }],
    ['a JWT, which is none of ours', { bearer: 'eyJhbGciOiJub25lIn0.e30.' }],
  ])('%s is answered 401 and the same words', async (_who, credentials) => {
    const { headers, json, status } = await access.ask('GET', '/v1/me', credentials);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('Basic');
    expect(json).toMatchObject({ code: 'SIGN_IN_REFUSED' });
  });

  test('a session is renewed once per token, and a second use of one ends it', async () => {
    const signIn = await access.ask('POST', '/v1/session', undefined, {
      name: 'ann',
      password: PASSWORD,
    });
    expect(signIn.status).toBe(201);
    expect(signIn.headers.get('set-cookie')).toBeNull();
    const first = signIn.json as { accessToken: string; refreshToken: string };
    expect((await access.ask('GET', '/v1/me', { bearer: first.accessToken })).json).toMatchObject({
      by: 'session',
    });
    const renew = (refreshToken: string) =>
      access.ask('POST', '/v1/session/refresh', undefined, { refreshToken });
    const renewed = await renew(first.refreshToken);
    expect(renewed.status).toBe(200);
    const second = renewed.json as { accessToken: string; refreshToken: string };
    expect((await access.ask('GET', '/v1/me', { bearer: second.accessToken })).status).toBe(200);
    expect((await renew(first.refreshToken)).status).toBe(401);
    expect((await access.ask('GET', '/v1/me', { bearer: second.accessToken })).status).toBe(401);
    await until(async () =>
      (await events()).some(
        ({ details }) => details['why'] === 'reused' && details['account'] === 'ann',
      ),
    );
  });

  test('the console gets cookies and no token, and they count from its own pages alone', async () => {
    const page = { 'x-sealstream-console': '1', origin: access.base };
    const body = { name: 'ann', password: PASSWORD };
    const answer = await access.ask('POST', '/v1/session', undefined, body, page);
    expect(answer.status).toBe(201);
    expect(answer.text).not.toMatch(/ss[ar]_/);
    const cookies = answer.headers.getSetCookie();
    for (const cookie of cookies) expect(cookie).toMatch(/HttpOnly.*SameSite=Strict/);
    const cookie = cookies.map((one) => one.split(';')[0]).join('; ');
    const put = (headers: object) =>
      access.ask('DELETE', '/v1/session', undefined, undefined, { cookie, ...headers });
    expect((await put({})).status).toBe(401);
    expect((await put({ ...page, origin: 'http://127.0.0.1:1' })).status).toBe(401);
    expect((await put({ ...page, 'sec-fetch-site': 'cross-site' })).status).toBe(401);
    expect((await put(page)).status).toBe(204);
    expect((await put(page)).status).toBe(401);
  });
});

describe('reveal', () => {
  test('gives the value that was sealed, with its order on the audit log before its outcome', async () => {
    const { headers, json, status } = await reveal([{ path: '/ssn', token: encrypted.ssn }]);
    expect(status).toBe(200);
    expect(json).toEqual({ values: [{ type: 'string', value: SSN }] });
    const request = headers.get('x-request-id') ?? '';
    await until(async () =>
      (await events()).some(
        (one) => one.type === 'access-done' && one.details['request'] === request,
      ),
    );
    const own = (await events()).filter(({ details }) => details['request'] === request);
    expect(own.map(({ type }) => type)).toEqual(['access-ordered', 'access-done']);
    expect(own[0]).toMatchObject({
      actor: 'ann',
      dataset: 'people',
      details: {
        action: 'reveal',
        person: 'ann',
        paths: '/ssn',
        values: 1,
        purpose: 'fraud',
        reference: 'C-4711',
        rule: '/access/roles/analyst/allow/0',
      },
    });
    expect(own[1]?.details).toMatchObject({ given: 1 });
  });

  test.each([
    ['without a purpose', { purpose: undefined }, 400, 'REQUEST_INVALID'],
    ['for another purpose', { purpose: 'care' }, 403, 'ACCESS_DENIED'],
    ['without the number of the case', { reference: undefined }, 403, 'ACCESS_DENIED'],
  ])('%s is refused', async (_what, more, status, code) => {
    const answer = await reveal([{ path: '/ssn', token: encrypted.ssn }], more);
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    expect(answer.text).not.toContain(SSN);
  });

  test('of a field that no rule names is denied, told with its reason, and reveals none of the others', async () => {
    const values = [
      { path: '/ssn', token: encrypted.ssn },
      { path: '/name', token: encrypted.name },
    ];
    const answer = await reveal(values);
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain(SSN);
    const request = answer.headers.get('x-request-id');
    await until(async () =>
      (await events()).some(
        ({ details, type }) => type === 'access-denied' && details['request'] === request,
      ),
    );
    const denied = (await events()).find(({ details }) => details['request'] === request);
    expect(denied?.details['reasons']).toContain('is not for these fields: /name');
  });

  test('with names that the policy does not know leaves none of them on the audit log', async () => {
    const wrong = 'canary-in-the-wrong-place';
    const values = [{ path: `/${wrong}-path`, token: encrypted.ssn }];
    const answers = [
      await reveal(values),
      await reveal([{ path: '/ssn', token: encrypted.ssn }], { purpose: `${wrong}-purpose` }),
      await access.ask('POST', `/v1/datasets/${wrong}-set/reveal`, ANALYST, {
        purpose: 'fraud',
        values,
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    await until(async () => {
      const told = (await events()).filter(({ type }) => type === 'access-denied');
      return ids.every((id) => told.some(({ details }) => details['request'] === id));
    });
    const all = JSON.stringify(await events());
    expect(all).not.toContain(wrong);
    expect(all).toContain('(unknown)');
  });

  test('with names of all forms is told in an event that has an end, and holds nobody up', async () => {
    const word = '(unknown)';
    const pieces = Array.from(word, (_, from) =>
      Array.from(word.slice(from), (_letter, at) => word.slice(from, from + at + 1)),
    ).flat();
    const long = Array.from(
      { length: 300 },
      (_, at) => `/${at}${'canary-in-the-wrong-place'.repeat(9)}`,
    );
    const before = (await events()).length;
    for (const paths of [pieces, long]) {
      const answer = await reveal(paths.map((path) => ({ path, token: encrypted.ssn })));
      expect([answer.status, answer.json['code']]).toEqual([403, 'ACCESS_DENIED']);
    }
    expect((await reveal([{ path: '/ssn', token: encrypted.ssn }])).status).toBe(200);
    const told = (await flow.readAll('audit.events.access')).slice(before);
    expect(told.length).toBeGreaterThanOrEqual(3);
    for (const { value } of told) {
      expect(value?.length).toBeLessThan(4096);
      expect(String(value)).not.toContain('canary');
    }
  });

  test('tells each token that does not open by code, and opens the others', async () => {
    const broken = `${encrypted.ssn.slice(0, -6)}AAAAAA`;
    const values = [
      { path: '/ssn', token: broken },
      { path: '/ssn', token: encrypted.name },
      { path: '/ssn', token: 'ss1:no' },
      { path: '/ssn', token: encrypted.ssn },
    ];
    const { json, status } = await reveal(values);
    expect(status).toBe(200);
    expect(json).toEqual({
      values: [
        { code: 'RECORD_NOT_AUTHENTIC' },
        { code: 'RECORD_NOT_AUTHENTIC' },
        { code: 'TOKEN_MALFORMED' },
        { type: 'string', value: SSN },
      ],
    });
  });

  test('with a key whose owner has no such role is denied, whatever its scopes say', async () => {
    const answer = await reveal([{ path: '/ssn', token: encrypted.ssn }], {}, program);
    expect(answer.status).toBe(403);
  });

  test('of an unknown dataset or field is a 403 like any that no rule allows', async () => {
    const values = [{ path: '/nothing', token: encrypted.ssn }];
    expect((await reveal(values)).status).toBe(403);
    const other = { purpose: 'fraud', reference: 'C-1', values };
    expect((await access.ask('POST', '/v1/datasets/none/reveal', ANALYST, other)).status).toBe(403);
  });

  test('is refused while the audit topic cannot be written, and nothing is revealed', async () => {
    // Deleted and not made again: what was ordered has nowhere to stand.
    const topic = 'audit.events.access';
    const partitions = await flow.bus.admin.partitionCount(topic);
    await flow.bus.admin.deleteTopic(topic);
    try {
      const answer = await reveal([{ path: '/ssn', token: encrypted.ssn }]);
      expect([answer.status, answer.json['code']]).toEqual([503, 'KAFKA_UNREACHABLE']);
      expect(answer.text).not.toContain(SSN);
    } finally {
      await flow.bus.admin.createTopic(topic, partitions, 1, {});
    }
    await until(
      async () => (await reveal([{ path: '/ssn', token: encrypted.ssn }])).status === 200,
    );
  });
});

describe('detokenise, tokenise and seal', () => {
  const turnBack = (path: string, text: string) =>
    access.ask('POST', '/v1/datasets/people/detokenise', ANALYST, {
      purpose: 'fraud',
      reference: 'C-1',
      path,
      masked: [text],
    });

  test('turn masked values of the vault and of fpe back, up to the quota of the day', async () => {
    expect((await turnBack('/name', masked.name)).json).toEqual({
      values: [{ value: RECORD.name }],
    });
    expect((await turnBack('/card', masked.card)).json).toEqual({
      values: [{ value: RECORD.card }],
    });
    expect((await turnBack('/name', 'tok_unknown')).json).toEqual({
      values: [{ code: 'TOKEN_UNKNOWN' }],
    });
    // What gave nothing was given back: three of five are left, and then none.
    for (let left = 3; left > 0; left -= 1)
      expect((await turnBack('/name', masked.name)).status).toBe(200);
    const spent = await turnBack('/name', masked.name);
    expect([spent.status, spent.json['code']]).toEqual([429, 'QUOTA_SPENT']);
  });

  test('make of a value what mask made of it on the stream', async () => {
    const ask = (path: string, value: string) =>
      access.ask('POST', '/v1/datasets/people/tokenise', program, {
        path,
        values: [{ value, subject: SSN }],
      });
    expect((await ask('/name', RECORD.name)).json).toEqual({ values: [{ masked: masked.name }] });
    expect((await ask('/card', RECORD.card)).json).toEqual({ values: [{ masked: masked.card }] });
    expect((await ask('/ssn', SSN)).json).toMatchObject({ code: 'FIELD_UNFIT' });
  });

  test('seal what a reveal gives back, for a person who is known', async () => {
    const sealed = await access.ask('POST', '/v1/datasets/people/seal', program, {
      values: [{ path: '/ssn', value: SSN, subject: SSN }],
    });
    expect(sealed.status).toBe(200);
    const [{ token = '' } = {}] = sealed.json['values'] as { token?: string }[];
    expect((await reveal([{ path: '/ssn', token }])).json).toEqual({
      values: [{ type: 'string', value: SSN }],
    });
  });
});

test('no answer but those that reveal, no event and no log holds a value', async () => {
  const { readFileSync } = await import('node:fs');
  const told = (await flow.readAll('audit.events.access'))
    .map(({ value }) => String(value))
    .join('\n');
  const log = readFileSync(access.service.log, 'utf8');
  for (const canary of [SSN, RECORD.name, RECORD.card, PASSWORD, program.bearer])
    for (const text of [told, log]) expect(text).not.toContain(canary);
  expect(told).toContain('C-4711');
});

describe('the console', () => {
  test('stands at / under its own strict policy, and its files may be kept by their names', async () => {
    const page = await fetch(`${access.base}/`);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toContain(
      "require-trusted-types-for 'script'",
    );
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const [, script = ''] = /src="\.(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
    const asset = await fetch(`${access.base}${script}`);
    expect(asset.status).toBe(200);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    await asset.text();
  });

  test.each([
    '/../package.json',
    '/assets/',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/none.js',
  ])('gives no file at %s', async (path) => {
    const answer = await access.ask('GET', path, undefined);
    expect([400, 404]).toContain(answer.status);
    expect(answer.json).toMatchObject({ requestId: expect.any(String) as string });
  });
});
