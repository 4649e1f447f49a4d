import { readFileSync } from 'node:fs';
import type { KeyUse } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { parsePolicy, parsePolicyTests, type PolicyError, runPolicyTests } from '../src/index.ts';
import { PEOPLE_YAML } from './people.ts';
import { TestKeys } from './test-keys.ts';

const ACCEPTED = 'equalityOracle: { accepted: a test }';

/** A policy of one dataset with these fields. */
const policyOf = (fields: string, rules = '') =>
  parsePolicy(
    `version: 1\ndatasets:\n  d:\n    revision: 1\n${rules}    fields:\n${fields
      .split('\n')
      .map((line) => `      ${line.trim()}`)
      .join('\n')}\n`,
    'p.yaml',
  );

const SIMPLE = policyOf(
  '/a: { type: string, mask: redact }\n/b: { type: string, mask: hash, class: uuid }',
);

/** One case of these lines. */
const one = (lines: string): string =>
  `version: 1\ncases:\n  - name: n\n${lines
    .split('\n')
    .map((line) => `    ${line.trim()}`)
    .join('\n')}\n`;

function failuresOf(lines: string, policy = SIMPLE): string[] {
  const cases = parsePolicyTests(one(lines), 't.yaml', policy);
  const { results } = runPolicyTests(policy, cases, () => new TestKeys());
  return results[0].failures.map(({ byte, message, path }) =>
    [message, path, byte].filter((part) => part !== undefined).join(' | '),
  );
}

function problemsOf(text: string, policy = SIMPLE): string[] {
  try {
    parsePolicyTests(text, 't.yaml', policy);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'POLICY_TESTS_INVALID' });
    return (error as PolicyError).problems.map(
      ({ column, line, message }) => `${line}:${column} ${message}`,
    );
  }
}

describe('a case passes', () => {
  test.each([
    [
      'when masked is what was expected',
      `record: '{ "a" : "x" }'\nmasked: '{ "a" : "[redacted]" }'`,
    ],
    ['when {{any}} stands for what keys decide', `record: '{"b":"x"}'\nmasked: '{"b":"{{any}}"}'`],
    ['when it is rejected as it says', `record: '{"c":1}'\nrejected: RECORD_UNKNOWN_FIELD`],
    [
      'when it is rejected where it says',
      `record: '{"a":1}'\nrejected: RECORD_WRONG_TYPE\npath: /a\nbyte: 5`,
    ],
  ])('%s', (_, lines) => {
    expect(failuresOf(lines)).toEqual([]);
  });

  test('when a pseudonym, a shifted date and a noisy number stand behind {{any}}', () => {
    const policy = policyOf(
      `/id: { type: string }
       /n: { type: string, mask: { pseudonym: { of: name } }, ${ACCEPTED} }
       /d: { type: string, mask: { dateShift: { days: 30 } } }
       /x: { type: number, mask: { noise: { within: 5 } } }
       /y: { type: number, mask: { noise: { within: 5 } } }`,
      '    subject: /id\n    required: [/id]\n',
    );
    const record = '{"id":"1","n":"Ann Lee","d":"1985-02-17","x":12.5,"y":7}';
    const masked = '{"id":"[redacted]","n":"{{any}}","d":"{{any}}","x":{{any}},"y":{{any}}}';
    expect(failuresOf(`record: '${record}'\nmasked: '${masked}'`, policy)).toEqual([]);
  });

  test('when encrypt drops, nulls and seals unknown fields, and all else opens as it was', () => {
    const fields =
      '/a: { type: string, encrypt: drop }\n/b: { type: number, encrypt: null }\n/c: { type: string }';
    const lines = `record: '{"a":"1","b":2.50,"c":"3","u":[1]}'\nmasked: '{"a":"[redacted]","b":"[redacted]","c":"[redacted]"}'`;
    expect(failuresOf(lines, policyOf(fields, '    unknownFields: encrypt\n'))).toEqual([]);
    expect(failuresOf(lines, policyOf(fields, '    unknownFields: drop\n'))).toEqual([]);
  });
});

describe('a case fails', () => {
  test.each([
    [
      'when masked differs, with byte and field',
      `record: '{"a":"x"}'\nmasked: '{"a":"[redactet]"}'`,
      'masked is not what was expected | /a | 14',
    ],
    [
      'when it differs behind what keys decide',
      `record: '{"b":"x","a":"y"}'\nmasked: '{"b":"{{any}}","a":"y"}'`,
      'masked is not what was expected | /a | 35',
    ],
    [
      'when it is accepted, and should be rejected',
      `record: '{"a":"x"}'\nrejected: RECORD_WRONG_TYPE`,
      'is accepted, and should be rejected with RECORD_WRONG_TYPE',
    ],
    [
      'when it is rejected, and should be accepted',
      `record: '{"a":1}'\nmasked: '{}'`,
      'is rejected with RECORD_WRONG_TYPE, and should be accepted | /a | 5',
    ],
    [
      'when it is rejected with another code',
      `record: '{'\nrejected: RECORD_WRONG_TYPE`,
      'is rejected with RECORD_INVALID_JSON, not with RECORD_WRONG_TYPE | 1',
    ],
    [
      'when it is rejected elsewhere',
      `record: '{"a":1}'\nrejected: RECORD_WRONG_TYPE\npath: /b\nbyte: 6`,
      'is rejected at path /a, not at /b',
    ],
  ])('%s', (_, lines, failure) => {
    expect(failuresOf(lines)[0]).toBe(failure);
  });

  test('when a value stands as it was where {{any}} is expected', () => {
    const policy = policyOf('/b: { type: string, mask: keep }\n/x: { type: number, mask: keep }');
    const unchanged = 'a value stands on masked as it was, where {{any}} is expected';
    const failures = (masked: string) =>
      failuresOf(`record: '{"b":"Canary","x":12.5}'\nmasked: '${masked}'`, policy);
    expect(failures('{"b":"{{any}}","x":12.5}')).toEqual([`${unchanged} | /b | 6`]);
    expect(failures('{"b":"Ca{{any}}ry","x":12.5}')).toEqual([`${unchanged} | /b | 8`]);
    expect(failures('{"b":"Canary","x":{{any}}}')).toEqual([`${unchanged} | /x | 18`]);
  });

  test('but not when noise gives by chance what stands there, or in another field', () => {
    const policy = policyOf(
      '/x: { type: number, mask: { noise: { within: 1 } } }\n/y: { type: number, mask: keep }\n/z: { type: number, mask: keep }',
    );
    const lines = `record: '{"x":7,"y":6,"z":8}'\nmasked: '{"x":{{any}},"y":6,"z":8}'`;
    for (let run = 0; run < 50; run++) expect(failuresOf(lines, policy)).toEqual([]);
  });

  test('when what encrypt made does not open again', () => {
    /** Opens with another key than the one that sealed. */
    class LosingKeys extends TestKeys {
      readonly #other = new TestKeys();
      override active(use: KeyUse) {
        return { id: this.activeId, key: this.#other.byId(use, this.activeId) };
      }
    }
    const policy = policyOf('/a: { type: string }');
    const text = one(`record: '{"a":"x"}'\nmasked: '{"a":"[redacted]"}'`);
    const cases = parsePolicyTests(text, 't', policy);
    const { results } = runPolicyTests(policy, cases, () => new LosingKeys());
    expect(results[0].failures).toEqual([
      { message: 'what encrypt made does not open: RECORD_NOT_AUTHENTIC', path: '/a', byte: 5 },
    ]);
  });

  test('without telling a value: only the text that came has them, and whoever shows it decides', () => {
    const policy = policyOf('/b: { type: string, mask: keep }');
    const text = one(`record: '{"b":"Canary4711"}'\nmasked: '{"b":"x"}'`);
    const { results } = runPolicyTests(
      policy,
      parsePolicyTests(text, 't', policy),
      () => new TestKeys(),
    );
    const [{ masked, ...rest }] = results[0].failures;
    expect(masked).toBe('{"b":"Canary4711"}');
    expect(JSON.stringify(rest)).not.toContain('Canary4711');
  });
});

test('fields in no accepted record are told; of a rejected one nothing counts', () => {
  const cases = parsePolicyTests(
    `version: 1\ncases:\n  - { name: x, record: '{"a":null}', masked: '{"a":"[redacted]"}' }\n` +
      `  - { name: y, record: '{"b":1}', rejected: RECORD_WRONG_TYPE }\n`,
    't',
    SIMPLE,
  );
  expect(runPolicyTests(SIMPLE, cases, () => new TestKeys()).unmet).toEqual([
    { dataset: 'd', path: '/b' },
  ]);
});

describe('what is wrong with a file of cases has its line and column', () => {
  test.each([
    ['version: 2\ncases: []\n', ['1:10 version must be 1', '2:1 cases must not be empty']],
    [
      'version: 1\ncase: []\n',
      ['1:1 cases is missing', '2:1 unknown word case; did you mean cases?'],
    ],
    [one(`recrd: '{}'\nmasked: '{}'`), ['4:5 unknown word recrd; did you mean record?']],
    [one(`record: {}\nmasked: '{}'`), ['4:5 record must be text: put it between single quotes']],
    [one(`masked: '{}'`), ['3:5 record is missing']],
    [one(`record: '{}'`), ['3:5 a case says masked or rejected, one of them']],
    [one(`record: '{}'\nmasked: '{}'\npath: /a`), ['6:11 path goes with rejected']],
    [
      one(`record: '{}'\nmasked: '{}'\ndataset: e`),
      ['6:14 the policy has no dataset e; did you mean d?'],
    ],
    [
      one(`record: '{}'\nrejected: RECORD_UNKNOWN_FEILD`),
      ['5:15 no record is rejected with RECORD_UNKNOWN_FEILD; did you mean RECORD_UNKNOWN_FIELD?'],
    ],
    [one(`record: '{}'\nrejected: RECORD_WRONG_TYPE\nbyte: -1`), ['6:11 byte must be at least 0']],
    [
      'cases: [',
      ['1:9 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
  ])('%j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test('a name that stands twice, and a dataset that is left out of several', () => {
    const twice =
      one(`record: '{}'\nmasked: '{}'`) + `  - { name: n, record: '{}', masked: '{}' }\n`;
    expect(problemsOf(twice)).toEqual(['6:13 two cases are named n']);
    const two = parsePolicy(
      PEOPLE_YAML.replace(
        'datasets:\n',
        'datasets:\n  other:\n    revision: 1\n    fields: { /a: { type: string } }\n',
      ),
      'p',
    );
    expect(problemsOf(one(`record: '{}'\nmasked: '{}'`), two)).toEqual([
      '3:5 dataset is missing: the policy has other, people',
    ]);
  });
});

test('the cases of the example and those that docs/policy.md shows pass, and meet every field', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const people = parsePolicy(PEOPLE_YAML, 'p');
  const example = parsePolicyTests(read('examples/people/sealstream.test.yaml'), 't', people);
  const run = runPolicyTests(people, example, () => new TestKeys());
  expect(run.results.flatMap(({ failures }) => failures)).toEqual([]);
  expect(run.unmet).toEqual([]);
  const [policy = '', cases = ''] = [
    ...read('docs/policy.md').matchAll(/```yaml\n([^`]*)```/g),
  ].flatMap(([, yaml = '']) => (yaml.startsWith('version:') ? [yaml] : []));
  const shown = parsePolicy(policy, 'p');
  const { results } = runPolicyTests(
    shown,
    parsePolicyTests(cases, 't', shown),
    () => new TestKeys(),
  );
  expect(results.map(({ failures }) => failures)).toEqual([[], []]);
});
