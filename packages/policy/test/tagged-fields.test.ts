import { protobufTags } from '@sealstream/records';
import { describe, expect, test } from 'vitest';
import {
  type Dataset,
  explain,
  FramedCheckPlan,
  type FramedFormat,
  FramedPlan,
  type KnownSchema,
  openPlan,
  protobufPlan,
  type SchemaFinding,
  shredPlan,
  Tally,
} from '../src/index.ts';
import { withTaggedFields } from '../src/tagged-fields.ts';
import { avscType } from './avro-fixture.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const PII = { 'confluent:tags': ['PII'] };
const TAGS = '    tags: { PII: {}, SECRET: { mask: drop, encrypt: drop } }\n';

const avro = (fields: string, rules = '    unknownFields: reject\n') =>
  datasetWith(fields, `    format: avro\n${TAGS}${rules}`);
const json = (fields: string) => datasetWith(fields, `    format: json-schema\n${TAGS}`);
const NAME = '/name: { type: string, mask: keep, encrypt: keep }';

const record = (...fields: object[]) => ({ type: 'record', name: 'Person', fields });

/** Treats one record whose bytes stand behind the id of a schema. */
async function treated(
  dataset: Dataset,
  stage: 'mask' | 'encrypt',
  schema: object,
  payload: Buffer,
) {
  const format = dataset.format as FramedFormat;
  const type: KnownSchema['type'] = format === 'avro' ? 'AVRO' : 'JSON';
  const registered: string[] = [];
  const findings: SchemaFinding[] = [];
  const source = {
    schema: () => Promise.resolve({ type, text: JSON.stringify(schema), references: [] }),
    register: (_subject: string, _type: string, text: string) =>
      Promise.resolve(registered.push(text)),
  };
  const access = { source, onFinding: (one: SchemaFinding) => findings.push(one) };
  const plan = new FramedPlan(dataset, format, stage, { ...access, subject: 's' });
  const check = new FramedCheckPlan(dataset, format, access);
  const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), payload]);
  expect(() => plan.apply(value, keys, new Tally())).toThrow('SCHEMAS_WANTED');
  expect(() => check.check(value)).toThrow('SCHEMAS_WANTED');
  await Promise.all([plan.schemas.bring(), check.schemas.bring()]);
  const verdict = plan.apply(value, keys, new Tally());
  // Ingest judges as mask and encrypt do.
  expect(check.check(value).ok).toBe(verdict.ok);
  return {
    unknown: findings[0]?.unknown,
    problems: findings[0]?.problems,
    bytes: verdict.ok ? verdict.value.subarray(5) : undefined,
    schema: JSON.parse(registered[0] ?? '{}') as Record<string, unknown>,
  };
}

async function avroTreated(
  dataset: Dataset,
  stage: 'mask' | 'encrypt',
  schema: object,
  value: unknown,
): Promise<unknown> {
  const done = await treated(dataset, stage, schema, avscType(schema).toBuffer(value));
  expect(done.problems).toEqual([]);
  expect(done.unknown).toEqual([]);
  const type = avscType(done.schema);
  return JSON.parse(JSON.stringify(type.fromBuffer(done.bytes ?? Buffer.alloc(0))));
}

describe('a field that a schema tags and the policy does not name', () => {
  const schema = record(
    { name: 'name', type: 'string' },
    { name: 'ssn', type: 'string', ...PII },
    { name: 'pin', type: 'int', 'confluent:tags': ['SECRET'] },
  );
  const value = { name: 'Ann', ssn: '123-45-6789', pin: 1234 };

  test('is masked, and is unknown to nobody', async () => {
    const masked = { name: 'Ann', ssn: '[redacted]' };
    expect(await avroTreated(avro(NAME), 'mask', schema, value)).toEqual(masked);
  });

  test('is sealed or left out on encrypted', async () => {
    const sealed = await avroTreated(avro(NAME), 'encrypt', schema, value);
    expect(sealed).toEqual({ name: 'Ann', ssn: expect.stringMatching(/^ss1:/) as string });
  });

  test('goes by the policy where that names it', async () => {
    const fields = `${NAME}
      /ssn: { type: string, mask: { partial: { hideLast: 4 } } }`;
    const masked = { name: 'Ann', ssn: '123-45-XXXX' };
    expect(await avroTreated(avro(fields), 'mask', schema, value)).toEqual(masked);
  });

  test('of two tags goes by the one that stands first in the policy', async () => {
    const both = record({ name: 'x', type: 'string', 'confluent:tags': ['SECRET', 'PII'] });
    const other = avro('/y: { type: string }');
    expect(await avroTreated(other, 'mask', both, { x: 'a' })).toEqual({ x: '[redacted]' });
  });

  test('with a tag that the policy has no rule for is unknown', async () => {
    const odd = record({ name: 'x', type: 'string', 'confluent:tags': ['OTHER'] });
    const done = await treated(avro(NAME), 'mask', odd, avscType(odd).toBuffer({ x: 'a' }));
    const problems = [{ code: 'RECORD_UNKNOWN_FIELD', path: '/x' }];
    expect(done).toMatchObject({ problems, bytes: undefined });
  });
});

describe('a tagged place that holds others', () => {
  const contact = { type: 'record', name: 'Contact', fields: [] as object[] };
  contact.fields.push({ name: 'mail', type: 'string' }, { name: 'kind', type: 'string' });
  const list = (more: object) =>
    record(
      { name: 'name', type: 'string' },
      { name: 'contacts', type: { type: 'array', items: contact }, ...more },
    );
  const value = { name: 'Ann', contacts: [{ mail: 'a@b.c', kind: 'home' }] };

  test('is treated whole', async () => {
    const masked = await avroTreated(avro(NAME), 'mask', list(PII), value);
    expect(masked).toEqual({ name: 'Ann', contacts: '[redacted]' });
  });

  test('passes its tag on to what the policy does not name in it', async () => {
    const fields = `${NAME}
      /contacts/*/mail: { type: string, mask: keepDomain }`;
    const masked = await avroTreated(avro(fields), 'mask', list(PII), value);
    expect(masked).toMatchObject({ contacts: [{ kind: '[redacted]' }] });
    expect(JSON.stringify(masked)).toContain('@b.c');
    expect(JSON.stringify(masked)).not.toContain('a@b.c');
  });

  test('may be a type that is used in many places, or in itself', async () => {
    const node = {
      type: 'record',
      name: 'Node',
      ...PII,
      fields: [
        { name: 'text', type: 'string' },
        { name: 'next', type: ['null', 'Node'], default: null },
      ],
    };
    const schema = record({ name: 'name', type: 'string' }, { name: 'node', type: node });
    const nested = { name: 'Ann', node: { text: 'a', next: { Node: { text: 'b', next: null } } } };
    const masked = await avroTreated(avro(NAME), 'mask', schema, nested);
    expect(masked).toEqual({ name: 'Ann', node: '[redacted]' });
  });

  test('ends the search when there are too many places', async () => {
    // Each type holds the one before it twice.
    const twice = (at: number): object => {
      const before = at === 0 ? 'string' : twice(at - 1);
      const again = at === 0 ? 'string' : `T${at - 1}`;
      const fields = [
        { name: 'a', type: before },
        { name: 'b', type: again },
      ];
      return { type: 'record', name: `T${at}`, fields };
    };
    const done = await treated(avro(NAME), 'mask', twice(16), Buffer.alloc(1));
    expect(done.problems).toEqual([{ code: 'SCHEMA_UNREADABLE', path: '' }]);
  });
});

describe('the tags of a JSON Schema', () => {
  const schema = {
    type: 'object',
    $defs: { ssn: { type: 'string', ...PII } },
    properties: {
      name: { type: 'string' },
      ssn: { $ref: '#/$defs/ssn' },
      mails: { type: 'array', items: { type: 'string', ...PII } },
      either: { anyOf: [{ type: 'number', ...PII }, { type: 'string' }] },
      byName: { type: 'object', additionalProperties: { type: 'string', ...PII } },
    },
  };

  test('count wherever they stand, by references and choices, in elements and members', async () => {
    const value = { name: 'Ann', ssn: '1', mails: ['a', 'b'], either: 'x', byName: { k: 'v' } };
    const payload = Buffer.from(JSON.stringify(value));
    const { bytes, unknown } = await treated(json(NAME), 'mask', schema, payload);
    const hidden = '[redacted]';
    expect(unknown).toEqual([]);
    expect(JSON.parse(String(bytes))).toEqual({
      name: 'Ann',
      ssn: hidden,
      mails: [hidden, hidden],
      either: hidden,
      byName: { k: hidden },
    });
  });

  test('that cannot be told from a named field leave it to unknownFields', async () => {
    const dataset = json(`${NAME}
      /byName/k: { type: string }`);
    const payload = Buffer.from('{"name":"Ann","byName":{"other":"canary"}}');
    const { bytes } = await treated(dataset, 'mask', schema, payload);
    expect(bytes).toBeUndefined();
  });
});

describe('the tags of a Protobuf schema', () => {
  const fields = (body: string) => `syntax = "proto3";
    message Person {
      string name = 1;
      ${body}
    }
    message Contact { string mail = 1; string kind = 2; }`;

  test.each([
    ['a tag', 'string x = 2 [(confluent.field_meta).tags = "PII"];', ['/x']],
    ['tags in braces', `string x = 2 [(confluent.field_meta) = { tags: ["A", 'PII'] }];`, ['/x']],
    [
      'a tag of a list',
      'repeated string x = 2 [(confluent.field_meta).tags = "PII"];',
      ['/x', '/x/*'],
    ],
    [
      'a tag of a map',
      'map<string, Contact> x = 2 [(confluent.field_meta).tags = "PII"];',
      ['/x', '/x/*', '/x/*/mail', '/x/*/kind'],
    ],
    ['another option', 'string x = 2 [(other).tags = "PII"];', []],
    ['a default that looks so', 'string x = 2 [json_name = "tags: [\'PII\']"];', []],
  ])('%s', (_, body, expected) => {
    const tags = protobufTags(fields(body), [0]);
    expect([...tags].flatMap(([path, of]) => (of.has('PII') ? [path] : []))).toEqual(expected);
  });

  test('rule what the policy does not name', () => {
    const dataset = datasetWith(NAME, `    format: protobuf\n${TAGS}`);
    const text = fields('string ssn = 2 [(confluent.field_meta).tags = "PII"];');
    const own = withTaggedFields(dataset, () => protobufTags(text, [0]));
    const made = protobufPlan(own, 'mask', text, [0]);
    if ('problems' in made) throw new Error(JSON.stringify(made.problems));
    const record = Buffer.from('0a03416e6e1203313233', 'hex');
    const verdict = made.plan.apply(record, keys, new Tally());
    const hidden = Buffer.from('[redacted]');
    const masked = Buffer.concat([
      record.subarray(0, 5),
      Buffer.from([0x12, hidden.length]),
      hidden,
    ]);
    expect(verdict).toEqual({ ok: true, value: masked });
  });
});

test('what a tag sealed is opened by a policy that names the field', async () => {
  const schema = { type: 'object', properties: { name: {}, ssn: { type: 'string', ...PII } } };
  const payload = Buffer.from('{"name":"Ann","ssn":"123-45-6789"}');
  const { bytes } = await treated(json(NAME), 'encrypt', schema, payload);
  expect(String(bytes)).not.toContain('6789');
  const naming = datasetWith(`${NAME}\n/ssn: { type: string }`);
  const opened = openPlan(naming).apply(bytes ?? Buffer.alloc(0), keys, new Tally());
  expect(opened).toEqual({ ok: true, value: payload });
});

describe('the rules of tags', () => {
  test('are explained, and listed for a shred where they seal', () => {
    const dataset = avro(
      '/id: { type: string }',
      '    subject: /id\n    required: [/id]\n    unknownFields: drop\n',
    );
    const shown = explain(dataset).filter(({ path }) => path.startsWith('(tag'));
    expect(shown.map(({ path, topic, treatment }) => [path, topic, treatment])).toEqual([
      ['(tag PII)', 'masked.d', 'redact'],
      ['(tag PII)', 'encrypted.d', 'seal'],
      ['(tag SECRET)', 'masked.d', 'drop'],
      ['(tag SECRET)', 'encrypted.d', 'drop'],
    ]);
    const planned = shredPlan(dataset).filter(({ path }) => path.startsWith('(tag'));
    expect(planned).toEqual([
      { path: '(tag PII)', topic: 'encrypted.d', treatment: 'seal', after: 'opens-no-more' },
    ]);
  });

  test('need a format that has schemas', () => {
    expect(() => datasetWith(NAME, TAGS)).toThrow('tags stand in schemas: format: json has none');
  });

  test.each(['{ PII: { mask: keep } }', '{ PII: { encrypt: keep } }', '{ PII: { mask: hash } }'])(
    '%s would show what is tagged, or does not fit every type',
    (tags) => {
      expect(() => datasetWith(NAME, `    format: avro\n    tags: ${tags}\n`)).toThrow('must be');
    },
  );
});
