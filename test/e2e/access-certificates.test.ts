import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  CertificateAuthority,
  type Issued,
} from '../../packages/service/test/fixtures/certificate-authority.ts';
import { RunningFlow, until } from './running-flow.ts';
import { ADMINISTERED, requestsOf } from './second-person.ts';
import { TlsAccess, type TlsAnswer, uriOf, withUri } from './tls-access.ts';

// Getting in with a client certificate, at the running service.

const ROOT = 'CN=Root,O=Example';
const RULES = [
  ...['loader', 'gone', 'stopped', 'taken', 'checker'].map((name) => ({
    account: name,
    uri: uriOf(name),
  })),
  { account: 'reporter', issuer: ROOT, subject: 'CN=reporter,O=Example' },
];
const NOBODY = 'of nobody who may get in';

let flow: RunningFlow;
let tls: TlsAccess;
let other: CertificateAuthority;
let loader: Issued;

beforeAll(async () => {
  const { kafkaBrokers, redisUrl } = inject('stack');
  flow = await RunningFlow.open({ kafkaBrokers, redisUrl }, { 'sealstream.yaml': ADMINISTERED });
  tls = await TlsAccess.start(flow, redisUrl, RULES, { withLists: true });
  other = new CertificateAuthority(join(tls.folder, 'other'));
  loader = tls.authority.issue(withUri('loader'));
  const { access } = tls;
  await access.user('loader', undefined, 'reader');
  await access.user('reporter', undefined, 'reader');
  await access.user('checker', 'seven brown chairs in a row', 'checker');
  await access.user('taken', undefined, 'reader');
  await access.user('stopped', undefined, 'reader');
  await access.accounts.users.disable('stopped');
});
afterAll(async () => {
  await tls?.close();
  await flow?.close();
});

const { events } = requestsOf(() => ({ access: tls.access, flow }));
const log = () => readFileSync(tls.access.service.log, 'utf8');
const me = (client: Partial<Issued>, agent?: Agent) =>
  tls.ask('/v1/me', client, agent === undefined ? {} : { agent });
const seen = ({ code, json, status }: TlsAnswer) => [
  status,
  status === 200 ? json['account'] : code,
];
const reasonOf = ({ json }: TlsAnswer) =>
  (json['place'] as { reason?: string } | undefined)?.reason;
const fingerprintOf = ({ cert }: Issued) =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();

describe('a client certificate', () => {
  test('is the account of its rule, by its URI or by issuer and subject, with the roles of now', async () => {
    const answer = await me(loader);
    expect(answer.json).toMatchObject({ account: 'loader', by: 'certificate', roles: ['reader'] });
    const reporter = tls.authority.issue({ subject: '/O=Example/CN=reporter' });
    expect(seen(await me(reporter))).toEqual([200, 'reporter']);
    await tls.access.accounts.users.revokeRole('reporter', 'reader');
    expect((await me(reporter)).json['roles']).toEqual([]);
  });

  test('stands on the audit log with what it was used for', async () => {
    expect((await tls.ask('/v1/datasets', loader)).status).toBe(200);
    const isOrder = (details: Readonly<Record<string, unknown>>) =>
      details['by'] === 'certificate' && details['action'] === 'policy.read';
    await until(async () => (await events()).some(({ details }) => isOrder(details ?? {})));
    const order = (await events()).find(({ details }) => isOrder(details ?? {}));
    expect(order?.actor).toBe('loader');
    expect(order?.details?.['certificate']).toBe(fingerprintOf(loader));
  });

  test.each<[string, () => Issued, string, string]>([
    ['of another authority', () => other.issue(withUri('loader')), 'not verified', 'not verified'],
    [
      'that ended',
      () =>
        tls.authority.issue({
          ...withUri('loader'),
          from: '20200101000000Z',
          until: '20200102000000Z',
        }),
      'not verified',
      'not verified',
    ],
    [
      'of a server',
      () =>
        tls.authority.issue({
          extensions: ['extendedKeyUsage=serverAuth', `subjectAltName=URI:${uriOf('loader')}`],
        }),
      'not verified',
      'not verified',
    ],
    [
      'that was revoked',
      () => {
        const revoked = tls.authority.issue(withUri('loader'));
        tls.authority.revoke(revoked);
        tls.write('clients.crl', tls.authority.list());
        return revoked;
      },
      'revoked',
      'revoked',
    ],
    [
      'of an unknown subject',
      () => tls.authority.issue({ subject: '/O=Example/CN=loader' }),
      NOBODY,
      'nobody of the table',
    ],
    [
      'of an account that is not there',
      () => tls.authority.issue(withUri('gone')),
      NOBODY,
      'no such account',
    ],
    [
      'of a disabled account',
      () => tls.authority.issue(withUri('stopped')),
      NOBODY,
      'the account is disabled',
    ],
  ])('%s is refused, with the reason in log and audit', async (_what, issue, told, reason) => {
    const client = issue();
    // A list is taken within a second.
    await until(async () => (await me(client)).status === 401, 5_000);
    const answer = await me(client);
    expect([...seen(answer), reasonOf(answer)]).toEqual([401, 'SIGN_IN_REFUSED', told]);
    const certificate = fingerprintOf(client);
    await until(async () =>
      (await events()).some(
        ({ details, type }) =>
          type === 'sign-in-refused' &&
          details?.['certificate'] === certificate &&
          details['reason'] === reason,
      ),
    );
    const line = log()
      .split('\n')
      .find((one) => one.includes(certificate));
    expect(line).toContain(reason);
    for (const secret of [client.cert, client.key].map((pem) => pem.split('\n')[2] ?? 'none'))
      expect(log()).not.toContain(secret);
  });

  test('approves nothing and makes no credentials', async () => {
    const checker = tls.authority.issue(withUri('checker'));
    expect(seen(await me(checker))).toEqual([200, 'checker']);
    const body = { digest: 'a'.repeat(64) };
    const approve = { method: 'POST', body };
    const answer = await tls.ask('/v1/approvals/AAAAAAAAAAAA/approve', checker, approve);
    expect(seen(answer)).toEqual([403, 'PERSON_NEEDED']);
    const key = { name: 'x', days: 1, scopes: { actions: ['*'], datasets: ['*'] } };
    const made = await tls.ask('/v1/api-keys', checker, { method: 'POST', body: key });
    expect(seen(made)).toEqual([403, 'PERSON_NEEDED']);
  });
});

describe('of what a request carries', () => {
  const basic = (text: string) => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });

  test('a header counts before a certificate, whether it is right or wrong', async () => {
    const right = basic('checker:seven brown chairs in a row');
    const byHeader = await tls.ask('/v1/me', loader, { headers: right });
    expect(byHeader.json).toMatchObject({ account: 'checker', by: 'password' });
    const wrong = await tls.ask('/v1/me', loader, { headers: basic('checker:not it') });
    expect(seen(wrong)).toEqual([401, 'SIGN_IN_REFUSED']);
  });

  test('the session of a page counts before a certificate that the browser has, also once it is over', async () => {
    const page = { 'x-sealstream-console': '1', 'sec-fetch-site': 'same-origin' };
    const body = { name: 'checker', password: 'seven brown chairs in a row' };
    const signIn = { method: 'POST', body, headers: page };
    const { cookies } = await tls.ask('/v1/session', loader, signIn);
    const asked = await tls.ask('/v1/me', loader, { headers: { ...page, cookie: cookies } });
    expect(asked.json).toMatchObject({ account: 'checker', by: 'session' });
    await tls.ask('/v1/session', loader, {
      method: 'DELETE',
      headers: { ...page, cookie: cookies },
    });
    const ended = await tls.ask('/v1/me', loader, { headers: { ...page, cookie: cookies } });
    expect(seen(ended)).toEqual([401, 'SIGN_IN_REFUSED']);
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://elsewhere.example' }],
    ['an origin that is not told', { origin: 'null' }],
    ['the console without a session', { 'sec-fetch-site': 'same-origin' }],
    ['the console, in a browser that tells nothing', { 'x-sealstream-console': '1' }],
  ])('a certificate does not count where a page of %s asks', async (_what, headers) => {
    expect(seen(await me(loader))).toEqual([200, 'loader']);
    for (const method of ['GET', 'POST']) {
      const path = method === 'GET' ? '/v1/me' : '/v1/users/loader/disable';
      const answer = await tls.ask(path, loader, { method, headers });
      expect(seen(answer)).toEqual([401, 'SIGN_IN_REFUSED']);
    }
  });

  test('people get in without any certificate, and nobody without anything', async () => {
    const right = basic('checker:seven brown chairs in a row');
    expect(seen(await tls.ask('/v1/me', {}, { headers: right }))).toEqual([200, 'checker']);
    expect(seen(await me({}))).toEqual([401, 'SIGN_IN_REFUSED']);
    expect((await tls.ask('/v1/health', {})).status).toBe(200);
  });
});

describe('without a restart', () => {
  /** On one connection that stands, and on new ones that go on with its session. */
  async function out(client: Issued, take: () => void | Promise<void>): Promise<TlsAnswer> {
    const [kept, resuming] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent()];
    try {
      const first = await me(client, kept);
      expect(first.status).toBe(200);
      await me(client, resuming);
      expect((await me(client, resuming)).isResumed).toBe(true);
      await take();
      await until(async () => (await me(client, kept)).status === 401, 10_000);
      const last = await me(client, kept);
      expect(last.localPort).toBe(first.localPort);
      expect(seen(await me(client, resuming))).toEqual([401, 'SIGN_IN_REFUSED']);
      return last;
    } finally {
      kept.destroy();
      resuming.destroy();
    }
  }

  test('a certificate that is revoked is out, on a connection that stands and on a resumed session', async () => {
    const client = tls.authority.issue(withUri('loader'));
    const answer = await out(client, () => {
      tls.authority.revoke(client);
      tls.write('clients.crl', tls.authority.list());
    });
    expect(reasonOf(answer)).toBe('revoked');
  });

  test('a rule that is taken away is out, and back when it is given again; one that is none changes nothing', async () => {
    const client = tls.authority.issue(withUri('taken'));
    const answer = await out(client, () =>
      tls.writeRules(RULES.filter(({ account }) => account !== 'taken')),
    );
    expect(reasonOf(answer)).toBe(NOBODY);
    expect(seen(await me(loader))).toEqual([200, 'loader']);
    tls.writeRules(RULES);
    await until(async () => (await me(client)).status === 200, 5_000);
    tls.write('clients.yaml', 'rules: [{ account: x }]\n');
    await until(() => log().includes('the file for client certificates in use stays'), 5_000);
    expect(seen(await me(client))).toEqual([200, 'taken']);
    tls.writeRules(RULES);
  });

  test('an account that is disabled is out', async () => {
    const client = tls.authority.issue(withUri('taken'));
    await out(client, async () => {
      await tls.access.accounts.users.disable('taken');
    });
  });

  test('an authority that is taken away is out with all that it signed, and another one is in', async () => {
    const answer = await out(loader, () => tls.write('clients.crt', other.pem));
    expect(reasonOf(answer)).toBe('of an authority that is not known');
    tls.write('clients.crl', other.list());
    const client = other.issue(withUri('loader'));
    await until(async () => (await me(client)).status === 200, 15_000);
    expect(seen(await me(loader))).toEqual([401, 'SIGN_IN_REFUSED']);
  });
});

test('a list of revoked certificates that is past its time lets nobody in, and says so', async () => {
  const { code, mend } = new SealstreamError('REVOCATIONS_UNUSABLE');
  tls.write('clients.crt', tls.authority.pem);
  tls.write('clients.crl', tls.authority.list());
  await until(async () => (await me(loader)).status === 200, 15_000);
  const time = (ms: number) =>
    new Date(Date.now() + ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const day = 86_400_000;
  const past = ['-crl_lastupdate', time(-9 * day), '-crl_nextupdate', time(-day)];
  tls.write('clients.crl', tls.authority.list(past));
  await until(async () => (await me(loader)).status === 503, 5_000);
  expect((await me(loader)).json).toMatchObject({ code, detail: mend });
});
