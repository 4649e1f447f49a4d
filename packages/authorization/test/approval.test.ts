import { describe, expect, test } from 'vitest';
import {
  type Approval,
  APPROVAL_PROBLEMS,
  type ApprovalRequest,
  approvalDigest,
  approve,
  type Approver,
  askApproval,
  readAccess,
  readApproval,
  type Step,
  useApproval,
} from '../src/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 5, 3, 12);

const RULES = readAccess({
  roles: {
    approver: { meaning: 'm', allow: [{ actions: ['approvals.decide'] }] },
    second: { meaning: 'm', allow: [{ actions: ['approvals.decide'] }] },
    reader: { meaning: 'm', allow: [{ actions: ['audit.read'] }] },
  },
});

const REQUEST: ApprovalRequest = {
  action: 'subjects.shred',
  person: 'ada',
  details: { dataset: 'people', subject: 'index-7', reference: 'C-1' },
};
const BOB: Approver = {
  person: 'bob',
  account: 'bob-1',
  by: 'person',
  roles: [{ role: 'approver', by: 'carol', atMs: NOW - DAY }],
};

function next(step: Step<Approval>): Approval {
  if ('problem' in step) throw new Error(APPROVAL_PROBLEMS[step.problem]);
  return step.next;
}
const OPEN = next(askApproval(REQUEST, NOW));

/** Bob's account is as it was. */
const at = (nowMs: number) => ({ nowMs, approver: { person: 'bob', disabled: false } });

/** Bob approves a moment later, unless something is otherwise. */
const approved = (approver: Partial<Approver> = {}, atMs = NOW + 1, seen = OPEN.digest) =>
  approve(OPEN, { ...BOB, ...approver }, seen, { nowMs: atMs, rules: RULES });

test('a request is approved by a second person and used once', () => {
  expect(OPEN).toMatchObject({ state: 'open', createdMs: NOW, expiresMs: NOW + HOUR });
  const agreed = next(approved());
  expect(agreed).toMatchObject({
    state: 'approved',
    approvedBy: 'bob',
    approvedAs: 'bob-1',
    approvedMs: NOW + 1,
  });
  const used = next(useApproval(agreed, REQUEST, at(NOW + 2)));
  expect(used).toMatchObject({ state: 'used', usedMs: NOW + 2, approvedBy: 'bob' });
  expect(useApproval(used, REQUEST, at(NOW + 3))).toEqual({ problem: 'used' });
  const again = { nowMs: NOW + 3, rules: RULES };
  expect(approve(used, BOB, OPEN.digest, again)).toEqual({ problem: 'used' });
  expect(approve(agreed, BOB, OPEN.digest, again)).toEqual({ problem: 'not-open' });
  expect(useApproval(OPEN, REQUEST, at(NOW + 2))).toEqual({ problem: 'not-approved' });
});

describe('nobody approves', () => {
  test('what they asked for themselves, by whichever account', () => {
    expect(approved({ person: 'ada' })).toEqual({ problem: 'same-person' });
  });

  test('with an API key', () => {
    expect(approved({ by: 'api-key' })).toEqual({ problem: 'api-key' });
  });

  test('without a role that allows it, or without rules', () => {
    const reader = { role: 'reader', by: 'carol', atMs: 0 };
    expect(approved({ roles: [] })).toEqual({ problem: 'no-rule' });
    expect(approved({ roles: [reader] })).toEqual({ problem: 'no-rule' });
    const without = { nowMs: NOW, rules: undefined };
    expect(approve(OPEN, BOB, OPEN.digest, without)).toEqual({ problem: 'no-rule' });
  });

  test('after the hour, and not one moment later', () => {
    expect(next(approved({}, NOW + HOUR - 1)).state).toBe('approved');
    expect(approved({}, NOW + HOUR)).toEqual({ problem: 'lapsed' });
    expect(approved({}, Number.NaN)).toEqual({ problem: 'lapsed' });
  });

  test('something else than what they were shown', () => {
    const other = approvalDigest({ ...REQUEST, details: { dataset: 'orders' } }) ?? '';
    expect(approved({}, NOW, other)).toEqual({ problem: 'other-request' });
    const forged = { ...OPEN, request: { ...REQUEST, details: { dataset: 'orders' } } };
    const now = { nowMs: NOW, rules: RULES };
    expect(approve(forged, BOB, OPEN.digest, now)).toEqual({ problem: 'other-request' });
  });

  test.each([
    [7 * DAY - 1, 'fresh'],
    [7 * DAY, 'old'],
    [-DAY, 'fresh'],
    [Number.NaN, 'fresh'],
  ])('with a role that the requester gave %d ms before: %s', (ago, is) => {
    const step = approved({ roles: [{ role: 'approver', by: 'ada', atMs: NOW + 1 - ago }] });
    if (is === 'fresh') expect(step).toEqual({ problem: 'fresh-role' });
    else expect(next(step).state).toBe('approved');
  });

  test('by a fresh role of the requester, and may still by another one', () => {
    const fresh = { role: 'approver', by: 'ada', atMs: NOW };
    const given = { role: 'second', by: 'carol', atMs: NOW };
    expect(approved({ roles: [fresh] })).toEqual({ problem: 'fresh-role' });
    expect(next(approved({ roles: [fresh, given] })).state).toBe('approved');
  });
});

describe('nobody uses an approval', () => {
  const agreed = next(approved());

  test.each<[string, Partial<ApprovalRequest>]>([
    ['another action', { action: 'audit.export' }],
    ['another person', { person: 'eve' }],
    ['other details', { details: { ...REQUEST.details, subject: 'index-8' } }],
    ['one detail more', { details: { ...REQUEST.details, forced: true } }],
    ['details that have no canonical form', { details: { a: Number.NaN } }],
  ])('for %s', (_, change) => {
    const other = { ...REQUEST, ...change };
    expect(useApproval(agreed, other, at(NOW + 2))).toEqual({ problem: 'other-request' });
  });

  test('after the hour of the request, however late it was approved', () => {
    const late = next(approved({}, NOW + HOUR - 1));
    expect(useApproval(late, REQUEST, at(NOW + HOUR))).toEqual({ problem: 'lapsed' });
  });

  test('that a store was made to hold for whoever asked', () => {
    const forged = { ...agreed, approvedBy: 'ada' } as Approval;
    expect(useApproval(forged, REQUEST, at(NOW + 2))).toEqual({ problem: 'same-person' });
  });

  test('of details in another order, which are the same', () => {
    const details = Object.fromEntries(Object.entries(REQUEST.details).toReversed());
    expect(next(useApproval(agreed, { ...REQUEST, details }, at(NOW + 2))).state).toBe('used');
  });
});

test('a request without a canonical form is not taken', () => {
  const request = { ...REQUEST, details: { subject: '\ud800' } };
  expect(askApproval(request, NOW)).toEqual({ problem: 'request-unfit' });
});

test.each([
  ['is gone', undefined],
  ['is disabled', { person: 'bob', disabled: true }],
  ["is another person's", { person: 'eve', disabled: false }],
])('an approval is of no use once the account of whoever gave it %s', (_, approver) => {
  const agreed = next(approved());
  expect(useApproval(agreed, REQUEST, { nowMs: NOW + 2, approver })).toEqual({
    problem: 'approver-gone',
  });
});

describe('an approval in a store', () => {
  const agreed = next(approved());
  const used = next(useApproval(agreed, REQUEST, at(NOW + 2)));

  test('gives back what was written, in every state', () => {
    for (const approval of [OPEN, agreed, used])
      expect(readApproval(JSON.parse(JSON.stringify(approval)))).toEqual(approval);
  });

  test.each<[string, object]>([
    ['another person who asked', { request: { ...REQUEST, person: 'eve' } }],
    ['other details', { request: { ...REQUEST, details: {} } }],
    ['an action that is none', { request: { ...REQUEST, action: 'fly' } }],
    ['a state that is none', { state: 'granted' }],
    ['a state without what belongs to it', { state: 'used' }],
    ['a word more', { also: true }],
    ['no one who approved', { approvedBy: '' }],
    ['no account that approved', { approvedAs: undefined }],
    ['a time that is none', { expiresMs: null }],
    ['a digest that is none', { digest: 'abc' }],
  ])('with %s is none', (_, change) => {
    expect(readApproval({ ...agreed, ...change })).toBeUndefined();
  });

  test('of another form is none', () => {
    for (const other of ['', {}, null, [], JSON.stringify(agreed)])
      expect(readApproval(other)).toBeUndefined();
  });
});
