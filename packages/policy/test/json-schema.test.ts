import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { policyJsonSchema, policyTestsJsonSchema } from '../src/index.ts';
import { PEOPLE_YAML } from './people.ts';

const validate = new Ajv2020().compile(policyJsonSchema());

const beside = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test.each([
  ['sealstream.schema.json', policyJsonSchema],
  ['sealstream.test.schema.json', policyTestsJsonSchema],
])('%s is the schema of its language', (file, made) => {
  expect(JSON.parse(beside(`../${file}`))).toEqual(made());
});

test('the schema of cases accepts those of the example and refuses what the parser refuses', () => {
  const cases = new Ajv2020().compile(policyTestsJsonSchema());
  const text = beside('../../../examples/people/sealstream.test.yaml');
  expect(cases(parse(text))).toBe(true);
  for (const [from, to] of [
    ['masked:', 'maskd:'],
    ['version: 1', 'version: 2'],
    [/record: '.*'/, 'record: 7'],
    [/- name: .*/, "- name: ''"],
  ] as const)
    expect(cases(parse(text.replace(from, to)))).toBe(false);
});

test('the schema accepts the example and refuses what the parser refuses', () => {
  expect(validate(parse(PEOPLE_YAML))).toBe(true);
  for (const [from, to] of [
    ['mask: redact', 'mask: redct'],
    ['hideLast', 'hideLst'],
    ['encrypt: keep', 'encrypt: sel'],
    ['unknownFields', 'unknwnFields'],
    ['revision: 1 ', 'revision: 0 '],
  ] as const)
    expect(validate(parse(PEOPLE_YAML.replace(from, to)))).toBe(false);
});
