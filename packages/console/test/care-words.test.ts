import { AuditEvent } from '@sealstream/contracts';
import { HINDRANCES } from '@sealstream/key-care';
import { describe, expect, test } from 'vitest';
import { awaitedOf, isNotApproved, isSpent } from '../src/page/deed.ts';
import { approvalFacts } from '../src/page/words/approval-facts.ts';
import { AUDIT_EVENT_TYPES, gistOf, textIn } from '../src/page/words/audit-events.ts';
import { isForceable, KEY_HINDRANCES } from '../src/page/words/key-hindrances.ts';

const refusal = (code: string, place?: Record<string, string | number>) => ({
  status: 403,
  code,
  title: 'T.',
  ...(place === undefined ? {} : { place }),
});

describe('a refusal', () => {
  test('names the approval that it waits for, and until when', () => {
    const place = { approval: 'a1', digest: 'd', expires: '2026-11-30T10:00:00.000Z' };
    expect(awaitedOf(refusal('APPROVAL_NEEDED', place))).toEqual({
      id: 'a1',
      expires: '2026-11-30T10:00:00.000Z',
    });
    expect(awaitedOf(refusal('APPROVAL_NEEDED'))).toBeUndefined();
    expect(awaitedOf(refusal('ACCESS_DENIED', place))).toBeUndefined();
  });

  test('for want of an approval so far leaves it good; every other one ends it', () => {
    const early = refusal('APPROVAL_REFUSED', { approval: 'a1', why: 'not-approved' });
    expect([isNotApproved(early), isSpent(early)]).toEqual([true, false]);
    for (const why of ['lapsed', 'used', 'other-request'])
      expect(isSpent(refusal('APPROVAL_REFUSED', { approval: 'a1', why }))).toBe(true);
    expect(isSpent(refusal('APPROVAL_UNKNOWN'))).toBe(true);
    expect(isSpent(refusal('REDIS_UNREACHABLE'))).toBe(false);
  });
});

describe('what an approver sees', () => {
  test('is every part of the request, with its route', () => {
    const details = {
      what: 'Give a role',
      method: 'PUT',
      url: '/v1/users/:name/roles/:role',
      params: { name: 'bob', role: 'analyst' },
      query: { force: 'true' },
      body: { until: null, list: ['a'] },
    };
    expect(approvalFacts(details)).toEqual([
      { name: 'name', text: 'bob' },
      { name: 'role', text: 'analyst' },
      { name: 'force', text: 'true' },
      { name: 'until', text: 'null' },
      { name: 'list', text: '[\n "a"\n]' },
      { name: 'Route', text: 'PUT /v1/users/:name/roles/:role' },
    ]);
  });

  test('leaves out nothing that has another form', () => {
    const facts = approvalFacts({ method: 'POST', url: '/x', body: [1], later: { a: 1 } });
    expect(facts.map(({ name, text }) => `${name}: ${text.replaceAll(/\s/g, '')}`)).toEqual([
      'request: [1]',
      'later: {"a":1}',
      'Route: POST/x',
    ]);
  });
});

test('what stands against the end of a key is in words for everything that the service names', () => {
  expect(Object.keys(KEY_HINDRANCES).sort()).toEqual(Object.keys(HINDRANCES).sort());
  expect(isForceable(['records', 'unseen'])).toBe(true);
  for (const one of ['seals', 'unsettled'] as const)
    expect(isForceable(['records', one])).toBe(false);
});

describe('an event of the audit log', () => {
  const [batch, plain] = AuditEvent.options;

  test('has a type that the page can choose', () => {
    const types = [batch.shape.type.value, ...plain.shape.type.options];
    expect([...AUDIT_EVENT_TYPES].sort()).toEqual(types.sort());
  });

  test('is told in a few words, as far as it has them', () => {
    const details = { action: 'keys.rotate', keyId: 'k', values: 5, reason: 'C-1' };
    expect(gistOf({ type: 'access-done', details })).toBe('keys.rotate · k · C-1');
    expect(gistOf({ type: 'gap' })).toBe('');
    expect(gistOf({ type: 'batch', stage: 'mask', recordsIn: 3, topic: 'accepted.p' })).toBe(
      'mask: 3 records of accepted.p',
    );
    expect(textIn({ actor: 'ada', number: 1 }, 'actor')).toBe('ada');
    expect(textIn({ actor: 'ada', number: 1 }, 'number')).toBeUndefined();
    expect(textIn(null, 'actor')).toBeUndefined();
  });
});
