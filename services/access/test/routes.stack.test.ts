import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ROUTES } from '../src/routes.ts';
import { makeKeysets } from '../../../tools/demo/keys.ts';
import { RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow } from '../../../test/e2e/running-flow.ts';

// Every route of the running service × every role × dataset × field: what is answered beside a table
// that is written by hand, so that route and rule are not judged by themselves.

const FIELDS = ['/ssn', '/name'] as const;
const DATASETS = ['people', 'orders'] as const;
const PURPOSE = 'fraud';

const dataset = (name: string) => `
  ${name}:
    revision: 1
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: { fpe: { keepLast: 4 } }, equalityOracle: { accepted: a test }, encrypt: seal }
      /name: { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
`;

/** A role that is allowed one action, on one dataset and one field, where it is on such. */
interface Wanted {
  readonly role: string;
  readonly action: string;
  readonly dataset?: string | undefined;
  readonly field?: string | undefined;
}

const ON_FIELDS = ['reveal', 'detokenise', 'tokenise', 'seal'];
const ON_DATASETS = [
  'grants.read',
  'grants.create',
  'rejects.read',
  'rejects.replay',
  'keys.read',
  'keys.rotate',
  'keys.rewrap',
  'keys.move',
  'keys.destroy',
  'keys.destroy-forced',
  'subjects.read',
  'subjects.shred',
  'subjects.re-enrol',
];
/** What a service without keys for replays, or without a signer, answers 503 to whoever may. */
const NOT_GIVEN = [
  'rejects.replay',
  'grants.create',
  'keys.rotate',
  'keys.rewrap',
  'keys.move',
  'keys.destroy',
  'keys.destroy-forced',
  'subjects.shred',
  'subjects.re-enrol',
];
const ON_SYSTEM = [
  'policy.read',
  'audit.read',
  'alerts.read',
  'alerts.acknowledge',
  'flow.read',
  'accounts.read',
  'accounts.write',
  'roles.assign',
  'keys.resolve',
  'approvals.decide',
];

const named = (action: string, ...parts: string[]) =>
  [action, ...parts].join('-').replaceAll(/[^a-z]+/g, '-');

const ROLES: readonly Wanted[] = [
  ...ON_FIELDS.flatMap((action) =>
    DATASETS.flatMap((of) =>
      FIELDS.map((field) => ({ role: named(action, of, field), action, dataset: of, field })),
    ),
  ),
  ...ON_DATASETS.flatMap((action) =>
    DATASETS.map((of) => ({ role: named(action, of), action, dataset: of })),
  ),
  ...ON_SYSTEM.map((action) => ({ role: named(action), action })),
];

const quoted = (list: readonly (string | undefined)[]) =>
  `[${list
    .filter((one) => one !== undefined)
    .map((one) => `'${one}'`)
    .join(', ')}]`;

function ruleOf({ action, dataset: of, field }: Wanted): string {
  const parts = [
    `actions: ${quoted([action])}`,
    ...(of === undefined ? [] : [`datasets: ${quoted([of])}`]),
    ...(field === undefined ? [] : [`fields: ${quoted([field])}`]),
    ...(action === 'reveal' || action === 'detokenise' ? [`purposes: [${PURPOSE}]`] : []),
    ...(ON_FIELDS.includes(action) ? ['quota: { values: 100000, per: day }'] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

const POLICY = `version: 1
datasets:${DATASETS.map(dataset).join('')}
access:
  purposes:
    ${PURPOSE}: { meaning: A reported fraud is looked into., reference: none }
  roles:
${ROLES.map((one) => `    ${one.role}:\n      meaning: One thing.\n      allow: [${ruleOf(one)}]`).join('\n')}
`;

interface Answer {
  readonly status: number;
  readonly code?: string;
}

/** One request of a route, and what has to be allowed for it. */
interface Sample {
  readonly route: string;
  readonly path: string;
  readonly body?: object;
  /** Undefined where being signed in, or nothing at all, is enough. */
  readonly needs?: Omit<Wanted, 'role'>;
  readonly open?: true;
  /** Never for an API key: roles are tried in access-administration.test.ts. */
  readonly persons?: true;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose rule depends on something that is not there: told to everybody who is signed in. */
  readonly always?: Answer;
}

const onField = (name: string, body: (field: string) => object): Sample[] =>
  DATASETS.flatMap((of) =>
    FIELDS.map((field) => ({
      route: `POST /v1/datasets/:dataset/${name}`,
      path: `/v1/datasets/${of}/${name}`,
      body: body(field),
      needs: { action: name, dataset: of, field },
    })),
  );
const onDataset = (method: string, tail: string, action: string, body?: object): Sample[] =>
  DATASETS.map((of) => ({
    route: `${method} /v1/datasets/:dataset/${tail}`,
    path: `/v1/datasets/${of}/${tail}`,
    ...(body === undefined ? {} : { body }),
    needs: { action, dataset: of },
  }));
/** The same where the path has more than the dataset in it. */
const onOneOf = (line: string, path: string, action: string): Sample[] =>
  DATASETS.map((of) => {
    const [method = '', tail = ''] = line.split(' ');
    const route = `${method} /v1/datasets/:dataset/${tail}`;
    return { route, path: `/v1/datasets/${of}/${path}`, needs: { action, dataset: of } };
  });
const onSystem = (route: string, action: string, body?: object, path?: string): Sample => ({
  route,
  path: path ?? route.split(' ')[1] ?? '',
  ...(body === undefined ? {} : { body }),
  needs: { action },
});

const KEY_BODY = { name: 'x', days: 1, scopes: { actions: ['*'], datasets: ['*'] } };
const TOKEN = 'ss1:AAAAAAAAAAAA:AAAA';
const SAMPLES: readonly Sample[] = [
  { route: 'GET /v1/health', path: '/v1/health', open: true },
  {
    route: 'POST /v1/session',
    path: '/v1/session',
    body: { name: 'x', password: 'y' },
    open: true,
  },
  { route: 'POST /v1/session/refresh', path: '/v1/session/refresh', body: {}, open: true },
  {
    route: 'POST /v1/bootstrap',
    path: '/v1/bootstrap',
    body: { secret: 'x', name: 'first', person: 'p', password: 'y' },
    open: true,
  },
  { route: 'GET /v1/me', path: '/v1/me' },
  { route: 'DELETE /v1/session', path: '/v1/session' },
  ...onField('reveal', (path) => ({ purpose: PURPOSE, values: [{ path, token: TOKEN }] })),
  ...onField('detokenise', (path) => ({ purpose: PURPOSE, path, masked: ['1234567'] })),
  ...onField('tokenise', (path) => ({ path, values: [{ value: '123456789' }] })),
  ...onField('seal', (path) => ({ values: [{ path, value: 'x' }] })),
  ...onDataset('GET', 'rejects', 'rejects.read'),
  ...onDataset('GET', 'rejects/summary', 'rejects.read'),
  ...onDataset('POST', 'rejects/replay', 'rejects.replay', { dryRun: true }),
  ...onDataset('POST', 'keys/rotate', 'keys.rotate', { mode: 'missing' }),
  ...onDataset('POST', 'keys/rewrap', 'keys.rewrap', { to: 'present' }),
  ...onDataset('POST', 'keys/rewrap', 'keys.move', { to: 'next' }),
  ...onOneOf('GET keys/:purpose/:key/usage', 'keys/field/AAAAAAAAAAAA/usage', 'keys.read'),
  ...onOneOf('DELETE keys/:purpose/:key', 'keys/field/AAAAAAAAAAAA', 'keys.destroy'),
  ...onOneOf('DELETE keys/:purpose/:key', 'keys/field/AAAAAAAAAAAA?force=false', 'keys.destroy'),
  ...onOneOf(
    'DELETE keys/:purpose/:key',
    'keys/field/AAAAAAAAAAAA?force=true',
    'keys.destroy-forced',
  ),
  ...onDataset('POST', 'subjects/index', 'subjects.read', { subject: 'x' }),
  ...onOneOf('GET subjects/:index', `subjects/${'A'.repeat(22)}`, 'subjects.read'),
  ...onDataset('GET', 'shred-plan', 'subjects.read'),
  ...onDataset('POST', 'subjects/shred', 'subjects.shred', { subject: 'x', reason: 'R-1' }),
  ...onDataset('POST', 'subjects/re-enrol', 'subjects.re-enrol', {
    index: 'A'.repeat(22),
    reason: 'R-1',
  }),
  onSystem('GET /v1/datasets', 'policy.read'),
  onSystem('GET /v1/datasets/:dataset', 'policy.read', undefined, '/v1/datasets/people'),
  onSystem('POST /v1/keys/resolve', 'keys.resolve', {
    grant: '0'.repeat(24),
    nonce: 'A'.repeat(22),
    keys: [{ keyId: 'A'.repeat(12), path: '/ssn' }],
  }),
  // Of the datasets that a role names, so any such role is answered.
  onSystem('GET /v1/keys', 'keys.read'),
  ...DATASETS.flatMap((of): Sample[] => [
    {
      route: 'GET /v1/grants',
      path: `/v1/grants?dataset=${of}`,
      needs: { action: 'grants.read', dataset: of },
    },
    {
      route: 'POST /v1/grants',
      path: '/v1/grants',
      body: { dataset: of, fields: ['/ssn'], consumer: 'x', publicKey: 'x', days: 1 },
      needs: { action: 'grants.create', dataset: of },
    },
  ]),
  {
    route: 'DELETE /v1/grants/:id',
    path: `/v1/grants/${'0'.repeat(24)}`,
    always: { status: 404, code: 'GRANT_UNKNOWN' },
  },
  onSystem('GET /v1/flow', 'flow.read'),
  onSystem('GET /v1/flow/stream', 'flow.read'),
  onSystem('GET /v1/alerts', 'alerts.read'),
  onSystem(
    'POST /v1/alerts/:id/acknowledge',
    'alerts.acknowledge',
    {},
    '/v1/alerts/none/acknowledge',
  ),
  onSystem('GET /v1/accesses', 'audit.read'),
  onSystem('GET /v1/coverage', 'policy.read'),
  onSystem('GET /v1/users', 'accounts.read'),
  onSystem('GET /v1/users/:name', 'accounts.read', undefined, '/v1/users/admin-one'),
  onSystem('POST /v1/users', 'accounts.write', { name: 'made-here', person: 'p' }),
  ...['disable', 'enable'].map((what) => ({
    ...onSystem(
      `POST /v1/users/:name/${what}`,
      'accounts.write',
      undefined,
      `/v1/users/none/${what}`,
    ),
    headers: { 'if-match': '"1"' },
  })),
  ...['PUT', 'DELETE'].map((method) => ({
    ...onSystem(
      `${method} /v1/users/:name/roles/:role`,
      'roles.assign',
      undefined,
      '/v1/users/none/roles/flow-read',
    ),
    headers: { 'if-match': '"1"' },
  })),
  onSystem('GET /v1/api-keys', 'accounts.read', undefined, '/v1/api-keys?owner=admin-one'),
  onSystem('DELETE /v1/api-keys/:id', 'accounts.write', undefined, '/v1/api-keys/AAAAAAAAAAAA'),
  onSystem('GET /v1/approvals', 'approvals.decide'),
  ...[
    { route: 'POST /v1/api-keys', path: '/v1/api-keys', body: KEY_BODY },
    { route: 'GET /v1/sessions', path: '/v1/sessions' },
    { route: 'DELETE /v1/sessions/:id', path: '/v1/sessions/AAAAAAAAAAAA' },
    {
      route: 'PUT /v1/users/:name/password',
      path: '/v1/users/none/password',
      body: { password: 'twelve yellow boats' },
      headers: { 'if-match': '"1"' },
    },
    {
      route: 'POST /v1/approvals/:id/approve',
      path: '/v1/approvals/AAAAAAAAAAAA/approve',
      body: { digest: 'a'.repeat(64) },
    },
  ].map((sample): Sample => ({ ...sample, persons: true })),
];

let flow: RunningFlow;
let access: RunningAccess;
/** API keys by role. */
const keys = new Map<string, string>();

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  await makeKeysets(flow.access, 'orders');
  access = await RunningAccess.start(flow, servers.redisUrl);
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
});
afterAll(async () => {
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

describe.each(SAMPLES.map((sample) => [sample.path, sample] as const))('%s', (_path, sample) => {
  test(`${sample.route} is answered to whom it is for, and to nobody else`, async () => {
    const { always, needs, open, persons } = sample;
    const nobody = await answerOf(sample, undefined);
    if (open === true) return expect([200, 201, 400, 401, 403]).toContain(nobody.status);
    expect(nobody).toEqual({ status: 401, code: 'SIGN_IN_REFUSED' });
    for (const [name, key] of keys) {
      const answer = await answerOf(sample, key);
      const role = ROLES.find((one) => one.role === name);
      const isAllowed = needs === undefined || (role !== undefined && isFor(role, needs));
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
