import { SealstreamError } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { FramedPlan, type SchemaFinding, type SchemaSource, Tally } from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const keys = new TestKeys();
const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [{ name: 's', type: 'string' }],
});

/** A record that names a schema. */
function framed(id: number, ...payload: number[]): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeUInt32BE(id, 1);
  bytes.set(payload, 5);
  return bytes;
}

function planOver(
  limit: number,
  schema: SchemaSource['schema'],
  register: SchemaSource['register'] = () => Promise.resolve(0xffff_fffe),
) {
  const asked: number[] = [];
  const findings: SchemaFinding[] = [];
  const plan = new FramedPlan(datasetWith(`/s: { type: string }`), 'avro', 'mask', {
    source: {
      schema: (id) => {
        asked.push(id);
        return schema(id);
      },
      register,
    },
    subject: 'masked.d-value',
    limit,
    refusedMs: 0,
    onFinding: (finding) => findings.push(finding),
  });
  const run = (id: number) => plan.apply(framed(id, 2, 0x61), keys, new Tally());
  return { asked, findings, plan, run };
}

const avro = () => Promise.resolve({ type: 'AVRO', text: SCHEMA, references: [] } as const);
const fails = (code: 'SCHEMA_UNKNOWN' | 'SCHEMA_INCOMPATIBLE' | 'REGISTRY_UNREACHABLE') => () =>
  Promise.reject(new SealstreamError(code));

describe('schemas in memory', () => {
  test('are asked for when a record names them, once, and the record is treated then', async () => {
    const { asked, findings, plan, run } = planOver(10, avro);
    for (const id of [7, 7, 8])
      expect(() => run(id)).toThrow(expect.objectContaining({ code: 'SCHEMAS_WANTED' }) as Error);
    expect(plan.schemas.wants).toBe(true);
    await plan.schemas.bring();
    expect(plan.schemas.wants).toBe(false);
    const text = Buffer.from('[redacted]');
    const value = Buffer.concat([Buffer.from([0, 255, 255, 255, 254, 20]), text]);
    expect(run(7)).toEqual({ ok: true, value });
    expect(asked).toEqual([7, 8]);
    expect(findings[0]).toEqual({ schemaId: 7, outputId: 0xffff_fffe, unknown: [], problems: [] });
  });

  test('are forgotten beyond the limit, but for those that the batch of now needs', async () => {
    const { plan, run } = planOver(2, avro);
    const ids = [1, 2, 3, 4];
    plan.schemas.begin(0, 0n);
    for (const id of ids) expect(() => run(id)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    for (const id of ids) expect(run(id)).toMatchObject({ ok: true });
    plan.schemas.begin(0, 4n);
    expect(plan.schemas.size).toBe(2);
  });

  test('that a batch of one partition needs stay while batches of others begin', async () => {
    const { plan, run } = planOver(1, avro);
    plan.schemas.begin(0, 0n);
    for (const id of [1, 2]) expect(() => run(id)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    plan.schemas.begin(1, 0n);
    expect(() => run(3)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    plan.schemas.begin(0, 0n);
    for (const id of [1, 2]) expect(run(id)).toMatchObject({ ok: true });
    plan.schemas.begin(0, 2n);
    plan.schemas.begin(1, 1n);
    expect(plan.schemas.size).toBe(1);
  });

  test('that one partition waits for hold up no other, and are fetched once for all', async () => {
    let answer: (schema: unknown) => void = () => undefined;
    const slow = new Promise((resolve) => (answer = resolve));
    const { asked, plan, run } = planOver(10, (id) => (id === 1 ? avro() : (slow as never)));
    plan.schemas.begin(0, 0n);
    expect(() => run(1)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    expect(() => run(2)).toThrow('SCHEMAS_WANTED');
    const first = plan.schemas.bring();
    plan.schemas.begin(1, 0n);
    expect(run(1)).toMatchObject({ ok: true });
    expect(plan.schemas.wants).toBe(false);
    expect(() => run(2)).toThrow('SCHEMAS_WANTED');
    const second = plan.schemas.bring();
    answer(await avro());
    await Promise.all([first, second]);
    expect(run(2)).toMatchObject({ ok: true });
    expect(asked).toEqual([1, 2]);
  });

  test('that the registry does not have refuse their records in this batch, however often it is asked for, and are asked for in the next', async () => {
    const { asked, plan, run } = planOver(10, fails('SCHEMA_UNKNOWN'));
    plan.schemas.begin(0, 0n);
    expect(() => run(9)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    plan.schemas.begin(1, 0n);
    plan.schemas.begin(0, 0n);
    expect(run(9)).toEqual({ ok: false, code: 'SCHEMA_UNKNOWN' });
    plan.schemas.begin(0, 1n);
    expect(() => run(9)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    expect(asked).toEqual([9, 9]);
  });

  test('whose derived schema is refused by the registry refuse their records, and tell why', async () => {
    const { findings, plan, run } = planOver(10, avro, fails('SCHEMA_INCOMPATIBLE'));
    expect(() => run(9)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    expect(run(9)).toEqual({ ok: false, code: 'SCHEMA_INCOMPATIBLE' });
    expect(findings).toMatchObject([{ schemaId: 9, problems: [{ code: 'SCHEMA_INCOMPATIBLE' }] }]);
  });

  test('stay wanted when the registry is away', async () => {
    const { plan, run } = planOver(10, fails('REGISTRY_UNREACHABLE'));
    expect(() => run(9)).toThrow('SCHEMAS_WANTED');
    await expect(plan.schemas.bring()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(plan.schemas.wants).toBe(true);
    expect(() => run(9)).toThrow('SCHEMAS_WANTED');
  });

  test.each([
    ['of another format', { type: 'JSON', text: '{}', references: [] }, 'SCHEMA_UNREADABLE'],
    ['that is none', { type: 'AVRO', text: '{"type":"x"}', references: [] }, 'SCHEMA_UNREADABLE'],
    [
      'with a field that the policy does not name',
      { type: 'AVRO', text: SCHEMA.replace('"s"', '"other"'), references: [] },
      'RECORD_UNKNOWN_FIELD',
    ],
  ] as const)('a schema %s refuses its records', async (_, schema, code) => {
    const { plan, run } = planOver(10, () => Promise.resolve(schema));
    expect(() => run(1)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    expect(run(1)).toEqual({ ok: false, code });
  });
});

describe('a value', () => {
  test.each([[[]], [[0, 0, 0, 1]], [[1, 0, 0, 0, 1, 2, 0x61]], [[0x7b, 0x7d, 0, 0, 0, 0]]])(
    '%j does not name a schema',
    (bytes) => {
      const { plan } = planOver(1, avro);
      const verdict = plan.apply(Buffer.from(bytes), keys, new Tally());
      expect(verdict).toEqual({ ok: false, code: 'RECORD_NOT_FRAMED', byte: 0 });
    },
  );

  test('that is refused tells the place from its own beginning, and leaves nothing', async () => {
    const { plan, run } = planOver(1, avro);
    expect(() => run(1)).toThrow('SCHEMAS_WANTED');
    await plan.schemas.bring();
    const verdict = plan.apply(framed(1, 2, 0x61, 9), keys, new Tally());
    expect(verdict).toEqual({ ok: false, code: 'RECORD_INVALID_AVRO', byte: 7 });
  });
});
