import type {
  Approval,
  DestroyedKey,
  KeyUsage,
  RotatedKeys,
  ShredPlan,
  Subject,
  SubjectDeed,
} from '../src/page/api/care-answers.ts';

/** What the access service answers of keys, persons and second persons, in the shape that it promises. */

export const APPROVAL_ID = '5f0c7d2ab91e4460c2d1a7f3';
export const INDEX = 'q7Jv2nXk0sT9bYw4LrE6_A';

const at = (now: number, minutes: number) => new Date(now + minutes * 60_000).toISOString();

export const approval = (now: number): Approval => ({
  id: APPROVAL_ID,
  state: 'open',
  digest: 'ab'.repeat(32),
  words:
    'Mei Okafor: End the key of a person for good: nothing sealed under it opens again (dataset people)',
  action: 'subjects.shred',
  person: 'Mei Okafor',
  details: {
    what: 'End the key of a person for good: nothing sealed under it opens again',
    method: 'POST',
    url: '/v1/datasets/:dataset/subjects/shred',
    params: { dataset: 'people' },
    body: { index: INDEX, reason: 'R-4711' },
  },
  created: at(now, -4),
  expires: at(now, 56),
});

export const ROTATED: RotatedKeys = {
  changes: [
    {
      name: 'field/people',
      version: 8,
      keyId: 'Zk3f81LmQ_0a',
      action: 'rotated',
      algorithm: 'xchacha20-poly1305',
    },
  ],
  left: ['accepted'],
};

export const USAGE: KeyUsage = {
  state: 'decrypt-only',
  usage: [
    {
      topic: 'encrypted.people',
      records: 1204,
      first: '2026-07-22T09:14:00.000Z',
      last: '2026-10-20T22:01:30.000Z',
    },
  ],
  records: 1204,
  topics: ['accepted.people', 'encrypted.people', 'rejected.people'],
  settled: true,
  mayGo: false,
  why: ['records'],
};

export const DESTROYED: DestroyedKey = {
  name: 'field/people',
  version: 9,
  keyId: 'Lw09sHj2_c4P',
  action: 'destroyed',
  records: 1204,
};

const RECEIPT_TEXT = [
  'sealstream subject receipt v1',
  `{"action":"shred","actor":"ada","dataset":"people","index":"${INDEX}","number":12}`,
  '',
  '— signer.example 8Jq0V1m2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p7q8r9s0t1u2v3w4x5y6z7A8B9C0==',
  '',
].join('\n');

export const subject = (now: number, isShredded: boolean): Subject =>
  isShredded
    ? { index: INDEX, state: 'shredded', shreddedAt: at(now, -1), receipt: RECEIPT_TEXT }
    : { index: INDEX, state: 'live', keyId: 'h3Wq81LmQ_0a', createdAt: at(now, -90_000) };

export const SHRED_PLAN: ShredPlan = {
  fields: [
    { path: '/ssn', topic: 'masked.people', treatment: 'partial', after: 'one-way' },
    { path: '/ssn', topic: 'encrypted.people', treatment: 'seal', after: 'opens-no-more' },
    { path: '/card', topic: 'encrypted.people', treatment: 'seal', after: 'still-opens' },
    { path: '/city', topic: 'masked.people', treatment: 'keep', after: 'readable' },
  ],
  notes: [
    'no value sealed under the key of this subject opens again, in any copy of any topic',
    'new records of this subject are rejected as SUBJECT_SHREDDED until it is re-enrolled',
  ],
};

export const SHREDDED: SubjectDeed = {
  outcome: 'done',
  index: INDEX,
  time: '2026-11-30T09:00:00.000Z',
  reason: 'R-4711',
  actor: 'ada',
  number: 12,
  vaultRows: 3,
  receipt: RECEIPT_TEXT,
};
