import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { policyJsonSchema } from '../src/index.ts';
import { PEOPLE_YAML } from './people.ts';

const validate = new Ajv2020().compile(policyJsonSchema());

test('sealstream.schema.json is the schema of the language', () => {
  const file = new URL('../sealstream.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(policyJsonSchema());
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
