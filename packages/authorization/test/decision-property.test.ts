import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accessDiff,
  accessProblems,
  type AccessRequest,
  type AccessText,
  ACTIONS,
  decide,
  readAccess,
  refusalText,
} from '../src/index.ts';
import {
  access,
  DATASETS,
  FIELDS,
  meant,
  request,
  type RuleText,
  rule,
} from './access-arbitraries.ts';

const RUNS = { numRuns: 400 };

/** Requests of both kinds: some out of the blue, some that a rule was made for. */
const either = fc.oneof(fc.record({ text: access, request }), meant);

const decided = (text: AccessText, request: AccessRequest) => decide(readAccess(text), request);

function ruleAt(text: AccessText, place: string): RuleText {
  const [, role = '', at = ''] = /^\/access\/roles\/([^/]+)\/allow\/(\d+)$/.exec(place) ?? [];
  const found = text.roles[role]?.allow[Number(at)];
  if (found === undefined) throw new Error(`no rule at ${place}`);
  return found;
}

/** What a clock on the wall of a zone shows, by Intl and not by what the package uses. */
function wall(atMs: number, zone: string): { day: string; clock: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(atMs);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return { day: part('weekday').toLowerCase(), clock: `${part('hour')}:${part('minute')}` };
}

const BEFORE: Record<string, string> = {
  mon: 'sun',
  tue: 'mon',
  wed: 'tue',
  thu: 'wed',
  fri: 'thu',
  sat: 'fri',
  sun: 'sat',
};

function inHours({ days, from, to, zone }: NonNullable<RuleText['hours']>, atMs: number): boolean {
  const { clock, day } = wall(atMs, zone);
  const listed: readonly string[] = days;
  const isEvening = listed.includes(day) && clock >= from;
  if (from < to) return isEvening && clock < to;
  return isEvening || (listed.includes(BEFORE[day] ?? '') && clock < to);
}

/** Whether a rule allows a request: from the text of the policy, written for this test. */
function satisfies(text: AccessText, rule: RuleText, asked: AccessRequest): boolean {
  const { on } = ACTIONS[asked.action];
  if (!rule.actions.some((action) => action === asked.action)) return false;
  if (on !== 'system' && !['*', asked.dataset].some((name) => rule.datasets?.includes(name ?? '')))
    return false;
  if (on === 'fields') {
    if (asked.fields === undefined || asked.fields.length === 0) return false;
    if (!rule.fields?.includes('*') && !asked.fields.every((one) => rule.fields?.includes(one)))
      return false;
  }
  if (rule.purposes !== undefined) {
    const purpose = rule.purposes.find((one) => one === asked.purpose);
    const reference = text.purposes?.[purpose ?? '']?.reference;
    const isGiven = (asked.reference ?? '').trim().length > 0;
    if (purpose === undefined || reference === undefined) return false;
    if (isGiven ? reference === 'none' : reference === 'required') return false;
  }
  if (rule.hours !== undefined && !inHours(rule.hours, asked.atMs)) return false;
  return rule.quota === undefined || asked.values <= rule.quota.values;
}

describe('for any rules and any request', () => {
  test('the sections that are tried have no problem, and many of the requests are allowed', () => {
    const known = new Map(DATASETS.map((name) => [name, FIELDS]));
    const tried = { allowed: 0, denied: 0 };
    fc.assert(
      fc.property(either, ({ request, text }) => {
        expect(accessProblems(text, known)).toEqual([]);
        tried[decided(text, request).allowed ? 'allowed' : 'denied']++;
      }),
      { ...RUNS, seed: 7 },
    );
    expect(tried.allowed).toBeGreaterThan(60);
    expect(tried.denied).toBeGreaterThan(60);
  });

  test('what is allowed satisfies the rule that is named, and what satisfies a rule is allowed', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        const decision = decided(text, request);
        const { dataset, scopes } = request;
        const inScope =
          scopes === undefined ||
          (['*', request.action].some((one) => scopes.actions.includes(one)) &&
            (dataset === undefined || ['*', dataset].some((one) => scopes.datasets.includes(one))));
        const held = Object.entries(text.roles).filter(([name]) => request.roles.includes(name));
        const fits = held.some(([, { allow }]) =>
          allow.some((one) => satisfies(text, one, request)),
        );
        const named = ACTIONS[request.action].on === 'system' || dataset !== undefined;
        expect(decision.allowed).toBe(fits && inScope && named);
        if (!decision.allowed) return;
        for (const { role, rule, quota } of [decision.ground, ...decision.otherwise]) {
          expect(request.roles).toContain(role);
          expect(rule.startsWith(`/access/roles/${role}/allow/`)).toBe(true);
          const said = ruleAt(text, rule);
          expect(satisfies(text, said, request)).toBe(true);
          expect(quota && { values: quota.values, per: quota.per }).toEqual(said.quota);
          if (quota === undefined) continue;
          expect(quota.startMs).toBeLessThanOrEqual(request.atMs);
          expect(quota.endMs).toBeGreaterThan(request.atMs);
        }
      }),
      RUNS,
    );
  });

  test('a denial has every rule of every role with a reason, and each reason a sentence', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        const decision = decided(text, request);
        if (decision.allowed) return;
        const { refusals } = decision;
        expect(refusals.length).toBeGreaterThan(0);
        for (const refusal of refusals) expect(refusalText(refusal)).toMatch(/^\S.{10,}$/);
        if (refusals.some(({ role, rule }) => role === undefined && rule === undefined)) return;
        const held = request.roles.flatMap((role) =>
          (text.roles[role]?.allow ?? []).map((_, at) => `/access/roles/${role}/allow/${at}`),
        );
        const looked = refusals.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
        expect(new Set(looked)).toEqual(new Set(held));
      }),
      RUNS,
    );
  });

  test('nothing is allowed without rules, without a role, or with roles that the policy lacks', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        const unknown = { ...request, roles: ['nobody', 'constructor', '__proto__'] };
        expect(decide(undefined, request).allowed).toBe(false);
        expect(decided(text, { ...request, roles: [] }).allowed).toBe(false);
        expect(decided(text, unknown).allowed).toBe(false);
      }),
      RUNS,
    );
  });

  test('a further rule, role or second role takes nothing away', () => {
    fc.assert(
      fc.property(either, rule, fc.nat(), fc.nat(), ({ request, text }, more, whose, where) => {
        if (!decided(text, request).allowed) return;
        const names = [...Object.keys(text.roles), 'newcomer'];
        const name = names[whose % names.length] ?? '';
        const { allow, meaning } = text.roles[name] ?? { allow: [], meaning: 'new' };
        const at = where % (allow.length + 1);
        const roles = { ...text.roles, [name]: { meaning, allow: allow.toSpliced(at, 0, more) } };
        expect(decided({ ...text, roles }, request).allowed).toBe(true);
        const wider = { ...request, roles: [...request.roles, ...names, 'nobody'] };
        expect(decided(text, wider).allowed).toBe(true);
      }),
      RUNS,
    );
  });

  test('scopes never widen: what they let pass is allowed, by the same rule, without them', () => {
    fc.assert(
      fc.property(either, fc.option(request), ({ request, text }, other) => {
        const scoped = { ...request, ...(other?.scopes && { scopes: other.scopes }) };
        const { scopes: _, ...unscoped } = scoped;
        const [narrow, wide] = [decided(text, scoped), decided(text, unscoped)];
        if (narrow.allowed) expect(wide).toEqual(narrow);
      }),
      RUNS,
    );
  });

  test('without the roles of all grounds it is denied', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        let asked = request;
        // Each round takes away the role of the ground; no role is left at the end.
        for (let round = 0; round < 8; round++) {
          const decision = decided(text, asked);
          if (!decision.allowed) return;
          const { role } = decision.ground;
          const before = asked;
          asked = { ...asked, roles: asked.roles.filter((one) => one !== role) };
          const roles = Object.fromEntries(
            Object.entries(text.roles).filter(([name]) => name !== role),
          );
          // To lose a role and to have one that is not there any more is the same.
          expect(decided({ ...text, roles }, before).allowed).toBe(decided(text, asked).allowed);
        }
        expect.unreachable('a role was taken away and still counted');
      }),
      RUNS,
    );
  });

  test('the order of roles, fields and of the file, and saying something twice, change nothing', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        const { fields, roles } = request;
        const turned = {
          ...request,
          roles: [...roles.toReversed(), ...roles],
          ...(fields !== undefined && { fields: [...fields.toReversed(), ...fields] }),
        };
        const file = {
          ...text,
          roles: Object.fromEntries(Object.entries(text.roles).toReversed()),
        };
        expect(decided(file, turned)).toEqual(decided(text, request));
        expect(readAccess(file).sha256).toBe(readAccess(text).sha256);
      }),
      RUNS,
    );
  });

  test('a second person is asked for whenever an action always needs one, or the policy says so', () => {
    fc.assert(
      fc.property(either, ({ request, text }) => {
        const decision = decided(text, request);
        if (!decision.allowed) return;
        const said = text.fourEyes?.actions.includes(request.action) === true;
        expect(decision.fourEyes).toBe(said || ACTIONS[request.action].fourEyes);
      }),
      RUNS,
    );
  });

  test('what was denied before stays denied under other rules of which diff tells nothing more', () => {
    let quiet = 0;
    const pair = fc.oneof(
      fc.tuple(either, access),
      // Rules with one taken away are where diff says less.
      fc.tuple(either, fc.nat(), fc.nat()).map(([made, whose, which]) => {
        const names = Object.keys(made.text.roles);
        const name = names[whose % names.length] ?? '';
        const { allow, meaning } = made.text.roles[name] ?? { allow: [], meaning: '' };
        const rest = allow.length > 1 ? allow.toSpliced(which % allow.length, 1) : allow;
        const roles = { ...made.text.roles, [name]: { meaning, allow: rest } };
        return [{ ...made, text: { ...made.text, roles } }, made.text] as const;
      }),
    );
    fc.assert(
      fc.property(pair, fc.boolean(), ([{ request, text }, other], turned) => {
        const [before, after] = turned ? [other, text] : [text, other];
        const told = accessDiff(readAccess(before), readAccess(after));
        if (told.some(({ callers }) => callers === 'more' || callers === 'perhaps')) return;
        quiet++;
        const [was, is] = [decided(before, request), decided(after, request)];
        if (is.allowed) {
          expect(was.allowed).toBe(true);
          if (was.allowed) expect(is.fourEyes || !was.fourEyes).toBe(true);
        }
      }),
      { ...RUNS, seed: 11 },
    );
    expect(quiet).toBeGreaterThan(20);
  });
});
