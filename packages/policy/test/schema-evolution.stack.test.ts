import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { fieldCipher } from '@sealstream/crypto';
import { openRegistry, type RegistryClient } from '@sealstream/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../registry/test/registry-fixture.ts';
import {
  type Dataset,
  FramedCheckPlan,
  type FramedFormat,
  FramedPlan,
  type SchemaFinding,
  type SchemaStage,
  Tally,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
let local: LocalRegistry;
let registry: RegistryClient;
/** The client that producers and consumers use. */
let other: SchemaRegistry;

beforeAll(async () => {
  local = await startRegistry();
  registry = openRegistry({ url: local.url });
  other = new SchemaRegistry({ host: local.url });
});
afterAll(() => local.close());

let subjects = 0;

/** Registers an input schema, under a subject of its own so that only outputs must be compatible. */
async function input(type: SchemaType, schema: object | string): Promise<number> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const subject = `input-${subjects++}`;
  return (await other.register({ type, schema: text } as never, { subject })).id;
}

interface Flow {
  readonly findings: SchemaFinding[];
  /** Encodes as a producer does, treats, and decodes as a consumer does. */
  readonly run: (id: number, record: object) => Promise<unknown>;
}

interface Flow {
  readonly findings: SchemaFinding[];
  /** Encodes as a producer does, treats, and decodes as a consumer does. */
  readonly run: (id: number, record: object) => Promise<unknown>;
}

function flow(dataset: Dataset, stage: SchemaStage, format: FramedFormat, subject: string): Flow {
  const findings: SchemaFinding[] = [];
  const plan = new FramedPlan(dataset, format, stage, {
    source: registry,
    subject,
    onFinding: (finding) => findings.push(finding),
  });
  return {
    findings,
    run: async (id, record) => {
      const value = await other.encode(id, record);
      const treat = () => plan.apply(value, keys, new Tally());
      expect(treat).toThrow('SCHEMAS_WANTED');
      await plan.schemas.bring();
      const verdict = treat();
      if (!verdict.ok) return verdict.code;
      const decoded: unknown = await other.decode(verdict.value);
      return JSON.parse(JSON.stringify(decoded)) as unknown;
    },
  };
}

const record = (...fields: object[]) => ({
  type: 'record',
  name: 'Person',
  namespace: 'p',
  fields,
});
const SSN = { name: 'ssn', type: 'string', doc: 'whose', 'confluent:tags': ['PII'] };
const AGE = { name: 'age', type: ['null', 'int'], default: null };

const POLICY = `/ssn: { type: string, mask: { partial: { hideLast: 4 } } }
  /age: { type: number, mask: { partial: { hideLast: 1 } } }
  /mail: { type: string, mask: keepDomain }`;
const policy = (unknown: string) => datasetWith(POLICY, `    unknownFields: ${unknown}\n`);

describe('an Avro flow through a real registry', () => {
  test('writes what the client of others reads, under the subject of the output', async () => {
    const id = await input(SchemaType.AVRO, record(SSN, AGE));
    const { findings, run } = flow(policy('reject'), 'mask', 'avro', 'masked.one-value');
    expect(await run(id, { ssn: '123-45-6789', age: 42 })).toEqual({
      ssn: '123-45-XXXX',
      age: '4X',
    });
    const { answer } = await local.ask('GET', '/subjects/masked.one-value/versions/latest');
    const { id: outputId, schema } = answer as { id: number; schema: string };
    expect(findings).toEqual([{ schemaId: id, outputId, unknown: [], problems: [] }]);
    expect(JSON.parse(schema)).toEqual(record(SSN, { ...AGE, type: ['null', 'string'] }));
  });

  test('what encrypt sealed opens to the same value', async () => {
    const id = await input(SchemaType.AVRO, record(SSN, AGE));
    const dataset = policy('reject');
    const { run } = flow(dataset, 'encrypt', 'avro', 'encrypted.one-value');
    const { age } = (await run(id, { ssn: 'x', age: 42 })) as { age: string };
    const cipher = fieldCipher(dataset.name, '/age', dataset.unknownSeal);
    const { type, plain } = cipher.open(keys, Buffer.from(age));
    expect([type, plain.toString()]).toEqual(['number', '42']);
  });

  test.each(['mask', 'encrypt'] as const)(
    'a field that comes, goes or is renamed by alias gives compatible schemas for %s',
    async (stage) => {
      const subject = `${stage}-evolves-value`;
      const { run } = flow(policy('encrypt'), stage, 'avro', subject);
      const extra = { name: 'extra', type: 'int', default: 0 };
      const mail = { name: 'mail', type: 'string', default: '' };
      const versions: [object, object][] = [
        [record(SSN, AGE), { ssn: 'a', age: 1 }],
        [record(SSN, AGE, mail), { ssn: 'a', age: null, mail: 'a@b' }],
        [record(SSN, AGE, mail, extra), { ssn: 'a', age: 1, mail: 'a@b', extra: 5 }],
        [record(SSN, mail), { ssn: 'a', mail: 'a@b' }],
        [record({ ...SSN, name: 'social', aliases: ['ssn'] }, mail), { social: 'a', mail: 'a@b' }],
      ];
      for (const [schema, value] of versions) {
        const written = await run(await input(SchemaType.AVRO, schema), value);
        expect(Object.values(written as object)).not.toContain('a@b');
      }
      const { answer } = await local.ask('GET', `/config/${subject}`);
      expect(answer).toEqual({ compatibilityLevel: 'BACKWARD' });
    },
  );

  test('a new field that the policy does not name follows its rule, and is told', async () => {
    const id = await input(SchemaType.AVRO, record(SSN, { name: 'new', type: 'string' }));
    const value = { ssn: 'abcde', new: 'canary' };
    const rejecting = flow(policy('reject'), 'mask', 'avro', 'unknown-value');
    expect(await rejecting.run(id, value)).toBe('RECORD_UNKNOWN_FIELD');
    const problems = [{ code: 'RECORD_UNKNOWN_FIELD', path: '/new' }];
    expect(rejecting.findings).toEqual([{ schemaId: id, unknown: [], problems }]);
    const dropping = flow(policy('drop'), 'mask', 'avro', 'unknown-value');
    expect(await dropping.run(id, value)).toEqual({ ssn: 'aXXXX' });
    expect(dropping.findings[0]).toMatchObject({ unknown: ['/new'], problems: [] });
    const sealing = flow(policy('encrypt'), 'encrypt', 'avro', 'unknown-sealed-value');
    expect(JSON.stringify(await sealing.run(id, value))).not.toContain('canary');
  });

  test('a change that readers of the output cannot take is SCHEMA_INCOMPATIBLE', async () => {
    const { run } = flow(policy('reject'), 'mask', 'avro', 'breaks-value');
    await run(await input(SchemaType.AVRO, record(SSN)), { ssn: 'a' });
    const changed = record(SSN, { name: 'age', type: 'int' });
    const broken = await run(await input(SchemaType.AVRO, changed), { ssn: 'a', age: 1 });
    expect(broken).toBe('SCHEMA_INCOMPATIBLE');
  });

  test('a schema that is not there refuses its record, and ingest checks by the same rules', async () => {
    const id = await input(SchemaType.AVRO, record(SSN));
    const check = new FramedCheckPlan(policy('reject'), 'avro', { source: registry });
    const value = await other.encode(id, { ssn: 'a' });
    const unknown = Buffer.from(value);
    unknown.writeUInt32BE(999_999, 1);
    for (const one of [value, unknown]) expect(() => check.check(one)).toThrow('SCHEMAS_WANTED');
    await check.schemas.bring();
    expect(check.check(value)).toEqual({ ok: true, value });
    expect(check.check(unknown)).toEqual({ ok: false, code: 'SCHEMA_UNKNOWN' });
    const cut = value.subarray(0, -1);
    expect(check.check(cut)).toMatchObject({ ok: false, code: 'RECORD_INVALID_AVRO' });
  });
});

describe('a JSON Schema flow through a real registry', () => {
  const object = (properties: object, more: object = {}) => ({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties,
    additionalProperties: false,
    ...more,
  });

  test('writes what the client of others reads and finds valid, across an optional property', async () => {
    const { run } = flow(policy('reject'), 'mask', 'json-schema', 'masked.json-value');
    const ssn = { type: 'string', pattern: '^[0-9-]+$' };
    const first = await input(SchemaType.JSON, object({ ssn }, { required: ['ssn'] }));
    expect(await run(first, { ssn: '123-45-6789' })).toEqual({ ssn: '123-45-XXXX' });
    const age = { type: 'integer' };
    const second = await input(SchemaType.JSON, object({ ssn, age }, { required: ['ssn'] }));
    expect(await run(second, { ssn: '123-45-6789', age: 42 })).toEqual({
      ssn: '123-45-XXXX',
      age: '4X',
    });
  });

  test('is refused where the schema is of another format', async () => {
    const id = await input(SchemaType.AVRO, record(SSN));
    const { run } = flow(policy('reject'), 'mask', 'json-schema', 'foreign-value');
    expect(await run(id, { ssn: 'a' })).toBe('SCHEMA_UNREADABLE');
  });
});

describe('a Protobuf flow through a real registry', () => {
  const dataset = datasetWith(`/id: { type: number, mask: keep, encrypt: keep }
    /age: { type: number, mask: { partial: { hideLast: 1 } } }
    /new: { type: boolean }
    /gone: { type: string, mask: drop, encrypt: drop }`);
  const person = (body: string) =>
    `syntax = "proto3";\npackage p;\nmessage Person { reserved 9; ${body} }\n`;
  const first = person('int64 id = 1; int32 age = 2;');

  test('writes what the client of others reads, under the subject of the output', async () => {
    const id = await input(SchemaType.PROTOBUF, first);
    const { findings, run } = flow(dataset, 'mask', 'protobuf', 'masked.read-value');
    expect(await run(id, { id: 7, age: 42 })).toEqual({ id: '7', age: '4X' });
    const { outputId = 0 } = findings[0] ?? {};
    const { text, type } = await registry.schema(outputId);
    expect({ text, type }).toMatchObject({
      type: 'PROTOBUF',
      text: expect.stringContaining('string age = 100000002;') as string,
    });
  });

  test('what encrypt sealed opens to the same value', async () => {
    const id = await input(SchemaType.PROTOBUF, first);
    const { run } = flow(dataset, 'encrypt', 'protobuf', 'encrypted.read-value');
    const { age } = (await run(id, { id: 7, age: 42 })) as { age: string };
    const cipher = fieldCipher(dataset.name, '/age', dataset.unknownSeal);
    const { type, plain } = cipher.open(keys, Buffer.from(age));
    expect([type, plain.toString()]).toEqual(['number', '42']);
  });

  // This registry refuses every Protobuf schema that lost a field, reserved or not, derived or not.
  test.each(['mask', 'encrypt'] as const)(
    'a field that comes and becomes text or is left out gives compatible schemas for %s',
    async (stage) => {
      const { findings, run } = flow(dataset, stage, 'protobuf', `${stage}-proto-value`);
      const second = person('int64 id = 1; int32 age = 2; bool new = 3;');
      const third = person('int64 id = 1; int32 age = 2; bool new = 3; string gone = 4;');
      for (const schema of [first, second, third]) {
        const id = await input(SchemaType.PROTOBUF, schema);
        expect(await run(id, { id: 7, age: 42 })).toMatchObject({ id: '7' });
      }
      expect(new Set(findings.map(({ outputId }) => outputId)).size).toBe(3);
      const { text } = await registry.schema(findings[1]?.outputId ?? 0);
      expect(text).toContain('string new = 100000003;');
    },
  );

  test('is SCHEMA_INCOMPATIBLE when a policy no longer makes text of a field', async () => {
    const id = await input(SchemaType.PROTOBUF, first);
    await flow(dataset, 'mask', 'protobuf', 'changed-value').run(id, { id: 7, age: 42 });
    const kept = datasetWith(`/id: { type: number, mask: keep }
      /age: { type: number, mask: keep }`);
    const changed = flow(kept, 'mask', 'protobuf', 'changed-value').run(id, { id: 7, age: 42 });
    expect(await changed).toBe('SCHEMA_INCOMPATIBLE');
  });
});
