import { describe, expect, test } from 'vitest';
import {
  type Dataset,
  explain,
  formatProblem,
  parsePolicy,
  PolicyError,
  policyDiff,
} from '../src/index.ts';
import { datasetWith } from './people.ts';

const text = (rules: string, revision = 1) => `version: 1
datasets:
  d:
    revision: ${revision}
${rules}    fields:
      /id: { type: string }
`;
const of = (rules: string): Dataset => datasetWith('/id: { type: string }', rules);
const header = (rule: string, more = '') => `${more}    headers:\n      x-user: ${rule}\n`;

function problems(rules: string): string[] {
  try {
    parsePolicy(text(rules), 'p.yaml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

const warnings = (rules: string) =>
  parsePolicy(text(rules), 'p.yaml').warnings.map(({ message }) => message);

describe('headers of a policy', () => {
  test('a list and the word keep are the same policy', () => {
    const [list, map] = ['    headers: [a, b]\n', '    headers: { b: keep, a: keep }\n'].map(of);
    expect(list?.sha256).toBe(map?.sha256);
    expect(map?.headers).toMatchObject([
      { path: '#header/b', mask: { name: 'keep' }, encrypt: 'keep' },
      { path: '#header/a' },
    ]);
  });

  test('what is not said of a header is redacted and sealed', () => {
    expect(of(header('{}')).headers).toMatchObject([
      { path: '#header/x-user', mask: { name: 'redact' }, encrypt: 'seal' },
    ]);
  });

  test('every rule of a header changes the hash', () => {
    const rules = ['keep', '{}', '{ encrypt: drop }', '{ mask: drop }', '{ class: text }'];
    const hashes = rules.map((rule) => of(header(rule)).sha256);
    expect(new Set(hashes).size).toBe(rules.length);
  });

  test.each([
    ['hash', 'hash makes equal values equal; declare the class of the field'],
    ['hash, class: ssn', 'hash on so few possible values hides nothing'],
    ['{ noise: { within: 5 } }', 'noise cannot treat a string'],
    ['{ generalise: { bucket: 5 } }', 'generalise by bucket needs type: number'],
    ['{ dateShift: { days: 5 } }', 'dateShift treats all values of a subject alike'],
    ['{ partial: {} }', 'this partial hides nothing'],
    ['{ partial: { keepLast: 6 } }, class: card', 'a card number may show its first 6 and last 4'],
    ['{ partal: { keepLast: 6 } }', 'unknown mask partal; did you mean partial'],
  ])('mask: %s is an error with its place', (rule, message) => {
    expect(problems(header(`{ mask: ${rule} }`))).toEqual([expect.stringContaining(message)]);
    expect(problems(header(`{ mask: ${rule} }`))[0]).toMatch(/^p\.yaml:6:\d+: /);
  });

  test('a mask that goes by the subject is an error where there is one, too', () => {
    const subject = '    subject: /id\n    required: [/id]\n';
    expect(problems(header('{ mask: { dateShift: { days: 5 } } }', subject))).toEqual([
      expect.stringContaining('a header may come without one'),
    ]);
    expect(problems(header('{ mask: fpe, class: uuid }', subject))).toEqual([
      expect.stringContaining('say survivesShred: true'),
    ]);
    expect(problems(header('{ mask: fpe, class: uuid, survivesShred: true }', subject))).toEqual(
      [],
    );
  });

  test.each([
    ['    headers: [a, a]\n', '5:18: headers names a twice'],
    ['    headers: [sealstream-x]\n', "headers that begin with sealstream are Sealstream's own"],
    ['    headers: { Sealstream: keep }\n', "headers that begin with sealstream are Sealstream's"],
    [header('{ encrypt: null }'), 'encrypt must be one of seal, keep, drop'],
    [header('{ encrypt: hash }'), 'encrypt must be one of seal, keep, drop'],
    [header('{ masks: hash }'), 'unknown word masks; did you mean mask?'],
    [header('kepp'), 'x-user must be'],
  ])('%j is an error: %s', (rules, message) => {
    expect(problems(rules)).toEqual([expect.stringContaining(message)]);
  });

  test('groups let no header pass, in whatever form it is named', () => {
    const rules = `    subject: /id
    required: [/id, /n]
    key: { mask: drop }
    kAnonymity: { k: 2, delay: 5m, quasiIdentifiers: { /n: { from: 0, to: 9 } } }
    headers: { a: { mask: drop, encrypt: seal } }
`;
    const groups = text(rules).concat('      /n: { type: number }\n');
    expect(() => parsePolicy(groups, 'p.yaml')).toThrow(/let none pass/);
  });
});

describe('presets and headers', () => {
  const pci = '    presets: [pci]\n';

  test('give a header with a class the mask of the class, and say so', () => {
    const [masked, encrypted] = explain(of(header('{ class: card }', pci)), '#header/x-user');
    expect(masked).toMatchObject({
      treatment: 'partial {"keepFirst":6,"keepLast":4}',
      preset: 'pci',
    });
    expect(encrypted).toMatchObject({ treatment: 'seal' });
  });

  test('forbid a header what they forbid a field of its class', () => {
    expect(problems(header('{ class: card, mask: keep, encrypt: keep }', pci))).toEqual([
      expect.stringContaining('pci forbids keep on a field of class card'),
      expect.stringContaining('pci forbids keep on a field of class card: write seal'),
    ]);
    expect(problems(header('{ class: security-code, encrypt: seal }', pci))).toEqual([
      expect.stringContaining('pci forbids seal'),
    ]);
    expect(problems('    presets: [pci]\n    headers: [card-number]\n')).toHaveLength(2);
  });

  test('warn of a header that is kept without a class, but for one whose form is known', () => {
    expect(warnings(`${pci}    headers: [x-user]\n`)).toEqual([
      'kept without a class, so pci cannot check it',
    ]);
    expect(warnings(`${pci}    headers: [traceparent]\n`)).toEqual([]);
  });
});

describe('readers of headers', () => {
  test('explain says of each header what stands on both outputs', () => {
    const rules = header('{ class: uuid, mask: hash, encrypt: seal }', '');
    const told = explain(of(rules)).filter(({ path }) => path === '#header/x-user');
    expect(told.map(({ shows, topic, treatment }) => [topic, treatment, shows])).toEqual([
      ['masked.d', 'hash', 'equality'],
      ['encrypted.d', 'seal', 'nothing'],
    ]);
  });

  test('diff says what they see more of', () => {
    const [old, now] = [
      parsePolicy(text(header('{ mask: { partial: { keepLast: 2 } } }')), 'p.yaml'),
      parsePolicy(text(header('{ mask: { partial: { keepLast: 4 } }, class: id }'), 2), 'p.yaml'),
    ];
    expect(
      policyDiff(old, now).differences.map(({ readers, topic, what }) => [what, topic, readers]),
    ).toEqual([
      ['#header/x-user class', undefined, 'other'],
      ['#header/x-user', 'masked.d', 'more'],
    ]);
  });
});
