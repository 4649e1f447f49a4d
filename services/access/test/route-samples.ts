// Routes with a request that fits each, and roles that are allowed one thing each: written by hand.

export const FIELDS = ['/ssn', '/name'] as const;
export const DATASETS = ['people', 'orders'] as const;
export const PURPOSE = 'fraud';

export const dataset = (name: string) => `
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
export interface Wanted {
  readonly role: string;
  readonly action: string;
  readonly dataset?: string | undefined;
  readonly field?: string | undefined;
}

export const ON_FIELDS = ['reveal', 'detokenise', 'tokenise', 'seal'];
export const ON_DATASETS = [
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
export const NOT_GIVEN = [
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
export const ON_SYSTEM = [
  'policy.read',
  'policy.propose',
  'policy.weaken',
  'audit.read',
  'audit.export',
  'alerts.read',
  'alerts.acknowledge',
  'flow.read',
  'accounts.read',
  'accounts.write',
  'accounts.credentials',
  'roles.assign',
  'keys.resolve',
  'approvals.decide',
];

export const named = (action: string, ...parts: string[]) =>
  [action, ...parts].join('-').replaceAll(/[^a-z]+/g, '-');

export const ROLES: readonly Wanted[] = [
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

export const quoted = (list: readonly (string | undefined)[]) =>
  `[${list
    .filter((one) => one !== undefined)
    .map((one) => `'${one}'`)
    .join(', ')}]`;

export function ruleOf({ action, dataset: of, field }: Wanted): string {
  const parts = [
    `actions: ${quoted([action])}`,
    ...(of === undefined ? [] : [`datasets: ${quoted([of])}`]),
    ...(field === undefined ? [] : [`fields: ${quoted([field])}`]),
    ...(action === 'reveal' || action === 'detokenise' ? [`purposes: [${PURPOSE}]`] : []),
    ...(ON_FIELDS.includes(action) ? ['quota: { values: 100000, per: day }'] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

export const POLICY = `version: 1
datasets:${DATASETS.map(dataset).join('')}
access:
  purposes:
    ${PURPOSE}: { meaning: A reported fraud is looked into., reference: none }
  roles:
${ROLES.map((one) => `    ${one.role}:\n      meaning: One thing.\n      allow: [${ruleOf(one)}]`).join('\n')}
`;

export interface Answer {
  readonly status: number;
  readonly code?: string;
}

/** One request of a route, and what has to be allowed for it. */
export interface Sample {
  readonly route: string;
  readonly path: string;
  readonly body?: object;
  /** Undefined where being signed in, or nothing at all, is enough. */
  readonly needs?: Omit<Wanted, 'role'>;
  readonly open?: true;
  /** A second action that lets in. */
  readonly alsoFor?: string;
  /** Never for an API key: roles are tried in access-administration.test.ts. */
  readonly persons?: true;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose rule depends on something that is not there: told to everybody who is signed in. */
  readonly always?: Answer;
}

export const onField = (name: string, body: (field: string) => object): Sample[] =>
  DATASETS.flatMap((of) =>
    FIELDS.map((field) => ({
      route: `POST /v1/datasets/:dataset/${name}`,
      path: `/v1/datasets/${of}/${name}`,
      body: body(field),
      needs: { action: name, dataset: of, field },
    })),
  );
export const onDataset = (method: string, tail: string, action: string, body?: object): Sample[] =>
  DATASETS.map((of) => ({
    route: `${method} /v1/datasets/:dataset/${tail}`,
    path: `/v1/datasets/${of}/${tail}`,
    ...(body === undefined ? {} : { body }),
    needs: { action, dataset: of },
  }));
/** The same where the path has more than the dataset in it. */
export const onOneOf = (line: string, path: string, action: string): Sample[] =>
  DATASETS.map((of) => {
    const [method = '', tail = ''] = line.split(' ');
    const route = `${method} /v1/datasets/:dataset/${tail}`;
    return { route, path: `/v1/datasets/${of}/${path}`, needs: { action, dataset: of } };
  });
export const onSystem = (route: string, action: string, body?: object, path?: string): Sample => ({
  route,
  path: path ?? route.split(' ')[1] ?? '',
  ...(body === undefined ? {} : { body }),
  needs: { action },
});

export const KEY_BODY = { name: 'x', days: 1, scopes: { actions: ['*'], datasets: ['*'] } };
export const TOKEN = 'ss1:AAAAAAAAAAAA:AAAA';
export const SAMPLES: readonly Sample[] = [
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
  { route: 'GET /v1/sign-in', path: '/v1/sign-in', open: true },
  { route: 'GET /v1/sign-in/:provider', path: '/v1/sign-in/none', open: true },
  {
    route: 'GET /v1/sign-in/callback/:provider',
    path: '/v1/sign-in/callback/none',
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
  ...onDataset('GET', 'keys/usage', 'keys.read'),
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
  onSystem('GET /v1/policy', 'policy.read'),
  onSystem('POST /v1/policy/diff', 'policy.read', { text: 'no policy' }),
  onSystem('GET /v1/policy/proposals', 'policy.read'),
  onSystem(
    'GET /v1/policy/proposals/:id',
    'policy.read',
    undefined,
    '/v1/policy/proposals/AAAAAAAAAAAA',
  ),
  // One alone may propose; which of the two actions it is depends on the text.
  {
    ...onSystem('POST /v1/policy/proposals', 'policy.propose', {
      text: 'no policy',
      against: '0'.repeat(64),
      why: 'x',
    }),
    alsoFor: 'policy.weaken',
  },
  onSystem(
    'POST /v1/policy/proposals/:id/withdraw',
    'policy.propose',
    undefined,
    '/v1/policy/proposals/AAAAAAAAAAAA/withdraw',
  ),
  onSystem('GET /v1/audit/checkpoint', 'audit.read'),
  onSystem('GET /v1/audit/entries', 'audit.read'),
  onSystem(
    'GET /v1/audit/entries/:index/proof',
    'audit.read',
    undefined,
    '/v1/audit/entries/0/proof',
  ),
  onSystem('GET /v1/audit/consistency', 'audit.read', undefined, '/v1/audit/consistency?from=1'),
  onSystem('POST /v1/audit/export', 'audit.export', { from: 0, to: 1 }),
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
  ...(['GET', 'DELETE'] as const).map((method) =>
    onSystem(
      `${method} /v1/users/:name/sessions`,
      method === 'GET' ? 'accounts.read' : 'accounts.write',
      undefined,
      '/v1/users/admin-one/sessions',
    ),
  ),
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
    ...['PUT', 'DELETE'].map((method) => ({
      route: `${method} /v1/users/:name/identities/:provider/:subject`,
      path: '/v1/users/none/identities/staff/somebody',
      headers: { 'if-match': '"1"' },
    })),
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
