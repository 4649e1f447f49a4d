import type {
  Access,
  Alert,
  DatasetCoverage,
  DatasetFields,
  Keyset,
  Me,
  Opened,
  Reject,
  RejectSummary,
  ReplayResult,
  SignInProviders,
} from '../src/page/api/answers.ts';

/** What the access service answers, in the shape that it promises; times are as long before `now`. */

const ago = (now: number, minutes: number) => new Date(now - minutes * 60_000).toISOString();

export const ALL_ACTIONS = [
  'flow.read',
  'alerts.read',
  'alerts.acknowledge',
  'rejects.read',
  'rejects.replay',
  'reveal',
  'audit.read',
  'policy.read',
  'keys.read',
  'keys.rotate',
  'keys.destroy',
  'keys.destroy-forced',
  'subjects.read',
  'subjects.shred',
  'subjects.re-enrol',
  'approvals.decide',
] as const;

export function me(actions: readonly string[]): Me {
  return {
    account: 'ada',
    person: 'Ada Osei',
    by: 'password',
    roles: ['flow-operator', 'support'],
    actions,
    purposes: [
      {
        name: 'support-case',
        meaning: 'A customer asked for help with their own record.',
        reference: 'required',
      },
      { name: 'incident', meaning: 'To find out what went wrong.', reference: 'optional' },
      { name: 'self-check', meaning: 'To see that a key still opens.', reference: 'none' },
    ],
  };
}

export const alerts = (now: number): Alert[] => [
  {
    id: 'stage-paused/orders/mask',
    rule: 'stage-paused',
    state: 'firing',
    severity: 'critical',
    dataset: 'orders',
    service: 'mask',
    topic: 'accepted.orders',
    expected: 'no paused partition',
    seen: 'partition 2 paused: KEYSET_MISSING',
    since: ago(now, 7),
    changedAt: ago(now, 7),
    runbook: 'docs/runbooks/stage-paused.md',
  },
  {
    id: 'lag/orders/mask',
    rule: 'lag',
    state: 'firing',
    severity: 'warning',
    dataset: 'orders',
    service: 'mask',
    expected: 'under 300 s',
    seen: '430 s, 18,204 records',
    since: ago(now, 2),
    changedAt: ago(now, 2),
    runbook: 'docs/runbooks/lag.md',
    acknowledged: { by: 'Kofi Lindqvist', at: ago(now, 1), note: 'Follows from the paused stage.' },
  },
  {
    id: 'throughput-stopped/people/raw',
    rule: 'throughput-stopped',
    state: 'resolved',
    severity: 'critical',
    dataset: 'people',
    topic: 'raw.people',
    expected: 'over 100 records a minute',
    seen: '0 records in 60 s',
    since: ago(now, 310),
    changedAt: ago(now, 295),
    runbook: 'docs/runbooks/throughput-stopped.md',
  },
];

const KINDS = [
  { stage: 'ingest', code: 'RECORD_INVALID_JSON', byte: 214 },
  { stage: 'ingest', code: 'RECORD_UNKNOWN_FIELD', path: '/loyalty_number' },
  { stage: 'ingest', code: 'RECORD_MISSING_FIELD', path: '/email' },
  { stage: 'mask', code: 'RECORD_VALUE_UNFIT', path: '/dob' },
] as const;

export const rejects = (now: number): Reject[] =>
  Array.from({ length: 60 }, (_, index) => ({
    id: `${index % 3}:${1286 - index}`,
    at: ago(now, 3 + index * 4),
    attempt: 1,
    source: { partition: index % 3, offset: 910_422 - index * 31 },
    ...(KINDS[index % KINDS.length] ?? KINDS[0]),
  }));

export const rejectSummary = (now: number): RejectSummary => ({
  total: 1287,
  isWhole: true,
  byCode: KINDS.map(({ code, stage }, index) => ({
    stage,
    code,
    count: [811, 402, 61, 13][index] ?? 0,
    newestAt: ago(now, 3 + index * 4),
  })),
});

export const replayed = (count: number): ReplayResult => ({
  replayed: count,
  skipped: 1,
  refused: [{ id: '1:1201', code: 'RECORD_NOT_AUTHENTIC' }],
});

export const keysets = (now: number): Keyset[] => [
  {
    keyset: 'field/people',
    purpose: 'field',
    dataset: 'people',
    version: 7,
    keys: [
      {
        id: 'q3Vt0Kd81aZx',
        state: 'active',
        algorithm: 'xchacha20-poly1305',
        createdAt: ago(now, 41 * 1440),
        ageDays: 41,
      },
      {
        id: 'Lw09sHj2_c4P',
        state: 'decrypt-only',
        algorithm: 'xchacha20-poly1305',
        createdAt: ago(now, 131 * 1440),
        ageDays: 131,
      },
    ],
    rotation: { dueAt: ago(now, -49 * 1440) },
  },
  {
    keyset: 'accepted/orders',
    purpose: 'accepted',
    dataset: 'orders',
    version: 3,
    keys: [
      {
        id: 'bT5uYn7e-0Rk',
        state: 'active',
        algorithm: 'aes-256-gcm',
        createdAt: ago(now, 93 * 1440),
        ageDays: 93,
        uses: 3_918_204_112,
        usesHigh: 3_221_225_472,
      },
    ],
    rotation: { dueAt: ago(now, 3 * 1440) },
  },
];

const request = (index: number) => `01JX8Z${String(index).padStart(4, '0')}T7K2`;

export const accesses = (now: number): Access[] => [
  {
    at: ago(now, 4),
    type: 'done',
    account: 'ada',
    person: 'Ada Osei',
    action: 'reveal',
    dataset: 'people',
    paths: ['/ssn'],
    purpose: 'support-case',
    reference: 'CASE-20931',
    values: 2,
    given: 2,
    rule: 'support-1',
    request: request(1),
    outcome: 'done',
  },
  {
    at: ago(now, 21),
    type: 'denied',
    account: 'mei',
    person: 'Mei Okafor',
    action: 'reveal',
    dataset: 'people',
    paths: ['/card'],
    purpose: 'incident',
    values: 40,
    rule: 'outside of hours',
    request: request(2),
    outcome: 'failed',
  },
  {
    at: ago(now, 55),
    type: 'ordered',
    account: 'billing-export',
    person: 'billing-export',
    action: 'detokenise',
    dataset: 'orders',
    paths: ['/iban', '/bic'],
    purpose: 'payout',
    values: 900,
    rule: 'billing-2',
    request: request(3),
    outcome: 'open',
  },
  {
    at: ago(now, 70),
    type: 'signed-in',
    account: 'ada',
    person: 'Ada Osei',
    action: 'session',
    request: request(4),
    outcome: 'done',
  },
  {
    at: ago(now, 71),
    type: 'sign-in-refused',
    account: 'ada',
    person: 'Ada Osei',
    action: 'session',
    request: request(5),
    outcome: 'failed',
  },
];

export const coverage: DatasetCoverage[] = [
  {
    name: 'people',
    fields: [
      {
        path: '/first_name',
        class: 'name',
        mask: 'keep',
        encrypt: 'seal',
        shows: 'everything',
        reversible: true,
      },
      {
        path: '/ssn',
        class: 'ssn',
        mask: 'partial',
        encrypt: 'seal',
        shows: 'part',
        reversible: true,
      },
      {
        path: '/email',
        class: 'email',
        mask: 'hash',
        encrypt: 'seal',
        shows: 'equality',
        reversible: true,
      },
      { path: '/note', mask: 'redact', encrypt: 'seal', shows: 'nothing', reversible: true },
      {
        path: '/contacts/*/email',
        class: 'email',
        mask: 'redact',
        encrypt: 'seal',
        shows: 'nothing',
        reversible: true,
      },
      { path: '/amount', mask: 'generalise', encrypt: 'keep', shows: 'part', reversible: false },
    ],
    kAnonymity: {
      k: 5,
      l: 2,
      groups: 4120,
      waiting: 37,
      suppressed: { delay: 12, capacity: 0 },
      published: 20_610,
    },
    undeclared: {},
  },
  {
    name: 'orders',
    fields: [
      {
        path: '/iban',
        class: 'iban',
        mask: 'tokenise',
        encrypt: 'seal',
        shows: 'equality',
        reversible: true,
      },
      { path: '/comment', mask: 'drop', encrypt: 'seal', shows: 'nothing', reversible: true },
    ],
    undeclared: { phone: 14 },
  },
];

export const PROVIDERS: SignInProviders['providers'] = [
  { name: 'staff', title: 'Example Staff' },
  { name: 'partners', title: 'a provider of partners with quite a long name' },
];

export const datasets = { datasets: [{ name: 'people' }, { name: 'orders' }] };

export const fields: DatasetFields = {
  fields: [
    { path: '/ssn', can: ['reveal', 'seal'] },
    { path: '/email', can: ['reveal', 'seal'] },
    { path: '/amount', can: [] },
  ],
};

/** Invented: the SSN is one of those that were never given out. */
export const OPENED: readonly Opened[] = [
  { type: 'string', value: '987-65-4321' },
  { code: 'RECORD_NOT_AUTHENTIC' },
];
