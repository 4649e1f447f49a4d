import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';

import { until } from '../../../test/e2e/running-flow.ts';
import { metricsOf } from '../../../tools/demo/service-processes.ts';
import { type Finding, type Place, searchPlaces } from '../../../tools/plaintext-search.ts';
import {
  ACKNOWLEDGE,
  hostileBodies,
  hostileExchanges,
  near,
  nearMisses,
  PARTS,
  SEAL,
} from './hostile-samples.ts';
import { rawExchange } from './raw-exchange.ts';
import { OWNER, openWholeAccess, type WholeAccess } from './whole-access.ts';

// Requests that no honest client sends, at the real service. Whatever they carry may stand nowhere after.

const random = () => randomBytes(12).toString('hex');
const CANARY = `canary-${random()}`;
const PASSWORD = `brown chairs ${random()}`;
const NAME = 'ann';
/** By what they are; filled as they are made. */
const SECRETS = new Map<string, string>([
  ['a canary of bodies, queries and headers', CANARY],
  ['a password', PASSWORD],
]);

let whole: WholeAccess;
let base: string;
let port: number;
let bearer: string;
let cookie: string;

beforeAll(async () => {
  whole = await openWholeAccess(inject('stack'), { SEALSTREAM_ACCESS_REQUEST_TIMEOUT: '2s' });
  const { access, key } = whole;
  base = access.base;
  port = Number(new URL(base).port);
  bearer = `Bearer ${key}`;
  SECRETS.set('an API key', key);
  await access.user(NAME, PASSWORD, 'everything');
  const body = JSON.stringify({ name: NAME, password: PASSWORD });
  const fromConsole = { 'x-sealstream-console': '1', authorization: '' };
  const signedIn = await post('/v1/session', body, fromConsole);
  expect(signedIn.status).toBe(201);
  cookie = signedIn.cookies.map((one) => one.split(';')[0] ?? '').join('; ');
  for (const [name = '', value = ''] of cookie.split('; ').map((one) => one.split('=')))
    SECRETS.set(`the cookie ${name}`, value);
  await useTokens();
}, 120_000);
afterAll(() => whole?.close());

/** Everything that a program holds of a session, used once as it is meant to be. */
async function useTokens(): Promise<void> {
  const name = `p${random()}`;
  const password = `green lamps ${random()}`;
  const secret = randomBytes(32).toString('base64url');
  SECRETS.set('a password of a new user', password).set('a bootstrap secret', secret);
  const user = { name, person: name, password };
  expect((await post('/v1/users', JSON.stringify(user))).status).toBe(201);
  expect((await post('/v1/bootstrap', JSON.stringify({ ...user, secret }))).status).toBe(403);
  const begun = await post('/v1/session', JSON.stringify({ name, password }));
  const { refreshToken } = keepTokens('a session', begun);
  const renewed = await post('/v1/session/refresh', JSON.stringify({ refreshToken }));
  const { accessToken } = keepTokens('a renewed session', renewed);
  const authorization = `Bearer ${accessToken}`;
  expect((await send('GET', '/v1/me', { headers: { authorization } })).status).toBe(200);
}

function keepTokens(of: string, { text }: Sent): Record<string, string> {
  const answer = JSON.parse(text) as Record<string, string>;
  for (const [name, value] of Object.entries(answer))
    if (name.endsWith('Token')) SECRETS.set(`the ${name} of ${of}`, value);
  return answer;
}

/** Whatever was sent: whoever comes next is answered. */
afterEach(async () => {
  expect((await send('GET', '/v1/me')).status).toBe(200);
});

interface Sent {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly text: string;
  readonly headers: Headers;
  readonly ms: number;
}

interface Sending {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** `authorization: ''` leaves it out; the API key's else. */
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(method: string, path: string, { body, headers }: Sending = {}): Promise<Sent> {
  const start = performance.now();
  const all = { authorization: bearer, 'content-type': 'application/json', ...headers };
  const { authorization, 'content-type': type, ...others } = all;
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(authorization === '' ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...others,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const ms = performance.now() - start;
  const cookies = answer.headers.getSetCookie();
  return { status: answer.status, cookies, text, headers: answer.headers, ms };
}

const post = (path: string, body: Sending['body'] = '', headers: Sending['headers'] = {}) =>
  send('POST', path, { body, headers });
const seal = (value: unknown) => JSON.stringify({ values: [{ path: '/name', value }] });

describe('a page of others, with the cookie of who is signed in,', () => {
  const own = () => ({ authorization: '', cookie, 'x-sealstream-console': '1' });
  const without = (name: string) =>
    Object.fromEntries(Object.entries(own()).filter(([one]) => one !== name));

  test('is refused, and a page of ours is not', async () => {
    const body = JSON.stringify({ dryRun: true });
    const path = '/v1/datasets/people/rejects/replay';
    const statusWith = async (headers: Record<string, string>) =>
      (await post(path, body, headers)).status;
    expect(await statusWith({ ...own(), origin: base, 'sec-fetch-site': 'same-origin' })).toBe(200);
    const hostile: Record<string, string>[] = [
      without('x-sealstream-console'),
      { ...own(), 'x-sealstream-console': '0' },
      { ...own(), origin: 'https://evil.example' },
      { ...own(), origin: `${base}.evil.example` },
      { ...own(), origin: 'null' },
      { ...own(), origin: '' },
      { ...own(), 'sec-fetch-site': 'cross-site' },
      { ...own(), 'sec-fetch-site': 'same-site' },
      { ...own(), 'sec-fetch-site': 'Same-Origin, cross-site' },
    ];
    for (const headers of hostile)
      expect([headers, await statusWith(headers)]).toEqual([headers, 401]);
  });

  test('renews no session and makes none', async () => {
    const foreign = { ...own(), origin: 'https://evil.example' };
    expect((await post('/v1/session/refresh', '{}', foreign)).status).toBe(401);
    const body = JSON.stringify({ name: NAME, password: PASSWORD });
    expect((await post('/v1/session', body, foreign)).status).toBe(401);
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'cannot post a form as %s',
    async (type) => {
      const form = `{"note":"${CANARY}"}`;
      const answer = await post(ACKNOWLEDGE, form, { ...own(), 'content-type': type });
      expect(answer.status).toBe(415);
    },
  );

  test('is given no header that lets it read or ask beforehand', async () => {
    const origin = 'https://evil.example';
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await send(method, '/v1/me', { headers: { origin } });
      const cors = [...headers.keys()].filter((name) => name.startsWith('access-control'));
      expect(cors).toEqual([]);
    }
  });
});

describe('a body', () => {
  test.each(hostileBodies(CANARY))(
    '%s is answered as it should be, and soon',
    async (_what, path, body, status) => {
      const answer = await post(path, body);
      expect([answer.status, answer.text.includes(CANARY)]).toEqual([status, false]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.ms).toBeLessThan(2000);
    },
  );

  test('changes no prototype', async () => {
    await post(SEAL, '{"values":[{"path":"__proto__","value":"x"}]}');
    await send('GET', '/v1/datasets?__proto__[polluted]=1&constructor[prototype][polluted]=1');
    expect((await send('GET', '/v1/me')).text).not.toContain('polluted');
  });

  test.each([
    ['gzip', { 'content-encoding': 'gzip' }],
    ['a charset that JSON has not', { 'content-type': 'application/json; charset=utf-16' }],
    ['a type beside JSON', { 'content-type': 'application/xml' }],
    ['no type', { 'content-type': '' }],
  ])('under %s is not read', async (what, headers) => {
    const bomb = Uint8Array.from(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    const answer = await post(SEAL, what === 'gzip' ? bomb : seal(CANARY), headers);
    expect(answer.status).toBe(415);
  });
});

describe('a path, a query or a header', () => {
  const places = [
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f%2e%2e',
    '..%5c..%5cboot.ini',
    'people%00.json',
  ];
  const paths = [
    ...[...places, 'x%0d%0ax-evil:%201', '__proto__', 'constructor', '%ef%bf%bf'].flatMap(
      (name) => [
        ['GET', `/v1/datasets/${name}`],
        ['GET', `/v1/datasets/${name}/rejects`],
        ['GET', `/v1/datasets/${name}/rejects/summary`],
        ['GET', `/assets/${name}`],
      ],
    ),
    ...places.map((name) => ['GET', `/${name}`]),
  ] as [string, string][];

  test.each(paths)('%s %s leads to nothing', async (method, path) => {
    const answer = await send(method, path);
    expect([answer.status, answer.headers.get('x-evil')]).toEqual([404, null]);
    // A dataset that is not there is named in the answer and on the audit log, escaped as JSON.
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text).not.toMatch(/[\r\n]/);
  });

  test.each(['__proto__', 'constructor', 'x%0d%0ax-evil:1'])(
    'an alert %s is unknown',
    async (id) => {
      expect((await post(`/v1/alerts/${id}/acknowledge`, '{}')).status).toBe(404);
    },
  );

  test('with CR and LF in a query adds no header', async () => {
    const path = `/v1/accesses?person=${CANARY}%0d%0ax-evil:%201`;
    const { headers, status } = await send('GET', path);
    expect([status, headers.get('x-evil')]).toEqual([200, null]);
  });

  test.each(['x-request-id', 'cookie', 'user-agent', 'origin', 'host', 'authorization'])(
    '%s with a bare CR, NUL or folded line is refused or not echoed',
    async (name) => {
      for (const bad of [`${CANARY}\rx-evil: 1`, `${CANARY}\0`, `${CANARY}\r\n x-evil: 1`]) {
        const head = `GET /v1/me HTTP/1.1\r\nhost: a\r\n${name}: ${bad}\r\nconnection: close\r\n\r\n`;
        const { statuses, text } = await rawExchange(port, [head]);
        expect([400, 401]).toContain(statuses[0]);
        expect(text).not.toMatch(/^x-evil/im);
        expect(text).not.toContain(CANARY);
      }
    },
  );

  test.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    '%s changes no method',
    async (name) => {
      const answer = await send('GET', '/v1/me?_method=DELETE', { headers: { [name]: 'DELETE' } });
      expect(answer.status).toBe(200);
    },
  );

  test.each(['x-forwarded-host', 'x-original-url', 'x-rewrite-url', 'forwarded', 'host'])(
    '%s is not believed',
    async (name) => {
      const head = `GET /v1/nothing HTTP/1.1\r\nhost: a\r\n${name}: evil.example\r\nconnection: close\r\n\r\n`;
      const { statuses, text } = await rawExchange(port, [head]);
      // Node refuses a second Host before anything of ours is asked.
      expect([400, 404]).toContain(statuses[0]);
      expect(text).not.toContain('evil.example');
    },
  );

  test.each(nearMisses())(
    '%s of 50 kB that nearly fits is refused within a second',
    async (_what, path, body) => {
      const answer = await post(path, JSON.stringify(body));
      expect(answer.status).toBe(400);
      expect(answer.ms).toBeLessThan(1000);
    },
  );

  test('a cursor, credentials and a cookie that nearly fit are refused within a second', async () => {
    const long = near('Aa_-').slice(0, 12_000).replaceAll('\u0001', '');
    const cursor = await send('GET', `/v1/accesses?cursor=${long}!`);
    const credentials = await send('GET', '/v1/me', {
      headers: { authorization: `Bearer ssk_${long}` },
    });
    const cookies = { authorization: '', cookie: `sealstream=${'a=;'.repeat(4000)}` };
    const byCookie = await send('GET', '/v1/me', { headers: cookies });
    expect([cursor.status, credentials.status, byCookie.status]).toEqual([400, 401, 401]);
    for (const { ms } of [cursor, credentials, byCookie]) expect(ms).toBeLessThan(1000);
  });
});

describe('on the wire', () => {
  const { close, host, json } = PARTS;
  test.each(hostileExchanges(CANARY))(
    '%s gets a status of ours and no word of its own back',
    async (_what, bytes, statuses) => {
      const answer = await rawExchange(port, [bytes]);
      expect(statuses).toContain(answer.statuses[0]);
      expect(answer.text).not.toContain(CANARY);
    },
  );

  test('CONNECT opens no way to anywhere', async () => {
    const { statuses } = await rawExchange(port, [
      `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`,
    ]);
    expect(statuses.filter((status) => status < 400 || status >= 500)).toEqual([]);
  });

  test('requests in one go are answered one by one, in their order', async () => {
    const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}`;
    const all = `${get('/v1/health')}\r\n${get('/v1/me')}\r\n${get('/v1/none')}${close}`;
    expect((await rawExchange(port, [all])).statuses).toEqual([200, 401, 404]);
  });

  test.each([
    ['head', 'GET /v1/me HTTP/1.1\r\nhost: a\r\nx: ', 'a'],
    ['body', `POST /v1/session HTTP/1.1\r\n${host}${json}content-length: 5000\r\n\r\n`, ' '],
  ])('a %s that drips is ended in time', async (_what, head, drop) => {
    const drips = [head, ...Array.from({ length: 40 }, () => drop)];
    const { ms, statuses } = await rawExchange(port, drips, { pauseMs: 250, waitMs: 1000 });
    expect([408, undefined]).toContain(statuses[0]);
    expect(ms).toBeLessThan(9000);
  });
});

test('without signing in neither words nor time tell whether a dataset is there', async () => {
  const times = new Map<string, number[]>([
    ['people', []],
    ['nobody', []],
  ]);
  const words = new Set<string>();
  for (let turn = 0; turn < 25; turn += 1)
    for (const [name, all] of times) {
      const path = `/v1/datasets/${name}`;
      const { ms, status, text } = await send('GET', path, { headers: { authorization: '' } });
      expect(status).toBe(401);
      words.add(text.replace(/"requestId":"[^"]+"/, ''));
      all.push(ms);
    }
  expect(words.size).toBe(1);
  const [there, nowhere] = [...times.values()].map((all) => all.sort((a, b) => a - b)[12] ?? 0);
  // Machines are busy: a lookup that only one of them makes would be far more than that.
  expect(Math.abs((there ?? 0) - (nowhere ?? 0))).toBeLessThan(20);
  const unknown = await send('GET', '/v1/nothing', { headers: { authorization: '' } });
  expect([unknown.status, unknown.ms < 1000]).toEqual([404, true]);
});

describe('after all of it', () => {
  async function found(places: readonly Place[]): Promise<string[]> {
    const names = [...SECRETS.keys()];
    const hits: string[] = [];
    const told = ({ encoding, place, value }: Finding) =>
      hits.push(`${names[value]} stands in ${place} as ${encoding}`);
    await searchPlaces([...SECRETS.values()], places, told);
    return hits;
  }

  test('no secret and nothing of a request stands in log, metrics or audit events', async () => {
    const { access, flow } = whole;
    const topic = 'audit.events.access';
    // Whatever is told late is there when a later request is.
    const mark = random();
    await send('GET', '/v1/coverage', { headers: { 'x-request-id': mark } });
    await until(async () => {
      const all = await flow.readAll(topic);
      return all.some(({ value }) => String(value).includes(mark));
    });
    const events = await flow.readAll(topic);
    const audit = Buffer.concat(events.map(({ value }) => value ?? Buffer.alloc(0)));
    const metrics = Buffer.from(await metricsOf(access.service));
    const log = readFileSync(access.service.log);
    // Positive control: these are what the requests above have left behind.
    expect(audit.toString()).toContain(OWNER);
    expect(metrics.toString()).toContain('sealstream_access_requests_total');
    expect(log.toString()).toContain('answering people and programs');
    const places = { audit, metrics, log };
    const all = Object.entries(places).map(([name, bytes]) => ({ name, bytes }));
    expect(await found(all)).toEqual([]);
  });

  test('the same search finds each secret in each form, where it was put', async () => {
    for (const [name, text] of SECRETS)
      for (const coding of ['utf8', 'base64', 'hex'] as const) {
        const form = Buffer.from(text).toString(coding);
        const bytes = Buffer.from(`{"msg":${JSON.stringify(`x ${form}`)}}`);
        expect(await found([{ name: 'a log', bytes }])).toContainEqual(
          expect.stringContaining(name),
        );
      }
  });
});
