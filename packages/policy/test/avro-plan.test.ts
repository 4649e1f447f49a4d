import { fieldCipher } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { avroCheckPlan, avroPlan, type Dataset, encryptPlan, Tally } from '../src/index.ts';
import { avscType, keys, planOf, treat, treatBytes } from './avro-fixture.ts';
import { datasetWith } from './people.ts';

const record = (...fields: object[]) => ({ type: 'record', name: 'Person', fields });
const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
/** The type of the only field of a derived schema. */
const typeOf = (schema: object) => (schema as { fields: { type: unknown }[] }).fields[0]?.type;

/** What the token of a field holds. */
function opened(dataset: Dataset, path: string, token: unknown): [string, string] {
  const { type, plain: bytes } = fieldCipher(dataset.name, path, {
    ...dataset.unknownSeal,
  }).open(keys, Buffer.from(String(token)));
  return [type, bytes.toString()];
}

const SSN = `/ssn: { type: string, mask: { partial: { hideLast: 4 } } }`;

describe('mask on Avro', () => {
  test('a masked text is another text, and every other byte stays', () => {
    const dataset = datasetWith(`${SSN}
      /n: { type: number, mask: keep }`);
    const schema = record(field('ssn', 'string'), field('n', 'long'));
    const { value, schema: derived } = treat(dataset, 'mask', schema, {
      ssn: '123-45-6789',
      n: 2n ** 62n + 1n,
    });
    expect(value).toEqual({ ssn: '123-45-XXXX', n: 2n ** 62n + 1n });
    expect(derived).toEqual(schema);
  });

  test('a masked number becomes a string, and its union with null stays, null where it was', () => {
    const dataset = datasetWith(`/n: { type: number, mask: { partial: { hideLast: 2 } } }`);
    for (const [type, becomes] of [
      ['int', 'string'],
      [
        ['null', 'int'],
        ['null', 'string'],
      ],
      [
        ['int', 'null', 'double'],
        ['string', 'null'],
      ],
    ]) {
      const isUnion = Array.isArray(type);
      const of = (value: unknown) => treat(dataset, 'mask', record(field('n', type)), { n: value });
      const some = of(isUnion ? { int: 1234 } : 1234);
      expect(plain(some.value)).toEqual({ n: isUnion ? { string: '12XX' } : '12XX' });
      expect(typeOf(some.schema)).toEqual(becomes);
      if (isUnion) expect(plain(of(null).value)).toEqual({ n: null });
    }
  });

  test('a number that stays a number keeps its type and its branch', () => {
    const dataset = datasetWith(`/n: { type: number, mask: { generalise: { bucket: 50 } } }`);
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
    const of = (type: unknown, n: unknown) =>
      (treat(dataset, 'mask', record(field('n', type)), { n }).value as { n: unknown }).n;
    expect(of('int', -12)).toBe(-50);
    expect(of('long', 2n ** 60n + 7n)).toBe(((2n ** 60n + 7n) / 50n) * 50n);
    expect(of('double', 123.4)).toBe(100);
    expect(plain(of(['null', 'float', 'string'], { float: 70 }))).toEqual({ float: 50 });
    expect(of(decimal, Buffer.from([0x30, 0x39]))).toEqual(Buffer.from([0x27, 0x10]));
  });

  test('a number that no longer fits its type is refused, as is NaN', () => {
    const dataset = datasetWith(`/n: { type: number, mask: { generalise: { bucket: 50 } } }`);
    const of = (type: string, n: number) => {
      const schema = record(field('n', type));
      return treatBytes(dataset, 'mask', schema, avscType(schema).toBuffer({ n }));
    };
    const unfit = { ok: false, code: 'RECORD_VALUE_UNFIT', path: '/n', byte: 0 };
    expect(of('int', -(2 ** 31))).toEqual(unfit);
    expect(of('double', Number.NaN)).toEqual(unfit);
  });

  test('constants, null and drop give the types that they write', () => {
    const dataset = datasetWith(`/text: { type: [string, number] }
      /one: { type: number, mask: { constant: 7 } }
      /half: { type: number, mask: { constant: 0.5 } }
      /no: { type: boolean, mask: { constant: false } }
      /none: { type: string, mask: null }
      /gone: { type: string, mask: drop }`);
    const schema = record(
      field('text', ['null', 'string', 'int']),
      field('one', 'int'),
      field('half', ['float', 'null']),
      field('no', 'boolean'),
      field('none', ['null', 'string'], { default: null }),
      field('gone', 'string'),
    );
    const input = { text: null, one: 1, half: null, no: true, none: { string: 'x' }, gone: 'y' };
    const { schema: derived, value } = treat(dataset, 'mask', schema, input);
    expect(derived).toEqual(
      record(
        field('text', ['null', 'string']),
        field('one', 'long'),
        field('half', ['double', 'null']),
        field('no', 'boolean'),
        field('none', 'null', { default: null }),
      ),
    );
    expect(value).toMatchObject({ one: 7n, no: false, none: null });
    expect(plain({ ...(value as object), one: 0 })).toMatchObject({
      text: { string: '[redacted]' },
      half: { double: 0.5 },
    });
  });

  test('elements that are left out leave an empty array and map', () => {
    const dataset = datasetWith(`/tags/*: { type: string, mask: drop }
      /more/*: { type: string, mask: drop }`);
    const schema = record(
      field('tags', { type: 'array', items: 'string' }),
      field('more', { type: 'map', values: 'string' }),
    );
    const { value, tally } = treat(dataset, 'mask', schema, { tags: ['a', 'b'], more: { c: 'd' } });
    expect(value).toEqual({ tags: [], more: {} });
    expect(tally.treated).toEqual({ '/tags/* drop': 1, '/more/* drop': 1 });
  });

  test.each([
    ['date', 'int', 6_243, '1987-02-04'],
    ['date', 'int', -719_529, '-000001-12-31'],
    ['date', 'int', 2 ** 31 - 1, '2147483647'],
    ['time-millis', 'int', 3_723_004, '01:02:03.004'],
    ['time-micros', 'long', 86_399_999_999n, '23:59:59.999999'],
    ['timestamp-millis', 'long', -1n, '1969-12-31T23:59:59.999Z'],
    ['timestamp-micros', 'long', 1_700_000_000_000_001n, '2023-11-14T22:13:20.000001Z'],
    ['local-timestamp-millis', 'long', 0n, '1970-01-01T00:00:00.000'],
    ['timestamp-nanos', 'long', 1n, '1970-01-01T00:00:00.000000001Z'],
    ['timestamp-millis', 'long', 2n ** 63n - 1n, '9223372036854775807'],
  ] as const)('a %s of %s reads as ISO 8601: %s is %s', (logicalType, type, given, text) => {
    const dataset = datasetWith(`/d: { type: string }`);
    const schema = record(field('d', { type, logicalType }));
    const { value, schema: derived } = treat(dataset, 'encrypt', schema, { d: given });
    expect(typeOf(derived)).toBe('string');
    expect(opened(dataset, '/d', (value as { d: string }).d)).toEqual(['string', text]);
  });
});

describe('encrypt on Avro', () => {
  const decimal = (more: object) => ({ logicalType: 'decimal', precision: 5, scale: 2, ...more });

  test.each([
    ['string', 'Zoë "x"', ['string', 'Zoë "x"']],
    ['int', -7, ['number', '-7']],
    ['long', 2n ** 63n - 1n, ['number', '9223372036854775807']],
    ['long', -(2n ** 63n), ['number', '-9223372036854775808']],
    ['double', 0.1, ['number', '0.1']],
    ['float', Math.fround(0.1), ['number', '0.1']],
    ['double', Number.NaN, ['string', 'NaN']],
    ['boolean', true, ['boolean', 'true']],
    ['bytes', Buffer.from([0, 255]), ['string', 'AP8=']],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B', ['string', 'B']],
    [{ type: 'fixed', name: 'F', size: 2 }, Buffer.from([1, 2]), ['string', 'AQI=']],
    [decimal({ type: 'bytes' }), Buffer.from([0xff]), ['number', '-0.01']],
    [decimal({ type: 'fixed', name: 'F', size: 3 }), Buffer.from([0, 1, 0]), ['number', '2.56']],
    [{ type: 'string', logicalType: 'uuid' }, 'a-b', ['string', 'a-b']],
    [['null', 'string'], null, ['null', 'null']],
    [{ type: 'array', items: 'int' }, [1, 2], ['json', '[1,2]']],
    [{ type: 'map', values: ['null', 'double'] }, { 'a"': null }, ['json', '{"a\\"":null}']],
    [
      record(field('a', 'int'), field('b', 'bytes')),
      { a: 1, b: Buffer.from('x') },
      ['json', '{"a":1,"b":"eA=="}'],
    ],
  ])('%j: %s is sealed as it would be in JSON', (type, value, sealed) => {
    const dataset = datasetWith(`/v: { type: [string, number, boolean, object, array] }`);
    const schema = { type: 'record', name: 'Outer', fields: [field('v', type)] };
    const { value: out } = treat(dataset, 'encrypt', schema, { v: value });
    const { v } = out as { v: string | { string: string } };
    expect(opened(dataset, '/v', typeof v === 'string' ? v : v.string)).toEqual(sealed);
  });

  test('a token of JSON and one of Avro hold the same', () => {
    const dataset = datasetWith(`/n: { type: number }`);
    const verdict = encryptPlan(dataset).apply(Buffer.from('{"n":-12}'), keys, new Tally());
    const json = JSON.parse(verdict.ok ? verdict.value.toString() : '') as { n: string };
    const avro = treat(dataset, 'encrypt', record(field('n', 'int')), { n: -12 });
    const { n } = avro.value as { n: string };
    expect(opened(dataset, '/n', n)).toEqual(opened(dataset, '/n', json.n));
  });

  test('fields that the policy does not name are rejected, left out or sealed, and told', () => {
    const schema = record(field('ssn', 'string'), field('new', ['null', 'int'], { default: null }));
    const with_ = (rule: string) => datasetWith(SSN, `    unknownFields: ${rule}\n`);
    const text = JSON.stringify(schema);
    expect(avroPlan(with_('reject'), 'mask', text)).toEqual({
      problems: [{ code: 'RECORD_UNKNOWN_FIELD', path: '/new' }],
    });
    const fields = (rule: string, stage: 'mask' | 'encrypt') => {
      const made = avroPlan(with_(rule), stage, text);
      if ('problems' in made) throw new Error('refused');
      expect(made.unknown).toEqual(['/new']);
      return (JSON.parse(made.outputSchema) as { fields: unknown[] }).fields;
    };
    expect(fields('drop', 'mask')).toHaveLength(1);
    expect(fields('drop', 'encrypt')).toHaveLength(1);
    expect(fields('encrypt', 'mask')).toHaveLength(1);
    const sealed = field('new', ['null', 'string'], { default: null });
    expect(fields('encrypt', 'encrypt')[1]).toEqual(sealed);
    const { value } = treat(with_('encrypt'), 'encrypt', schema, { ssn: 'x', new: { int: 5 } });
    const token = (value as { new: { string: string } }).new.string;
    expect(opened(with_('encrypt'), '/*', token)).toEqual(['number', '5']);
  });
});

describe('an Avro record', () => {
  test('whose blocks have sizes gets counts alone where what is in them changes', () => {
    const dataset = datasetWith(`/l/*: { type: string, mask: { constant: longer } }
      /k/*: { type: string, mask: keep }`);
    const array = { type: 'array', items: 'string' };
    const schema = record(field('l', array), field('k', array));
    const sized = [1, 4, 2, 0x61, 0];
    const verdict = treatBytes(dataset, 'mask', schema, Buffer.from([...sized, ...sized]));
    const bytes = verdict.ok ? verdict.value : Buffer.alloc(0);
    expect(bytes).toEqual(Buffer.from([2, 12, ...Buffer.from('longer'), 0, ...sized]));
  });

  test('with a value that looks sealed is refused, unless the policy seals it once more', () => {
    const lines = `/s: { type: string }`;
    const dataset = datasetWith(lines);
    const { value } = treat(dataset, 'encrypt', record(field('s', 'string')), { s: 'x' });
    const again = avscType(record(field('s', 'string'))).toBuffer(value);
    const run = (of: Dataset) => treatBytes(of, 'mask', record(field('s', 'string')), again);
    expect(run(dataset)).toEqual({ ok: false, code: 'RECORD_LOOKS_SEALED', byte: 0, path: '/s' });
    expect(run(datasetWith(lines, '    producerTokens: reseal\n'))).toMatchObject({ ok: true });
  });

  test('too large, before or after, is refused', () => {
    const schema = record(field('s', 'string'));
    const run = (max: number) =>
      treatBytes(
        datasetWith(`/s: { type: string }`, `    maxRecordBytes: ${max}\n`),
        'encrypt',
        schema,
        avscType(schema).toBuffer({ s: 'xxxx' }),
      );
    expect(run(4)).toEqual({ ok: false, code: 'RECORD_TOO_LARGE', byte: 4 });
    expect(run(5)).toEqual({ ok: false, code: 'RECORD_TOO_LARGE' });
    expect(run(500)).toMatchObject({ ok: true });
  });

  test('is checked by the same rules, and tells its subject, also one that is a date', () => {
    const lines = `/d: { type: string }`;
    const rules = '    subject: /d\n    required: [/d]\n';
    const schema = record(field('d', { type: 'int', logicalType: 'date' }));
    const made = avroCheckPlan(datasetWith(lines, rules), JSON.stringify(schema));
    if ('problems' in made) throw new Error('refused');
    const bytes = avscType(schema).toBuffer({ d: 1 });
    expect(made.plan.check(bytes)).toEqual({ ok: true, value: bytes });
    const { bytes: text, from, to } = made.plan.subject() ?? { bytes, from: 0, to: 0 };
    expect(text.toString('utf8', from, to)).toBe('1970-01-02');
    expect(made.plan.checkRange(bytes, 0, 0)).toMatchObject({ code: 'RECORD_INVALID_AVRO' });
  });

  test('that is refused leaves nothing behind, and counts nothing', () => {
    const schema = record(field('a', 'string'), field('n', 'double'));
    const dataset = datasetWith(`/a: { type: string }
      /n: { type: number, mask: { generalise: { bucket: 5 } } }`);
    const bytes = avscType(schema).toBuffer({ a: 'x', n: Number.NaN });
    const tally = new Tally();
    const { plan } = planOf(dataset, 'mask', schema);
    expect(plan.apply(bytes, keys, tally)).toMatchObject({ code: 'RECORD_VALUE_UNFIT', byte: 2 });
    expect(tally.treated).toEqual({});
  });
});
