import { describe, expect, test } from 'vitest';
import {
  FramedCheckPlan,
  FramedPlan,
  type KnownSchema,
  type SchemaFinding,
  type SchemaSource,
  Tally,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { field, keys, proto, read } from './protobuf-fixture.ts';

const HIDE = '{ type: string, mask: { partial: { hideLast: 2 } } }';
const dataset = datasetWith(`/s: ${HIDE}`);
const SCHEMA = proto(`message A { optional string s = 1; message B { optional string s = 2; } }
message C { optional string s = 3; } message D { string other = 1; }`);

/** A record behind what Confluent's serializers put before it. */
function framed(index: readonly number[], message: Buffer, id = 7): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, ...index]);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, message]);
}

/** A registry in memory, which numbers what is registered from 100 on. */
function registryOf(known: Partial<KnownSchema> = {}) {
  const registered: string[] = [];
  const source: SchemaSource = {
    schema: () => Promise.resolve({ type: 'PROTOBUF', text: SCHEMA, references: [], ...known }),
    register: (_subject, type, text) => {
      expect(type).toBe('PROTOBUF');
      const at = registered.indexOf(text);
      return Promise.resolve(100 + (at < 0 ? registered.push(text) - 1 : at));
    },
  };
  return { registered, source };
}

function planOver(known: Partial<KnownSchema> = {}) {
  const { registered, source } = registryOf(known);
  const findings: SchemaFinding[] = [];
  const plan = new FramedPlan(dataset, 'protobuf', 'mask', {
    source,
    subject: 'masked.d-value',
    onFinding: (finding) => findings.push(finding),
  });
  const run = async (value: Buffer) => {
    const apply = () => plan.apply(value, keys, new Tally());
    try {
      return apply();
    } catch (error) {
      expect(error).toMatchObject({ code: 'SCHEMAS_WANTED' });
      await plan.schemas.bring();
      return apply();
    }
  };
  return { findings, plan, registered, run };
}

describe('a Protobuf record in the wire format', () => {
  test.each([
    ['the first message by a single zero', [0], 'A', 1],
    ['the first message written out', [2, 0], 'A', 1],
    ['a message inside another', [4, 0, 0], 'A.B', 2],
    ['a later message', [2, 2], 'C', 3],
  ])('is treated as %s, and its index stays as it came', async (_, index, name, number) => {
    const { registered, run } = planOver();
    const verdict = await run(framed(index, field(number, 'abcd')));
    expect(verdict).toEqual({ ok: true, value: framed(index, field(number, 'abXX'), 100) });
    const message = verdict.ok ? verdict.value.subarray(5 + index.length) : Buffer.alloc(0);
    expect(read(registered[0] ?? '', message, name)).toEqual({ s: 'abXX' });
  });

  test('asks once for each message of a schema, and treats each by a plan of its own', async () => {
    const { findings, plan, run } = planOver();
    await run(framed([0], field(1, 'abcd')));
    await run(framed([2, 0], field(1, 'abcd')));
    expect(await run(framed([2, 4], field(1, 'abcd')))).toEqual({
      ok: false,
      code: 'RECORD_UNKNOWN_FIELD',
    });
    expect(plan.schemas.size).toBe(2);
    expect(findings.map(({ problems }) => problems)).toEqual([
      [],
      [{ code: 'RECORD_UNKNOWN_FIELD', path: '/other' }],
    ]);
  });

  test.each([
    ['one that is cut', [2]],
    ['one below zero', [2, 1]],
    ['a count that is none', [7]],
  ])('is refused where the index is none: %s', async (_, index) => {
    const { run } = planOver();
    const verdict = await run(framed(index, Buffer.alloc(0)));
    expect(verdict).toEqual({ ok: false, code: 'RECORD_NOT_FRAMED', byte: 5 });
  });

  test('without an index is the first message, and has none when it is written either', async () => {
    const { plan, run } = planOver();
    const masked = { ok: true, value: framed([], field(1, 'abXX'), 100) };
    expect(await run(framed([], field(1, 'abcd')))).toEqual(masked);
    expect(await run(framed([], Buffer.alloc(0)))).toEqual({
      ok: true,
      value: framed([], Buffer.alloc(0), 100),
    });
    // With an index it is another plan, so that neither takes the other's form.
    expect(await run(framed([0], field(1, 'abcd')))).toMatchObject({ ok: true });
    expect(plan.schemas.size).toBe(2);
  });

  test('without an index is refused where messages are nested so deep that an index looks like it', async () => {
    const text = proto('message A { message B { message C { message D { string s = 1; } } } }');
    const { findings, run } = planOver({ text });
    const verdict = await run(framed([8, 0, 0, 0, 0], field(1, 'abcd')));
    expect(verdict).toEqual({ ok: false, code: 'SCHEMA_UNREADABLE' });
    expect(findings).toMatchObject([{ schemaId: 7, problems: [{ code: 'SCHEMA_UNREADABLE' }] }]);
  });

  test('is refused where the index names no message, or the schema is built on others', async () => {
    const unreadable = { ok: false, code: 'SCHEMA_UNREADABLE' };
    expect(await planOver().run(framed([2, 8], Buffer.alloc(0)))).toEqual(unreadable);
    const built = planOver({ references: [{ text: SCHEMA }] });
    expect(await built.run(framed([0], Buffer.alloc(0)))).toEqual(unreadable);
    expect(built.findings[0]?.problems).toEqual([{ code: 'SCHEMA_UNREADABLE', path: '' }]);
    const avro = planOver({ type: 'AVRO', text: '"string"' });
    expect(await avro.run(framed([0], Buffer.alloc(0)))).toEqual(unreadable);
  });

  test('tells the place of a fault from its own beginning, and is checked by the same rules', async () => {
    const { run } = planOver();
    const cut = framed([4, 0, 0], Buffer.from([0x12, 2, 0x61]));
    const invalid = { ok: false, code: 'RECORD_INVALID_PROTOBUF', byte: 9 };
    expect(await run(cut)).toEqual(invalid);
    const check = new FramedCheckPlan(dataset, 'protobuf', { source: registryOf().source });
    expect(() => check.check(cut)).toThrow('SCHEMAS_WANTED');
    await check.schemas.bring();
    expect(check.check(cut)).toEqual(invalid);
    const good = framed([4, 0, 0], field(2, 'abcd'));
    expect(check.check(good)).toEqual({ ok: true, value: good });
    expect(check.checkRange(Buffer.concat([cut, good]), cut.length, cut.length + good.length)).toBe(
      undefined,
    );
  });
});
