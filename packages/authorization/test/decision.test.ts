import { describe, expect, test } from 'vitest';
import {
  type AccessRequest,
  type AccessText,
  type Action,
  ACTION_NAMES,
  ACTIONS,
  decide,
  type Decision,
  readAccess,
  REFUSALS,
  refusalText,
} from '../src/index.ts';

/** The first rule of an analyst. */
const FIRST: AccessText['roles'][string]['allow'][number] = {
  actions: ['reveal'],
  datasets: ['people'],
  fields: ['/ssn', '/email'],
  purposes: ['fraud-case', 'training', 'call'],
  quota: { values: 200, per: 'day' },
};

const TEXT: AccessText = {
  purposes: {
    'fraud-case': { meaning: 'looked into', reference: 'required' },
    training: { meaning: 'shown to somebody new', reference: 'none' },
    call: { meaning: 'asked by the person' },
  },
  roles: {
    analyst: {
      meaning: 'looks at single people',
      allow: [
        FIRST,
        { actions: ['reveal'], datasets: ['people'], fields: ['/card'], purposes: ['call'] },
      ],
    },
    senior: {
      meaning: 'without a count',
      allow: [
        { actions: ['reveal'], datasets: ['*'], fields: ['/ssn'], purposes: ['fraud-case'] },
        { actions: ['subjects.shred', 'keys.rotate'], datasets: ['people'] },
      ],
    },
    reader: { meaning: 'reads', allow: [{ actions: ['audit.read', 'flow.read'] }] },
  },
  fourEyes: { actions: ['keys.rotate'] },
};
const RULES = readAccess(TEXT);

const ASKED: AccessRequest = {
  roles: ['analyst'],
  action: 'reveal',
  dataset: 'people',
  fields: ['/ssn'],
  purpose: 'fraud-case',
  reference: 'C-1',
  atMs: Date.UTC(2026, 5, 3, 12),
  values: 1,
};
const ask = (change: Partial<AccessRequest> = {}): Decision =>
  decide(RULES, { ...ASKED, ...change });

const why = (decision: Decision): string[] =>
  decision.allowed
    ? []
    : decision.refusals.map(({ reason, rule }) => `${rule?.slice(-1) ?? ''}${reason}`);

test('what is allowed names the rule and the quota to reserve, with its period', () => {
  expect(ask()).toEqual({
    allowed: true,
    ground: {
      role: 'analyst',
      rule: '/access/roles/analyst/allow/0',
      quota: {
        name: expect.stringMatching(/^analyst\/[0-9a-f]{16}$/),
        values: 200,
        per: 'day',
        zone: 'UTC',
        startMs: Date.UTC(2026, 5, 3),
        endMs: Date.UTC(2026, 5, 4),
      },
    },
    otherwise: [],
    fourEyes: false,
  });
});

describe('what is denied', () => {
  const { reference: _, ...unreferenced } = ASKED;
  const { purpose: __, ...unpurposed } = ASKED;
  const { dataset: ___, ...nowhere } = ASKED;

  test.each<[string, AccessRequest, string[]]>([
    ['no such role', { ...ASKED, roles: ['anlyst'] }, ['role-unknown']],
    ['no role', { ...ASKED, roles: [] }, ['no-role']],
    ['another action', { ...ASKED, action: 'seal' }, ['0action', '1action']],
    [
      'another dataset',
      { ...ASKED, dataset: 'orders' },
      ['0dataset', '1dataset', '1field', '1purpose'],
    ],
    ['another field', { ...ASKED, fields: ['/ssn', '/dob'] }, ['0field', '1field', '1purpose']],
    ['no dataset', nowhere, ['dataset-missing']],
    ['no field', { ...ASKED, fields: [] }, ['field-missing']],
    ['no purpose', unpurposed, ['0purpose-missing', '1field', '1purpose-missing']],
    ['no case number', unreferenced, ['0reference-missing', '1field', '1purpose']],
    ['a blank one', { ...ASKED, reference: ' ' }, ['0reference-missing', '1field', '1purpose']],
    [
      'one too many',
      { ...ASKED, purpose: 'training' },
      ['0reference-unwanted', '1field', '1purpose'],
    ],
    ['more than a day has', { ...ASKED, values: 201 }, ['0quota', '1field', '1purpose']],
    ['half a value', { ...ASKED, values: 0.5 }, ['request-unfit']],
    ['no value', { ...ASKED, values: 0 }, ['request-unfit']],
    ['no time', { ...ASKED, atMs: Number.NaN }, ['request-unfit']],
    ['a time beyond any calendar', { ...ASKED, atMs: 8.64e15 }, ['request-unfit']],
    ['no action', { ...ASKED, action: 'constructor' as Action }, ['action-unknown']],
  ])('for %s has the reason', (_name, request, reasons) => {
    expect(why(decide(RULES, request))).toEqual(reasons);
  });

  test('by hours says so, and at another time is allowed', () => {
    const hours = { days: ['mon' as const], from: '08:00', to: '18:00', zone: 'UTC' };
    const allow = [{ actions: ['audit.read' as const], hours }];
    const rules = readAccess({ roles: { r: { meaning: 'm', allow } } });
    const at = (atMs: number) =>
      decide(rules, { roles: ['r'], action: 'audit.read', atMs, values: 1 });
    expect(why(at(Date.UTC(2026, 5, 2, 12)))).toEqual(['0hours']);
    expect(at(Date.UTC(2026, 5, 1, 12)).allowed).toBe(true);
  });

  test('without a section is denied for that, and nothing is thrown', () => {
    expect(why(decide(undefined, ASKED))).toEqual(['no-rules']);
  });

  test('names the fields that the rule is not for', () => {
    const decision = ask({ fields: ['/ssn', '/dob', '/card', '/dob'] });
    const [first] = decision.allowed ? [] : decision.refusals;
    expect(first && refusalText(first)).toBe(
      '/access/roles/analyst/allow/0: is not for these fields: /card, /dob',
    );
  });

  test('has a sentence for every reason', () => {
    for (const text of Object.values(REFUSALS)) expect(text).toMatch(/^[a-z].{12,}[^.]$/);
  });
});

describe('several fields', () => {
  test('are allowed when one rule allows all of them', () => {
    expect(ask({ fields: ['/email', '/ssn'] })).toMatchObject({ allowed: true });
  });

  test('are denied together when each is allowed by another rule', () => {
    const both = { purpose: 'call', roles: ['analyst'] };
    expect(ask({ ...both, fields: ['/ssn'] }).allowed).toBe(true);
    expect(ask({ ...both, fields: ['/card'] }).allowed).toBe(true);
    expect(ask({ ...both, fields: ['/ssn', '/card'] }).allowed).toBe(false);
  });
});

describe('several rules that allow', () => {
  test('the one without a quota is taken, whatever the order of roles', () => {
    for (const roles of [
      ['analyst', 'senior'],
      ['senior', 'analyst'],
    ]) {
      const ground = { role: 'senior', rule: '/access/roles/senior/allow/0' };
      expect(ask({ roles })).toEqual({ allowed: true, ground, otherwise: [], fourEyes: false });
    }
  });

  test('all with quotas are given in the order of roles and places, to be tried when one is used up', () => {
    const { analyst, ...rest } = TEXT.roles;
    const roles = { ...rest, zed: analyst, analyst } as AccessText['roles'];
    const decision = decide(readAccess({ ...TEXT, roles }), {
      ...ASKED,
      roles: ['zed', 'analyst'],
    });
    expect(decision).toMatchObject({
      ground: { role: 'analyst' },
      otherwise: [{ role: 'zed', quota: { values: 200 } }],
    });
  });
});

describe('scopes of an API key', () => {
  const all = { actions: ['*'], datasets: ['*'] };
  test.each([
    [{ ...all, actions: ['seal'] }, ['scope-action']],
    [{ ...all, datasets: ['orders'] }, ['scope-dataset']],
    [{ actions: [], datasets: [] }, ['scope-action', 'scope-dataset']],
  ])('narrow: %j', (scopes, reasons) => {
    expect(why(ask({ scopes }))).toEqual(reasons);
  });

  test('that are for all allow what the roles allow, and no more', () => {
    expect(ask({ scopes: all })).toEqual(ask());
    expect(ask({ scopes: all, action: 'detokenise' }).allowed).toBe(false);
  });
});

describe('four eyes', () => {
  test('are asked for by what always needs them and by what the policy adds, and by nothing else', () => {
    const fourEyes = (action: Action) => {
      const decision = ask({ roles: ['senior', 'reader'], action });
      return decision.allowed && decision.fourEyes;
    };
    expect(fourEyes('subjects.shred')).toBe(true);
    expect(fourEyes('keys.rotate')).toBe(true);
    expect(fourEyes('flow.read')).toBe(false);
  });

  test('cannot be taken away from what always needs them', () => {
    const always = ACTION_NAMES.filter((action) => ACTIONS[action].fourEyes);
    expect(always).toEqual([
      'keys.move',
      'keys.destroy-forced',
      'subjects.shred',
      'subjects.re-enrol',
      'policy.weaken',
      'audit.export',
      'accounts.credentials',
      'roles.assign',
    ]);
    const without = readAccess({ roles: {}, fourEyes: { actions: ['flow.read'] } });
    for (const action of always) expect(without.fourEyes).toContain(action);
  });
});

describe('the name of a quota', () => {
  type Rule = AccessText['roles'][string]['allow'][number];
  const rule: Rule = { actions: ['audit.read'], quota: { values: 5, per: 'day' } };
  const nameOf = (...allow: Rule[]) =>
    readAccess({ roles: { r: { meaning: 'm', allow } } })
      .roles.get('r')
      ?.allow.at(-1)?.quota?.name;

  test('stays when the limit, the hours or the place of its rule changes, so counts go on', () => {
    const hours = { days: ['mon' as const], from: '08:00', to: '09:00', zone: 'UTC' };
    const name = nameOf(rule);
    expect(name).toMatch(/^r\/[0-9a-f]{16}$/);
    expect(nameOf({ ...rule, quota: { values: 9, per: 'day' } })).toBe(name);
    expect(nameOf({ ...rule, hours })).toBe(name);
    expect(nameOf({ actions: ['flow.read'] }, rule)).toBe(name);
  });

  test('is another one when the rule covers something else, or in another time', () => {
    const name = nameOf(rule);
    expect(nameOf({ ...rule, actions: ['flow.read'] })).not.toBe(name);
    expect(nameOf({ ...rule, quota: { values: 5, per: 'week' } })).not.toBe(name);
    expect(nameOf({ ...rule, purposes: ['x'] })).not.toBe(name);
  });
});

test('the hash of the rules does not change with order and meanings, and does with every rule', () => {
  const changed = (change: object) =>
    readAccess({ roles: { r: { meaning: 'm', allow: [Object.assign({ ...FIRST }, change)] } } });
  const base = changed({}).sha256;
  expect(base).toMatch(/^[0-9a-f]{64}$/);
  expect(changed({ fields: ['/email', '/ssn'] }).sha256).toBe(base);
  expect(changed({ fields: ['/email'] }).sha256).not.toBe(base);
  expect(changed({ quota: { values: 201, per: 'day' } }).sha256).not.toBe(base);
  expect(readAccess({ ...TEXT, fourEyes: { actions: ['seal'] } }).sha256).not.toBe(RULES.sha256);
  const purposes = { ...TEXT.purposes, 'fraud-case': { meaning: 'x', reference: 'none' as const } };
  expect(readAccess({ ...TEXT, purposes }).sha256).not.toBe(RULES.sha256);
});
