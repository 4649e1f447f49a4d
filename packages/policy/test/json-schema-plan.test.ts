import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dataset, jsonSchemaPlan, type SchemaStage, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();

function planOf(dataset: Dataset, stage: SchemaStage, schema: object) {
  const made = jsonSchemaPlan(dataset, stage, JSON.stringify(schema));
  if ('problems' in made) throw new Error(JSON.stringify(made.problems));
  return { ...made, derived: JSON.parse(made.outputSchema) as Record<string, unknown> };
}

const derive = (dataset: Dataset, stage: SchemaStage, schema: object) =>
  planOf(dataset, stage, schema).derived;

const ajv = new Ajv2020({ strict: false, logger: false, addUsedSchema: false });

/** Whether another implementation finds the record valid. */
const isValid = (schema: object, record: unknown): boolean => ajv.validate(schema, record);

/** Treats a record and gives what it became, after both were found valid under their schemas. */
function treat(dataset: Dataset, stage: SchemaStage, schema: object, record: unknown): unknown {
  const { derived, plan } = planOf(dataset, stage, schema);
  expect(isValid(schema, record)).toBe(true);
  const verdict = plan.apply(Buffer.from(JSON.stringify(record)), keys, new Tally());
  if (!verdict.ok) throw new Error(JSON.stringify(verdict));
  const value = JSON.parse(verdict.value.toString()) as unknown;
  expect([isValid(derived, value), value, derived]).toEqual([true, value, derived]);
  return value;
}

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('a derived JSON Schema', () => {
  test('says what a treated property became, and keeps what is said of the others', () => {
    const dataset = datasetWith(`/ssn: { type: string, mask: { partial: { hideLast: 4 } } }
      /n: { type: number, mask: { partial: { hideLast: 2 } } }
      /b: { type: number, mask: { generalise: { bucket: 50 } } }
      /c: { type: [string, number], mask: { constant: 7 } }
      /x: { type: string, mask: null }
      /d: { type: string, mask: drop }
      /k: { type: string, mask: keep }`);
    const tags = { 'confluent:tags': ['PII'], title: 'T', description: 'D' };
    const kept = { type: 'string', pattern: '^a', ...tags, default: 'ab' };
    const schema = object(
      {
        ssn: { type: 'string', pattern: '^\\d', minLength: 11, ...tags },
        n: { type: ['integer', 'null'], minimum: 1000 },
        b: { type: 'integer', multipleOf: 3 },
        c: { anyOf: [{ type: 'string' }, { type: 'number' }], default: 'canary' },
        x: { type: ['string', 'null'], enum: ['canary', null] },
        d: { const: 'canary' },
        k: kept,
      },
      {
        required: ['ssn', 'd', 'k'],
        $id: 'urn:example:p',
        title: 'Person',
        additionalProperties: false,
      },
    );
    expect(derive(dataset, 'mask', schema)).toEqual(
      object(
        {
          ssn: { type: 'string', ...tags },
          n: { type: ['string', 'null'] },
          b: { type: 'number' },
          c: { const: 7 },
          x: { type: 'null' },
          k: kept,
        },
        {
          required: ['ssn', 'k'],
          $id: 'urn:example:p',
          title: 'Person',
          additionalProperties: false,
        },
      ),
    );
    const record = { ssn: '123-45-6789', n: 1234, b: 63, c: 'q', x: null, d: 'canary', k: 'ab' };
    expect(treat(dataset, 'mask', schema, record)).toMatchObject({
      n: '12XX',
      b: 50,
      c: 7,
      k: 'ab',
    });
    treat(dataset, 'encrypt', schema, { ...record, n: null });
  });

  test('reaches into arrays, maps, patterns and combined schemas', () => {
    const dataset = datasetWith(`/list/*/s: { type: number }
      /map/*: { type: number, mask: drop }
      /both/a: { type: number }
      /both/kind: { type: string, mask: keep, encrypt: keep }`);
    const s = object({ s: { type: 'integer' } }, { required: ['s'] });
    const branch = (kind: string) => object({ kind: { const: kind }, a: { type: 'integer' } });
    const schema = object({
      list: { type: 'array', items: s, minItems: 1, contains: { required: ['s'] } },
      map: { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 1 },
      both: { oneOf: [branch('x'), branch('y')] },
    });
    const record = { list: [{ s: 1 }], map: { a: 1 }, both: { kind: 'y', a: 5 } };
    expect(treat(dataset, 'mask', schema, record)).toEqual({
      list: [{ s: '[redacted]' }],
      map: {},
      both: { kind: 'y', a: '[redacted]' },
    });
    treat(dataset, 'encrypt', schema, record);
    const text = JSON.stringify(derive(dataset, 'encrypt', schema));
    expect(text).not.toContain('integer');
    expect(text).toContain('anyOf');
  });

  test('gives a definition that is treated in two ways two forms, and holds none that is unused', () => {
    const dataset = datasetWith(`/home/street: { type: string, mask: keep }
      /home/next: { type: object, mask: drop }
      /work/street: { type: string, mask: { constant: 5 } }
      /work/next: { type: object, mask: keep }`);
    const address = object({ street: { type: 'string' }, next: { $ref: '#/$defs/Address' } });
    const ref = { $ref: '#/$defs/Address' };
    const schema = {
      ...object({ home: ref, work: ref }),
      $defs: { Address: address, Unused: { const: 'canary' } },
    };
    const derived = derive(dataset, 'mask', schema);
    expect(Object.keys(derived['$defs'] as object).sort()).toEqual([
      'Address',
      'Address_of_home',
      'Address_of_work',
    ]);
    const record = {
      home: { street: 'a', next: { street: 'b' } },
      work: { street: 'c', next: {} },
    };
    expect(treat(dataset, 'mask', schema, record)).toEqual({
      home: { street: 'a' },
      work: { street: 5, next: {} },
    });
  });

  test('goes by the rule for fields that the policy does not name, and tells them', () => {
    const schema = object(
      { k: { type: 'string' }, new: { type: 'integer' } },
      { required: ['new'] },
    );
    const text = JSON.stringify(schema);
    const by = (rule: string) =>
      datasetWith(`/k: { type: string, mask: keep }`, `    unknownFields: ${rule}\n`);
    expect(jsonSchemaPlan(by('reject'), 'mask', text)).toEqual({
      problems: [{ code: 'RECORD_UNKNOWN_FIELD', path: '/new' }],
    });
    expect(planOf(by('drop'), 'encrypt', schema)).toMatchObject({
      unknown: ['/new'],
      derived: object({ k: { type: 'string' } }, { required: [] }),
    });
    expect(treat(by('encrypt'), 'mask', schema, { k: 'a', new: 1 })).toEqual({ k: 'a' });
    treat(by('encrypt'), 'encrypt', schema, { k: 'a', new: 1 });
  });

  test.each([
    ['another document', { $ref: 'https://example.com/a.json' }],
    ['the whole', { $ref: '#' }],
    ['nothing', { $ref: '#/$defs/None' }],
    ['wherever an anchor is', { $dynamicRef: '#a' }],
  ])('is not made when a reference points to %s', (_, ref) => {
    const problems = [{ code: 'SCHEMA_UNREADABLE', path: '/a' }];
    for (const field of ['/a: { type: object, mask: keep }', '/a/b: { type: string }'])
      expect(
        jsonSchemaPlan(datasetWith(field), 'mask', JSON.stringify(object({ a: ref }))),
      ).toEqual({
        problems,
      });
  });

  test.each(['[]', 'true', '{', '"x"'])('is not made of %s', (text) => {
    const run = () => jsonSchemaPlan(datasetWith(`/a: { type: string }`), 'mask', text);
    expect(run).toThrow(expect.objectContaining({ code: 'SCHEMA_UNREADABLE' }) as Error);
  });

  test('holds for every record that is valid before, whatever is done to its fields', () => {
    const rule = fc.constantFrom(
      'mask: keep, encrypt: keep',
      'mask: drop, encrypt: drop',
      'mask: null, encrypt: null',
      'mask: redact, encrypt: seal',
      'mask: { constant: 3 }, encrypt: seal',
    );
    const types = fc.constantFrom<object>(
      { type: 'string', maxLength: 3 },
      { type: ['integer', 'null'], minimum: 0 },
      { enum: ['a', 1, null] },
      { anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'integer' } }] },
    );
    const values = fc.constantFrom<unknown>('abc', 7, null, true, [1], 'a', 1);
    const field = fc.record({ rule, schema: types, value: values, isRequired: fc.boolean() });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 5 }), fc.boolean(), (fields, inArray) => {
        const fit = fields.filter(({ schema, value }) => isValid(schema, value));
        const named = fit.map((one, n) => ({ ...one, name: `f${n}` }));
        if (named.length === 0) return;
        const of = (key: 'schema' | 'value') =>
          Object.fromEntries(named.map((one) => [one.name, one[key]]));
        const required = named.filter((one) => one.isRequired).map(({ name }) => name);
        const inner = object(of('schema'), { required, additionalProperties: false });
        const schema = object({ in: inArray ? { type: 'array', items: inner } : inner });
        const policy = named.map(
          (one) =>
            `/in${inArray ? '/*' : ''}/${one.name}: ` +
            `{ type: [string, number, boolean, object, array], ${one.rule} }`,
        );
        const record = { in: inArray ? [of('value')] : of('value') };
        for (const stage of ['mask', 'encrypt'] as const)
          treat(datasetWith(policy.join('\n')), stage, schema, record);
      }),
      { numRuns: 50 },
    );
  });
});
