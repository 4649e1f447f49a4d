import { decide } from '@sealstream/authorization';
import { describe, expect, test } from 'vitest';
import { formatProblem, parsePolicy, PolicyError, policyDiff } from '../src/index.ts';
import { PEOPLE_YAML } from './people.ts';

const START = PEOPLE_YAML.indexOf('\naccess:');
const DATASETS = PEOPLE_YAML.slice(0, START);
const LINES = DATASETS.split('\n').length;

/** Problems of the example with another section; lines count from the one with `access:`. */
function problemsOf(section: string): string[] {
  try {
    parsePolicy(`${DATASETS}\n${section}`, 'p.yaml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(({ line, ...problem }) =>
      formatProblem({ ...problem, line: line - LINES }).replace('p.yaml:', ''),
    );
  }
}

const warningsOf = (section: string): string[] =>
  parsePolicy(`${DATASETS}\n${section}`, 'p.yaml').warnings.map(({ column, line, message }) =>
    [line - LINES, column, ` ${message}`].join(':'),
  );

/** A section with one role; its rule stands on line 8. */
const withRule = (rule: string): string =>
  `access:
  purposes:
    case: { meaning: m, reference: required }
  roles:
    r:
      meaning: m
      allow:
        - { ${rule} }
`;

describe('the section access of the example', () => {
  const policy = parsePolicy(PEOPLE_YAML, 'sealstream.yaml');

  test('is in the policy, with a hash of its own, and in no hash of a dataset', () => {
    expect([...(policy.access?.roles.keys() ?? [])]).toContain('fraud-analyst');
    expect(policy.access?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const without = parsePolicy(DATASETS, 'sealstream.yaml');
    expect(without.access).toBeUndefined();
    expect(without.datasets.get('people')?.sha256).toBe(policy.datasets.get('people')?.sha256);
  });

  test('decides: an analyst with a case sees an ssn on a weekday, and nobody without a rule', () => {
    const request = {
      roles: ['fraud-analyst'],
      action: 'reveal' as const,
      dataset: 'people',
      fields: ['/ssn'],
      purpose: 'fraud-case',
      reference: 'C-1',
      atMs: Date.UTC(2026, 5, 3, 12),
      values: 1,
    };
    expect(decide(policy.access, request).allowed).toBe(true);
    expect(decide(policy.access, { ...request, fields: ['/card'] }).allowed).toBe(false);
    expect(decide(policy.access, { ...request, atMs: Date.UTC(2026, 5, 7, 12) }).allowed).toBe(
      false,
    );
    expect(decide(parsePolicy(DATASETS, 'p').access, request).allowed).toBe(false);
  });
});

describe('problems of the section, each with line and column', () => {
  test.each([
    ['actions: [revel]', '8:23: this must be one of reveal, detokenise,', 'did you mean reveal?'],
    ['actions: []', '8:13: actions must not be empty', ''],
    [
      'actions: [reveal, keys.read]',
      '8:13: reveal is done to fields and keys.read to datasets',
      '',
    ],
    ['actions: [keys.read]', '8:11: keys.read must have datasets', ''],
    ['actions: [audit.read], datasets: [people]', '8:36: datasets says nothing of audit.read', ''],
    [
      'actions: [keys.read], datasets: [people], fields: [/ssn]',
      '8:55: fields says nothing of',
      '',
    ],
    [
      'actions: [keys.read], datasets: [poeple]',
      '8:46: the policy has no dataset poeple',
      '; did you mean people?',
    ],
    ['actions: [keys.read], datasets: [people, people]', '8:54: datasets names people twice', ''],
    [
      "actions: [keys.read], datasets: ['*', people]",
      "8:46: '*' is every one: leave the others out",
      '',
    ],
    [
      'actions: [reveal], datasets: [people], fields: [/snn], purposes: [case]',
      '8:61: its datasets have no field /snn',
      'did you mean /ssn?',
    ],
    [
      "actions: [reveal], datasets: [people], fields: ['#header/x'], purposes: [case]",
      'its datasets have no field #header/x',
      '',
    ],
    [
      'actions: [reveal], datasets: [people], fields: [/ssn]',
      '8:11: reveal must have purposes: say for which',
      '',
    ],
    [
      'actions: [reveal], datasets: [people], fields: [/ssn], purposes: [cse]',
      '8:79: purposes has no cse',
      '; did you mean case?',
    ],
    [
      "actions: [reveal], datasets: [people], fields: [/ssn], purposes: ['*']",
      '8:79: purposes has no *',
      '',
    ],
    [
      'actions: [seal], datasets: [people], fields: [/ssn]',
      '8:11: seal must have quota: whoever makes all values',
      '',
    ],
    [
      'actions: [approvals.decide], quota: { values: 1, per: day }',
      '8:42: quota says nothing of approvals.decide',
      '',
    ],
    ['actions: [flow.read], quota: { values: 0, per: day }', 'values must be at least 1', ''],
    [
      'actions: [flow.read], quota: { values: 1, per: dya }',
      'per must be one of hour, day, week, month',
      'did you mean day?',
    ],
    [
      'actions: [flow.read], quta: { values: 1, per: day }',
      '8:35: unknown word quta; did you mean quota?',
      '',
    ],
    [
      "actions: [flow.read], hours: { days: [mon], from: '08:00', to: '18:00', zone: Europe/Berln }",
      'there is no time zone Europe/Berln',
      '; did you mean Europe/Berlin?',
    ],
    [
      "actions: [flow.read], hours: { days: [mon], from: '08:00', to: '18:00', zone: '+02:00' }",
      'there is no time zone +02:00',
      '',
    ],
    [
      "actions: [flow.read], hours: { days: [mon], from: '08:00', to: '08:00', zone: UTC }",
      'from and to are the same',
      '',
    ],
    [
      "actions: [flow.read], hours: { days: [mon], from: '24:00', to: '08:00', zone: UTC }",
      "from must be a time such as '08:00'",
      '',
    ],
    [
      'actions: [flow.read], hours: { days: [mon], from: 8, to: 18, zone: UTC }',
      'from must be text',
      '',
    ],
    [
      "actions: [flow.read], hours: { days: [mo], from: '08:00', to: '09:00', zone: UTC }",
      'this must be one of mon, tue',
      'did you mean mon?',
    ],
    [
      "actions: [flow.read], hours: { dys: [mon], from: '08:00', to: '09:00', zone: UTC }",
      'unknown word dys; did you mean days?',
      '',
    ],
  ])('%s', (rule, start, hint) => {
    const problems = problemsOf(withRule(rule));
    expect(problems.join('\n')).toContain(start);
    expect(problems.join('\n')).toContain(hint);
  });

  test.each([
    ['access: { roles: {} }', '1:11: roles names no role'],
    ['access: {}', '1:1: roles is missing'],
    ['access: { rols: {}, roles: {} }', '1:11: unknown word rols; did you mean roles?'],
    [
      'access: { roles: { a b: { meaning: m, allow: [{ actions: [flow.read] }] } } }',
      '1:20: this is named by 1 to 64 letters',
    ],
    [
      "access: { roles: { r: { meaning: ' ', allow: [{ actions: [flow.read] }] } } }",
      'meaning must say something',
    ],
    ['access: { roles: { r: { meaning: m, allow: [] } } }', 'allow must not be empty'],
    [
      'access: { roles: { r: { meaning: m, alow: [] } } }',
      'unknown word alow; did you mean allow?',
    ],
    [
      'access: { purposes: { p: { meaning: m, reference: requird } }, roles: {} }',
      'reference must be one of required, optional, none; did you mean required?',
    ],
    [
      'access: { fourEyes: { actions: [subjects.shed] }, roles: {} }',
      'did you mean subjects.shred?',
    ],
    [
      'access: { fourEyes: { actions: [reveal, approvals.decide] }, roles: { r: { meaning: m, allow: [{ actions: [flow.read] }] } } }',
      'approvals.decide is done by the second person, and cannot need one',
    ],
  ])('%s', (section, problem) => {
    expect(problemsOf(section).join('\n')).toContain(problem);
  });

  test('a field is known however it is spelled, also the key, a header and one that is wrong elsewhere', () => {
    const rule = (field: string) =>
      withRule(`actions: [reveal], datasets: ['*'], fields: ['${field}'], purposes: [case]`);
    for (const field of ['/ssn', '/contacts/*/email', '#key', '#header/traceparent'])
      expect(problemsOf(rule(field))).toEqual([]);
    const wrong = DATASETS.replace('mask: redact', 'mask: redct');
    expect(() => parsePolicy(`${wrong}\n${rule('/note')}`, 'p.yaml')).toThrow(/problems 1\b/);
  });
});

describe('what is worth a second look in the section', () => {
  const administrator = '    administrator: { meaning: m, allow: [{ actions: [flow.read] }] }\n';

  test.each([
    [
      'actions: [reveal], datasets: [people], fields: [/ssn], purposes: [case]',
      ['8:13: reveal without a quota opens any number of values'],
    ],
    [
      "actions: [reveal], datasets: [people], fields: ['*'], purposes: [case], quota: { values: 1, per: day }",
      ["8:52: '*' opens every field, also those that the policy gets later"],
    ],
    ['actions: [flow.read]', []],
  ])('%s', (rule, warnings) => {
    expect(warningsOf(`${withRule(rule)}${administrator}`)).toEqual(warnings);
  });

  test('a role that may both order a shred and approve one, in one rule or in two', () => {
    const two = `actions: [approvals.decide] }
        - { actions: [subjects.shred], datasets: [people]`;
    expect(warningsOf(`${withRule(two)}${administrator}`)).toEqual([
      '5:5: may order a shred and approve one: two of its holders are enough to end a person',
    ]);
  });

  test('the first person would have no role', () => {
    expect(warningsOf(withRule('actions: [flow.read]'))).toEqual([
      '4:3: there is no role administrator, which the first person gets',
    ]);
  });
});

test('diff tells what callers may do more of, though no revision goes with it', () => {
  const policy = parsePolicy(PEOPLE_YAML, 'a.yaml');
  const next = parsePolicy(PEOPLE_YAML.replace('values: 200', 'values: 300'), 'b.yaml');
  expect(policyDiff(policy, policy).access).toEqual([]);
  const { access, differences, stale } = policyDiff(policy, next);
  expect({ differences, stale }).toEqual({ differences: [], stale: [] });
  expect(access).toMatchObject([{ what: 'role fraud-analyst', callers: 'more' }]);
  const none = parsePolicy(DATASETS, 'c.yaml');
  expect(policyDiff(policy, none).access.map(({ callers }) => callers)).not.toContain('more');
  expect(policyDiff(none, policy).access.map(({ callers }) => callers)).toContain('more');
});
