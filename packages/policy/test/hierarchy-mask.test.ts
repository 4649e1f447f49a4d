import { describe, expect, test } from 'vitest';
import {
  datasetOf,
  explain,
  formatProblem,
  maskPlan,
  parsePolicy,
  PolicyError,
  policyDiff,
  Tally,
} from '../src/index.ts';
import { TestKeys } from './test-keys.ts';

const CITIES = 'Lyon;France;Europe;*\nNice;France;Europe;*\nLima;"Peru";America;*\n';
const files: Readonly<Record<string, string>> = {
  'cities.csv': CITIES,
  'other.csv': CITIES.replace('America', 'South'),
  'same.csv': 'Lyon;L;*\nNice;N;*\n',
  'broken.csv': 'Lyon;France;*\nNice;France\n',
};

function parsed(rule: string, more = '', revision = 1, given = files) {
  const text = `version: 1
datasets:
  d:
    revision: ${revision}
    fields:
      /city: { type: string, mask: { generalise: { ${rule} } }${more} }
`;
  return parsePolicy(text, 'p.yaml', (file) => given[file]);
}

function problems(rule: string, more = ''): string[] {
  try {
    parsed(rule, more);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

const RULE = 'hierarchy: cities.csv, level: 1';
const dataset = (...given: Parameters<typeof parsed>) => datasetOf(parsed(...given), 'd');

describe('generalise by a hierarchy', () => {
  test('puts the form of that level in the place of the value, as any text stands in JSON', () => {
    const apply = (city: string) =>
      maskPlan(dataset(RULE)).apply(
        Buffer.from(`{"city": ${JSON.stringify(city)}}`),
        new TestKeys(),
        new Tally(),
      );
    expect(apply('Nice')).toEqual({ ok: true, value: Buffer.from('{"city": "France"}') });
    expect(apply('Lima')).toEqual({ ok: true, value: Buffer.from('{"city": "\\"Peru\\""}') });
    expect(apply('Paris')).toEqual({
      ok: false,
      code: 'RECORD_VALUE_UNFIT',
      byte: 9,
      path: '/city',
    });
  });

  test('has another hash when the file has another content, and the same under another name', () => {
    const base = dataset(RULE).sha256;
    const moved = { ...files, 'towns.csv': CITIES };
    expect(dataset('hierarchy: towns.csv, level: 1', '', 1, moved).sha256).toBe(base);
    expect(dataset('hierarchy: other.csv, level: 1').sha256).not.toBe(base);
    expect(dataset('hierarchy: cities.csv, level: 2').sha256).not.toBe(base);
  });

  test('is told with a hash in the place of its file', () => {
    const [masked] = explain(dataset(RULE), '/city');
    expect(masked.treatment).toMatch(
      /^generalise \{"hierarchy":"sha256:[0-9a-f]{16}","level":1\}$/,
    );
    expect(masked).toMatchObject({ shows: 'part', back: 'nobody' });
  });

  test.each([
    ['cities.csv, level: 1', 'cities.csv, level: 2', 'less'],
    ['cities.csv, level: 2', 'cities.csv, level: 1', 'more'],
    ['cities.csv, level: 1', 'other.csv, level: 2', 'perhaps'],
  ])('%s, then %s: readers see %s', (before, after, readers) => {
    const [old, now] = [parsed(`hierarchy: ${before}`), parsed(`hierarchy: ${after}`, '', 2)];
    expect(policyDiff(old, now).differences).toEqual([
      expect.objectContaining({ what: '/city', topic: 'masked.d', readers }),
    ]);
  });

  test.each([
    ['cities.csv, level: 0', '82', 'level must be at least 1'],
    ['cities.csv, level: 4', '82', 'cities.csv has no level 4: its last one, that of *, is 3'],
    [
      'same.csv, level: 1',
      '80',
      'level 1 of same.csv tells each value from every other, and so hides nothing',
    ],
    ['cities.csv', '38', 'level is missing'],
    ['cities.csv, level: one', '82', 'level must be a number'],
    [
      'none.csv, level: 1',
      '63',
      'none.csv cannot be read; its name begins where the policy file stands',
    ],
    [
      'broken.csv, level: 1',
      '63',
      'broken.csv: line 2 of the hierarchy: 2 columns, where the first has 3',
    ],
  ])('%s is an error with its place', (rule, column, message) => {
    expect(problems(`hierarchy: ${rule}`)).toEqual([`p.yaml:6:${column}: /city: ${message}`]);
  });

  test('a level that leaves no two values apart but does not name them passes', () => {
    expect(problems('hierarchy: same.csv, level: 2')).toEqual([]);
  });

  test('a card number has none, since a file may show more than first 6 and last 4', () => {
    expect(problems(RULE, ', class: card')).toEqual([
      expect.stringContaining('may show more than its first 6 and last 4 digits'),
    ]);
  });

  test('needs a string, and a preset judges it without telling the file', () => {
    expect(() => dataset(RULE, ', class: zip')).not.toThrow();
    const text = `version: 1
datasets:
  d:
    revision: 1
    presets: [hipaa-safe-harbor]
    fields:
      /zip: { type: string, class: zip, mask: { generalise: { ${RULE} } } }
      /n: { type: number, mask: { generalise: { ${RULE} } } }
`;
    const found = (() => {
      try {
        parsePolicy(text, 'p.yaml', (file) => files[file]);
        return '';
      } catch (error) {
        return (error as PolicyError).problems.map(formatProblem).join('\n');
      }
    })();
    expect(found).toMatch(/hipaa-safe-harbor forbids generalise \{"hierarchy":"sha256:/);
    expect(found).toContain('generalise by hierarchy, level needs type: string');
    expect(found).not.toContain('Nice');
  });
});
