import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Approval,
  type ApprovalRequest,
  approve,
  askApproval,
  readAccess,
  type RoleGrant,
  useApproval,
} from '../src/index.ts';

/*
 * Random days of a small office: people ask, give each other roles, approve and use, also with API keys,
 * with what was shown for another request, and late. What must hold is looked up in the diary.
 */

const DAY = 86_400_000;
const PEOPLE = ['ada', 'bob', 'carol'];
const RULES = readAccess({
  roles: {
    approver: { meaning: 'm', allow: [{ actions: ['approvals.decide'] }] },
    reader: { meaning: 'm', allow: [{ actions: ['audit.read'] }] },
  },
});

const person = fc.constantFrom(...PEOPLE);
/** Counted from the latest. */
const which = fc.constantFrom(0, 0, 0, 1, 2);
const details = fc.constantFrom({ subject: 'a' }, { subject: 'b' });
const wait = {
  waitMs: fc.oneof(
    { weight: 8, arbitrary: fc.nat({ max: 900_000 }) },
    { weight: 1, arbitrary: fc.nat({ max: 8 * DAY }) },
  ),
};
const kinds = {
  ask: { person, details },
  grant: { person, to: person, role: fc.constantFrom('approver', 'approver', 'reader') },
  approve: {
    person,
    which,
    shown: fc.option(which, { freq: 5 }),
    by: fc.constantFrom('person', 'person', 'person', 'api-key' as const),
  },
  use: { which, person: fc.option(person, { freq: 4 }), details: fc.option(details, { freq: 4 }) },
};
const event = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), ...wait, ...kinds.ask }),
  fc.record({ kind: fc.constant('grant' as const), ...wait, ...kinds.grant }),
  fc.record({ kind: fc.constant('approve' as const), ...wait, ...kinds.approve }),
  fc.record({ kind: fc.constant('approve' as const), ...wait, ...kinds.approve }),
  fc.record({ kind: fc.constant('use' as const), ...wait, ...kinds.use }),
  fc.record({ kind: fc.constant('use' as const), ...wait, ...kinds.use }),
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** One thing that was let happen, with the time; and what was known at that time. */
interface Entry {
  readonly what: 'asked' | 'approved' | 'used';
  readonly id: number;
  readonly person: string;
  readonly atMs: number;
  readonly request: ApprovalRequest;
  readonly by?: string;
  readonly grants?: readonly RoleGrant[];
}

function diaryOf(events: readonly Event[]): readonly Entry[] {
  const approvals: Approval[] = [];
  const grants = new Map<string, RoleGrant[]>(
    PEOPLE.map((name) => [name, [{ role: 'approver', by: 'founder', atMs: 0 }]]),
  );
  // Whoever has nothing but what others gave.
  grants.set('carol', []);
  const diary: Entry[] = [];
  let nowMs = Date.UTC(2026, 0, 1);
  for (const event of events) {
    nowMs += event.waitMs;
    if (event.kind === 'grant') {
      grants.get(event.to)?.push({ role: event.role, by: event.person, atMs: nowMs });
      continue;
    }
    if (event.kind === 'ask') {
      const { details, person } = event;
      const step = askApproval({ action: 'audit.export', details, person }, nowMs);
      if ('problem' in step) continue;
      const id = approvals.push(step.next) - 1;
      diary.push({ what: 'asked', id, person, atMs: nowMs, request: step.next.request });
      continue;
    }
    const idOf = (which: number) => Math.max(approvals.length - 1 - which, 0);
    const id = idOf(event.which);
    const approval = approvals[id];
    if (approval === undefined) continue;
    const entry = { id, atMs: nowMs };
    if (event.kind === 'approve') {
      const { by, person, shown } = event;
      const seen = approvals[shown === null ? id : idOf(shown)]?.digest ?? '';
      const roles = [...(grants.get(person) ?? [])];
      const step = approve(approval, { person, account: person, by, roles }, seen, {
        nowMs,
        rules: RULES,
      });
      if ('problem' in step) continue;
      approvals[id] = step.next;
      const { request } = approval;
      diary.push({ ...entry, what: 'approved', person, by, request, grants: roles });
    } else {
      const { action, details, person } = approval.request;
      const request = {
        action,
        details: event.details ?? details,
        person: event.person ?? person,
      };
      const approvedAs = approval.state === 'approved' ? approval.approvedAs : '';
      const approver = { person: approvedAs, disabled: false };
      const step = useApproval(approval, request, { nowMs, approver });
      if ('problem' in step) continue;
      approvals[id] = step.next;
      diary.push({ ...entry, what: 'used', person: request.person, request });
    }
  }
  return diary;
}

test('whatever people do, in any order: four eyes stay four', () => {
  const seen = { approved: 0, used: 0 };
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40, size: 'max' }), (events) => {
      const diary = diaryOf(events);
      const of = (what: Entry['what'], id: number) =>
        diary.filter((entry) => entry.what === what && entry.id === id);
      for (const { atMs, by, grants, id, person } of diary.filter(
        (one) => one.what === 'approved',
      )) {
        seen.approved++;
        const [asked] = of('asked', id);
        expect(asked?.person).not.toBe(person);
        expect(by).toBe('person');
        expect(of('approved', id)).toHaveLength(1);
        expect(atMs - (asked?.atMs ?? 0)).toBeLessThan(3_600_000);
        const counting = grants?.filter(
          ({ atMs: given, by, role }) =>
            role === 'approver' && (by !== asked?.person || atMs - given >= 7 * DAY),
        );
        expect(counting?.length).toBeGreaterThan(0);
      }
      for (const { atMs, id, request } of diary.filter((one) => one.what === 'used')) {
        seen.used++;
        const [[asked], [approved, ...more]] = [of('asked', id), of('approved', id)];
        expect(of('used', id)).toHaveLength(1);
        expect(more).toEqual([]);
        expect(approved?.atMs).toBeLessThanOrEqual(atMs);
        expect(request).toEqual(asked?.request);
        expect(atMs - (asked?.atMs ?? 0)).toBeLessThan(3_600_000);
      }
    }),
    { numRuns: 2_000, seed: 3 },
  );
  expect(seen.approved).toBeGreaterThan(100);
  expect(seen.used).toBeGreaterThan(20);
});
