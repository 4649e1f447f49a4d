import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ROUTES } from '../src/routes.ts';
import { makeKeysets } from '../../../tools/demo/keys.ts';
import { auditLogOf, RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow } from '../../../test/e2e/running-flow.ts';
import { TlsAccess, uriOf, withUri } from '../../../test/e2e/tls-access.ts';
import type { Issued } from '../../../packages/service/test/fixtures/certificate-authority.ts';

// Every route of the running service × every role × dataset × field: what is answered beside a table
// that is written by hand, so that route and rule are not judged by themselves.
import {
  type Answer,
  DATASETS,
  NOT_GIVEN,
  POLICY,
  ROLES,
  SAMPLES,
  type Sample,
  type Wanted,
} from './route-samples.ts';

let flow: RunningFlow;
let access: RunningAccess;
/** API keys by role. */
const keys = new Map<string, string>();
/** A replica on TLS, and certificates by role: of one that reads, one that approves, and none. */
let tls: TlsAccess;
const BY_CERTIFICATE = ['policy-read', 'approvals-decide', 'no-role'];
const certificates = new Map<string, Issued>();

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  await makeKeysets(flow.access, 'orders');
  await flow.start('audit');
  access = await RunningAccess.start(flow, servers.redisUrl, auditLogOf(flow));
  const { apiKeys, users } = access.accounts;
  const make = async (name: string, roles: readonly string[]) => {
    await users.create({ name, person: name });
    for (const role of roles) await users.grantRole(name, role, 'test');
    const scopes = { actions: ['*'], datasets: ['*'] };
    const made = await apiKeys.create({ owner: name, name, scopes, lifeMs: 3_600_000 });
    keys.set(name, made.text);
  };
  for (const { role } of ROLES) await make(role, [role]);
  await make('no-role', []);
  const rules = BY_CERTIFICATE.map((name) => ({ account: name, uri: uriOf(name) }));
  tls = await TlsAccess.start(flow, servers.redisUrl, rules, { isNew: true });
  for (const name of BY_CERTIFICATE) certificates.set(name, tls.authority.issue(withUri(name)));
});
afterAll(async () => {
  await tls?.close();
  await access?.close();
  await flow?.close();
});

/** Of a stream the head is enough. */
async function answerOf(sample: Sample, bearer: string | undefined): Promise<Answer> {
  const giveUp = new AbortController();
  const answer = await fetch(`${access.base}${sample.path}`, {
    method: sample.route.split(' ')[0] ?? 'GET',
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(sample.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...sample.headers,
    },
    ...(sample.body === undefined ? {} : { body: JSON.stringify(sample.body) }),
    redirect: 'manual',
    signal: giveUp.signal,
  });
  const { status } = answer;
  if (answer.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    giveUp.abort();
    return { status };
  }
  const text = await answer.text();
  const { code } = (text === '' ? {} : JSON.parse(text)) as { code?: string };
  return code === undefined ? { status } : { status, code };
}

async function answerTo(client: Issued, { body, headers, path, route }: Sample): Promise<Answer> {
  const method = route.split(' ')[0] ?? 'GET';
  const asked = { method, headOnly: true, ...(headers === undefined ? {} : { headers }) };
  const answer = await tls.ask(path, client, { ...asked, body });
  return answer.code === 'none' ? { status: answer.status } : answer;
}

const isFor = (role: Wanted, needs: Omit<Wanted, 'role'>) =>
  role.action === needs.action &&
  (needs.dataset === undefined || role.dataset === needs.dataset) &&
  role.field === needs.field;

test('every route of the table has a sample, and each sample a route', () => {
  const routes = ROUTES.map(({ method, url }) => `${method} ${url}`);
  expect(new Set(SAMPLES.map(({ route }) => route))).toEqual(new Set(routes));
});

test('every sample has a role that is allowed it, and one alone where it names a dataset', () => {
  const wanted = SAMPLES.flatMap(({ needs }) => (needs === undefined ? [] : [needs]));
  for (const needs of wanted) {
    const roles = ROLES.filter((role) => isFor(role, needs));
    const ofAny = needs.action === 'keys.read' && needs.dataset === undefined;
    expect(roles).toHaveLength(ofAny ? DATASETS.length : 1);
  }
});

describe.each(BY_CERTIFICATE)('a certificate of %s', (name) => {
  const guarded = SAMPLES.filter(({ open }) => open !== true);
  test.each(guarded.map((sample) => [sample.route, sample.path, sample] as const))(
    'gets the answer of an API key of the same account: %s (%s)',
    async (_route, _path, sample) => {
      const client = certificates.get(name);
      if (client === undefined) throw new Error(`${name} has no certificate`);
      const { code, status } = await answerTo(client, sample);
      const answer = code === undefined ? { status } : { status, code };
      expect(answer).toEqual(await answerOf(sample, keys.get(name)));
      if (sample.persons === true) expect(code).toBe('PERSON_NEEDED');
    },
  );
});

describe.each(SAMPLES.map((sample) => [sample.path, sample] as const))('%s', (_path, sample) => {
  test(`${sample.route} is answered to whom it is for, and to nobody else`, async () => {
    const { alsoFor, always, needs, open, persons } = sample;
    const nobody = await answerOf(sample, undefined);
    if (open === true) return expect([200, 201, 303, 400, 401, 403]).toContain(nobody.status);
    expect(nobody).toEqual({ status: 401, code: 'SIGN_IN_REFUSED' });
    for (const [name, key] of keys) {
      const answer = await answerOf(sample, key);
      const role = ROLES.find((one) => one.role === name);
      const isAlso = alsoFor !== undefined && role?.action === alsoFor;
      const isAllowed = needs === undefined || isAlso || (role !== undefined && isFor(role, needs));
      if (always !== undefined) expect([name, answer]).toEqual([name, always]);
      else if (persons === true)
        expect([name, answer]).toEqual([name, { status: 403, code: 'PERSON_NEEDED' }]);
      else if (!isAllowed)
        expect([name, answer]).toEqual([name, { status: 403, code: 'ACCESS_DENIED' }]);
      else {
        // What is allowed may still need a second person, or not be there.
        const isLetIn = !['ACCESS_DENIED', 'SIGN_IN_REFUSED'].includes(answer.code ?? '');
        expect([name, answer, isLetIn]).toEqual([name, answer, true]);
        if (!NOT_GIVEN.includes(needs?.action ?? ''))
          expect([name, answer.status < 500]).toEqual([name, true]);
      }
    }
  });
});
