import { describe, expect, test } from 'vitest';
import {
  datasetOf,
  explain,
  formatProblem,
  parsePolicy,
  PolicyError,
  policyDiff,
  shredPlan,
} from '../src/index.ts';

const CITIES = 'Lyon;France;Europe;*\nNice;France;Europe;*\nLima;Peru;America;*\n';
const files: Readonly<Record<string, string>> = {
  'cities.csv': CITIES,
  'broken.csv': 'Lyon;France;*\nNice;France\n',
};

const YAML = `version: 1
datasets:
  visits:
    revision: 1
    subject: /ssn
    required: [/ssn, /age, /city, /diagnosis]
    key: { mask: drop }
    kAnonymity:
      k: 5
      l: 2
      delay: 5m
      quasiIdentifiers:
        /age: { from: 0, to: 120 }
        /city: { hierarchy: cities.csv }
      sensitive: [/diagnosis]
    fields:
      /ssn:       { type: string }
      /age:       { type: number }
      /city:      { type: string }
      /diagnosis: { type: string }
      /note:      { type: string, mask: drop }
      /tags/*:    { type: string, mask: drop }
`;

const parsed = (text: string, cities = CITIES) =>
  parsePolicy(text, 'p.yaml', (file) => ({ ...files, 'cities.csv': cities })[file]);

function problems(...edits: readonly [from: string, to: string][]): string[] {
  let text = YAML;
  for (const [from, to] of edits) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  try {
    parsed(text);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

describe('a dataset of groups', () => {
  test('has its rules with every default filled in', () => {
    expect(datasetOf(parsed(YAML), 'visits').kAnonymity).toEqual({
      k: 5,
      l: 2,
      delay: { unit: 'ms', most: 300_000 },
      quasiIdentifiers: [
        { path: '/age', kind: 'numeric', least: 0, most: 120 },
        { path: '/city', kind: 'categorical', hierarchy: CITIES },
      ],
      sensitive: ['/diagnosis'],
      maxWaiting: 100_000,
    });
  });

  test('may wait for a count of records', () => {
    const text = YAML.replace('delay: 5m', 'delay: 10000 records');
    const { kAnonymity } = datasetOf(parsed(text), 'visits');
    expect(kAnonymity?.delay).toEqual({ unit: 'records', most: 10_000 });
  });

  test('may bound how many groups a subject is in, and for how long they count', () => {
    const often = '      maxGroupsPerSubject: 3\n      forgetAfter: 30d\n      k: 5';
    const { kAnonymity } = datasetOf(parsed(YAML.replace('      k: 5', often)), 'visits');
    const perSubject = { most: 3, within: 30 * 86_400_000, maxSubjects: 1_000_000 };
    expect(kAnonymity).toMatchObject({ perSubject });
    const records = often.replace('30d', '9 records').replace('k: 5', 'maxSubjects: 7\n      k: 5');
    const text = YAML.replace('      k: 5', records).replace('delay: 5m', 'delay: 5 records');
    expect(datasetOf(parsed(text), 'visits').kAnonymity).toMatchObject({
      perSubject: { most: 3, within: 9, maxSubjects: 7 },
    });
  });

  test('has another hash when a hierarchy has another content', () => {
    const [one, other] = [CITIES, CITIES.replace('America', 'South')].map(
      (cities) => datasetOf(parsed(YAML, cities), 'visits').sha256,
    );
    expect(one).not.toBe(other);
  });

  test('shows to whoever plans what a group leaves of each field', () => {
    const dataset = datasetOf(parsed(YAML), 'visits');
    const shown = (path: string) => explain(dataset, path)[0];
    expect(shown('/age')).toMatchObject({ treatment: 'kAnonymity {"k":5}', shows: 'part' });
    expect(shown('/age')).toMatchObject({ afterShred: 'one-way' });
    expect(shown('/diagnosis')).toMatchObject({ shows: 'everything', afterShred: 'readable' });
    expect(shown('/ssn')).toMatchObject({ treatment: 'redact', shows: 'nothing' });
    const masked = shredPlan(dataset).filter(({ topic }) => topic === 'masked.visits');
    expect(masked.map(({ path }) => path)).toEqual(['/age', '/city', '/diagnosis']);
  });

  test('differs from one with another hierarchy, whose text is not told', () => {
    const other = parsed(
      YAML.replace('revision: 1', 'revision: 2'),
      CITIES.replace('Peru', 'Chile'),
    );
    const { differences, stale } = policyDiff(parsed(YAML), other);
    expect(stale).toEqual([]);
    expect(differences.map(({ what }) => what)).toEqual(['kAnonymity']);
    expect(JSON.stringify(differences)).not.toContain('Peru');
  });
});

const at = (place: string, message: string) => [`p.yaml:${place}: ${message}`];

describe('what tells a record from its group is an error with its place', () => {
  test('a dataset without a subject', () => {
    const lines = problems(['    subject: /ssn\n', '']);
    expect(lines).toEqual(
      at('7:5', 'kAnonymity counts subjects: say who is the subject of the dataset'),
    );
  });

  test.each([
    ['hash', '{ mask: hash }', '7:18'],
    ['keep', '{ mask: keep }', '7:18'],
    ['hash by default', '{ encrypt: drop }', '7:5'],
  ])('a key by %s', (_, key, place) => {
    const message = 'the key of a record tells it from its group: say key: { mask: drop }';
    expect(problems(['{ mask: drop }', key])).toEqual(at(place, message));
  });

  test('a format whose records are no JSON', () => {
    expect(problems(['    key:', '    format: avro\n    key:'])).toEqual(
      at('7:13', 'groups are published as JSON: kAnonymity needs format: json'),
    );
  });

  test('a header that passes', () => {
    expect(problems(['    key:', '    headers: [traceparent]\n    key:'])).toEqual(
      at('7:5', 'a header tells a record from its group: let none pass'),
    );
  });

  test.each([
    ['hash', 'mask: hash, class: random'],
    ['keep', 'mask: keep'],
    ['partial', 'mask: { partial: { hideLast: 4 } }'],
    ['pseudonym', 'mask: { pseudonym: { of: name } }, class: random'],
    ['fpe', 'mask: fpe, class: random, survivesShred: true'],
    ['dateShift', 'mask: { dateShift: { days: 3 } }, class: random'],
    ['generalise', 'mask: { generalise: { date: year } }'],
    ['scrub', 'mask: scrub'],
  ])('a field beside it masked by %s', (name, mask) => {
    expect(
      problems(['/note:      { type: string, mask: drop }', `/note: { type: string, ${mask} }`]),
    ).toEqual([expect.stringMatching(new RegExp(`^p\\.yaml:21:\\d+: /note: ${name} beside`))]);
  });

  test('noise on a number beside it', () => {
    const noise = '/note: { type: number, mask: { noise: { within: 5, per: subject } } }';
    expect(problems(['/note:      { type: string, mask: drop }', noise])).toEqual([
      expect.stringContaining('/note: noise beside kAnonymity'),
    ]);
  });

  test('a field that stands as often as the record has it', () => {
    expect(
      problems(['/tags/*:    { type: string, mask: drop }', '/tags/*: { type: string }']),
    ).toEqual(
      at(
        '22:7',
        '/tags/*: how often a field stands in a record tells it from its group: say mask: drop',
      ),
    );
  });

  test('a field of the group that is optional, repeated, unknown, the subject, or masked', () => {
    expect(problems([', /city', ''])).toEqual([
      expect.stringContaining('/city must stand under required'),
    ]);
    expect(problems(['[/diagnosis]', '[/tags/*]'])[0]).toContain('can stand more than once');
    expect(problems(['[/diagnosis]', '[/diagnosys]'])).toEqual([
      expect.stringContaining('/diagnosys is not under fields; did you mean /diagnosis?'),
    ]);
    expect(problems(['[/diagnosis]', '[/ssn]'])[0]).toContain('is the subject');
    expect(
      problems(['/age:       { type: number }', '/age: { type: number, mask: keep }']),
    ).toEqual([expect.stringContaining('/age: kAnonymity says what masked shows of this field')]);
  });

  test('a sensitive field that is a quasi-identifier, stands twice, or is an object', () => {
    expect(problems(['[/diagnosis]', '[/diagnosis, /age]'])[0]).toContain('is a quasi-identifier');
    expect(problems(['[/diagnosis]', '[/diagnosis, /diagnosis]'])[0]).toContain('twice');
    expect(problems(['/diagnosis: { type: string }', '/diagnosis: { type: object }'])).toEqual([
      expect.stringContaining('must be a string, a number or a boolean'),
    ]);
  });
});

const LIMIT = 'maxGroupsPerSubject: 2';

describe('the forms of quasi-identifiers, delays and limits', () => {
  test.each([
    ['/age: { from: 0, to: 120 }', '/age: { from: 120, to: 0 }', '/age is a number: say { from:'],
    ['/age: { from: 0, to: 120 }', '/age: { from: 0 }', '/age is a number: say { from:'],
    ['/age: { from: 0, to: 120 }', '/age: { hierarchy: cities.csv }', '/age is a number: say'],
    [
      '{ hierarchy: cities.csv }',
      '{ from: 0, to: 1 }',
      '/city is a string: say { hierarchy: FILE }',
    ],
    [
      '/age:       { type: number }',
      '/age: { type: [number, string] }',
      'must be of type: number or',
    ],
    ['hierarchy: cities.csv', 'hierarchy: towns.csv', 'p.yaml:14:29: towns.csv cannot be read'],
    ['hierarchy: cities.csv', 'hierarchy: broken.csv', 'broken.csv: line 2 of the hierarchy: '],
    [
      'hierarchy: cities.csv',
      'hierarchi: cities.csv',
      'unknown word hierarchi; did you mean hierarchy?',
    ],
    ['delay: 5m', 'delay: soon', 'p.yaml:11:14: delay must be a time such as 30s'],
    ['      k: 5', '      k: 1', 'k must be at least 2'],
    ['      l: 2', '      m: 2', 'unknown word m'],
    ['      k: 5', '      maxWaiting: 4\n      k: 5', 'maxWaiting leaves no room for one group'],
    [
      '      k: 5',
      `      ${LIMIT}\n      k: 5`,
      'p.yaml:9:28: maxGroupsPerSubject counts groups of',
    ],
    [
      '      k: 5',
      `      ${LIMIT}\n      forgetAfter: 9 records\n      k: 5`,
      'p.yaml:10:20: forgetA',
    ],
    [
      '      k: 5',
      `      ${LIMIT}\n      forgetAfter: ever\n      k: 5`,
      'forgetAfter must be a time',
    ],
    [
      '      k: 5',
      '      forgetAfter: 9d\n      k: 5',
      'forgetAfter goes with maxGroupsPerSubject',
    ],
    ['      k: 5', '      maxSubjects: 9\n      k: 5', 'maxSubjects goes with maxGroupsPerSubject'],
    [
      '      k: 5',
      `      ${LIMIT}\n      forgetAfter: 9d\n      maxSubjects: 4\n      k: 5`,
      'p.yaml:11:20: maxSubjects leaves no room for one group',
    ],
    [
      '      sensitive: [/diagnosis]\n',
      '',
      'l counts values of sensitive fields, and none is named',
    ],
  ])('%s as %s', (from, to, message) => {
    expect(problems([from, to]).join('\n')).toContain(message);
  });
});
