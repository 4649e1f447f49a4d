import { describe, expect, test } from 'vitest';
import { encryptPlan, protobufPlan, Tally } from '../src/index.ts';
import {
  encoded,
  field,
  keys,
  opened,
  planOf,
  proto,
  read,
  treat,
  treatBytes,
} from './protobuf-fixture.ts';
import { datasetWith } from './people.ts';

const SSN = `/ssn: { type: string, mask: { partial: { hideLast: 4 } } }`;
const HIDE = 'mask: { partial: { hideLast: 2 } }';
const ANY = 'type: [string, number, boolean, object, array]';

describe('mask on Protobuf', () => {
  test('a masked text is another text under its number, and every other byte stays', () => {
    const dataset = datasetWith(`/in/ssn: { type: string, mask: { partial: { hideLast: 4 } } }
      /n: { type: number, mask: keep }`);
    const schema = proto(
      'message M { In in = 1; sint64 n = 2; } message In { optional string ssn = 3; }',
    );
    // A tag and a length with more bytes than they need, and fields in another order.
    const n = Buffer.from([0x90, 0x80, 0x00, 0x83, 0x80, 0x00]);
    const of = (ssn: string) =>
      Buffer.concat([n, Buffer.from([0x0a, 0x8d, 0x80, 0x00]), field(3, ssn)]);
    const { bytes, schema: derived, value } = treat(dataset, 'mask', schema, of('123-45-6789'));
    expect(bytes).toEqual(of('123-45-XXXX'));
    expect(value).toEqual({ in: { ssn: '123-45-XXXX' }, n: '-2' });
    expect(derived).toBe(schema);
  });

  test('a masked number becomes a string under a number of its own', () => {
    const dataset = datasetWith(`/n: { type: number, ${HIDE} }`);
    for (const label of ['', 'optional ']) {
      const schema = proto(`message M { ${label}int32 n = 1; }`);
      const { schema: derived, bytes } = treat(dataset, 'mask', schema, { n: 1234 });
      expect(bytes).toEqual(field(100_000_001, '12XX'));
      expect(read(derived, bytes)).toEqual({ n: '12XX' });
    }
  });

  test.each([
    ['double', -12.5, -50],
    ['float', 70.5, 50],
    ['int32', -12, -50],
    ['int64', '9007199254740999', '9007199254740950'],
    ['uint32', 4_294_967_295, 4_294_967_250],
    ['uint64', '18446744073709551615', '18446744073709551600'],
    ['sint32', -2_147_483_600, -2_147_483_600],
    ['sint64', '-9223372036854775799', '-9223372036854775800'],
    ['fixed32', 4_294_967_295, 4_294_967_250],
    ['fixed64', '18446744073709551615', '18446744073709551600'],
    ['sfixed32', -1, -50],
    ['sfixed64', '-1', '-50'],
  ])('%s stays one where the mask gives a number, alone and packed', (type, n, becomes) => {
    const dataset = datasetWith(`/n: { type: number, mask: { generalise: { bucket: 50 } } }
      /l/*: { type: number, mask: { generalise: { bucket: 50 } } }`);
    const schema = proto(`message M { ${type} n = 1; repeated ${type} l = 2; }`);
    const { schema: derived, tally, value } = treat(dataset, 'mask', schema, { n, l: [n, n] });
    expect(derived).toBe(schema);
    expect(value).toEqual({ n: becomes, l: [becomes, becomes] });
    expect(tally.treated).toEqual({ '/n generalise': 1, '/l/* generalise': 2 });
  });

  test('a number that no longer fits its type is refused, as is NaN', () => {
    const dataset = datasetWith(`/n: { type: number, mask: { generalise: { bucket: 50 } } }`);
    const of = (type: string, n: number) => {
      const schema = proto(`message M { ${type} n = 1; }`);
      return treatBytes(dataset, 'mask', schema, encoded(schema, { n }));
    };
    const unfit = { ok: false, code: 'RECORD_VALUE_UNFIT', path: '/n', byte: 0 };
    expect(of('int32', -(2 ** 31))).toEqual(unfit);
    expect(of('double', Number.NaN)).toEqual(unfit);
  });

  test('constants, null and drop give the types that they write, and leave out what goes', () => {
    const dataset = datasetWith(`/text: { type: [string, number] }
      /one: { type: number, mask: { constant: 7 } }
      /half: { type: number, mask: { constant: 0.5 } }
      /no: { type: boolean, mask: { constant: true } }
      /none: { type: string, mask: null }
      /gone/*: { type: string, mask: drop }`);
    const schema = proto(`message M {
  int32 text = 1; int32 one = 2; float half = 3; bool no = 4; string none = 5;
  repeated string gone = 6;
}`);
    const input = { text: 1, one: 2, half: 3, no: false, none: 'x', gone: ['y', 'z'] };
    const { bytes, tally, value } = treat(dataset, 'mask', schema, input);
    expect(value).toEqual({ text: '[redacted]', one: '7', half: 0.5, no: true });
    expect(bytes.toString('latin1')).not.toMatch(/[xyz]/);
    expect(tally.treated).toMatchObject({ '/none null': 1, '/gone/* drop': 2 });
  });
});

describe('mask and encrypt reach by path', () => {
  test('into nested and repeated messages', () => {
    const dataset = datasetWith(`/a/b/s: { type: string, ${HIDE} }
      /l/*/s: { type: string, ${HIDE} }
      /l/*/k: { type: number, mask: keep, encrypt: keep }`);
    const schema = proto(`message M { A a = 1; repeated B l = 2; message A { C b = 1; } }
message B { string s = 1; int32 k = 2; }
message C { string s = 1; }`);
    const input = { a: { b: { s: 'abcd' } }, l: [{ s: 'efgh', k: 1 }, { s: 'ijkl' }] };
    expect(treat(dataset, 'mask', schema, input).value).toEqual({
      a: { b: { s: 'abXX' } },
      l: [{ s: 'efXX', k: 1 }, { s: 'ijXX' }],
    });
    const { value } = treat(dataset, 'encrypt', schema, input);
    const { a, l } = value as { a: { b: { s: string } }; l: { s: string; k?: number }[] };
    expect(opened(dataset, '/a/b/s', a.b.s)).toEqual(['string', 'abcd']);
    expect(opened(dataset, '/l/*/s', l[1]?.s)).toEqual(['string', 'ijkl']);
    expect(l.map(({ k }) => k)).toEqual([1, undefined]);
  });

  test('each of what is repeated, packed or not, whatever the schema says of packing', () => {
    const dataset = datasetWith(`/l/*: { type: number, ${HIDE} }`);
    const schema = proto('message M { repeated int32 l = 1 [packed = false]; }');
    const bytes = Buffer.concat([
      field(1, 101),
      field(1, Buffer.from([0x66, 0xe7, 0x07])),
      field(1, Buffer.alloc(0)),
      field(1, 104),
    ]);
    const { tally, value } = treat(dataset, 'mask', schema, bytes);
    expect(value).toEqual({ l: ['1XX', '1XX', '9XX', '1XX'] });
    expect(tally.treated).toEqual({ '/l/* partial': 4 });
  });

  test('enums that are packed, none among them, where they are left out', () => {
    const schema = proto('message M { repeated E l = 1; } enum E { NONE = 0; ONE = 1; }');
    const bytes = Buffer.concat([field(1, Buffer.from([1, 0x81, 0])), field(1, Buffer.alloc(0))]);
    const dropped = datasetWith('/l/*: { type: string, mask: drop }');
    const { tally, value } = treat(dropped, 'mask', schema, bytes);
    expect({ value, treated: tally.treated }).toEqual({ value: {}, treated: { '/l/* drop': 2 } });
    const masked = datasetWith(`/l/*: { type: string, ${HIDE} }`);
    expect(treat(masked, 'mask', schema, bytes).value).toEqual({ l: ['OXX', 'OXX'] });
  });

  test('values of maps, messages among them, while keys stay', () => {
    const dataset = datasetWith(`/s/*: { type: string, ${HIDE} }
      /n/*: { type: number, ${HIDE} }
      /m/*/s: { type: string, ${HIDE} }
      /k/*: { type: object, mask: keep }`);
    const schema = proto(`message M {
  map<string, string> s = 1; map<int32, int64> n = 2; map<bool, In> m = 3; map<string, Kept> k = 4;
}
message In { string s = 1; }
message Kept { string s = 1; }`);
    const input = {
      s: { a: 'abcd' },
      n: { '-5': 1234 },
      m: { true: { s: 'efgh' } },
      k: { b: { s: 'x' } },
    };
    const { schema: derived, value } = treat(dataset, 'mask', schema, input);
    expect(derived).toContain('map<int32, string> n = 100000002;');
    expect(value).toEqual({
      ...input,
      s: { a: 'abXX' },
      n: { '-5': '12XX' },
      m: { true: { s: 'efXX' } },
    });
  });

  test('members of a oneof, and tell which of them is there as the schema does', () => {
    const dataset = datasetWith(`/a: { type: string, ${HIDE} }
      /b: { type: number, ${HIDE} }
      /c/s: { type: string, ${HIDE} }`);
    const schema = proto(`message M { oneof one { string a = 1; int32 b = 2; In c = 3; } }
message In { string s = 1; }`);
    expect(treat(dataset, 'mask', schema, { a: '' }).value).toEqual({ a: '' });
    expect(treat(dataset, 'mask', schema, { b: 123 }).value).toEqual({ b: '1XX' });
    expect(treat(dataset, 'mask', schema, { c: { s: 'abc' } }).value).toEqual({ c: { s: 'aXX' } });
    expect(treat(dataset, 'mask', schema, {}).value).toEqual({});
  });
});

describe('encrypt on Protobuf', () => {
  const inner = 'message In { int32 a = 1; bytes b = 2; repeated In c = 3; map<string, E> d = 4; }';
  test.each([
    ['string', 'x', ['string', 'x']],
    ['bytes', Buffer.from([1, 2]), ['string', 'AQI=']],
    ['E', 'ONE', ['string', 'ONE']],
    ['E', 77, ['string', '77']],
    ['bool', true, ['boolean', 'true']],
    ['int32', -1, ['number', '-1']],
    ['int64', '-9223372036854775808', ['number', '-9223372036854775808']],
    ['uint64', '18446744073709551615', ['number', '18446744073709551615']],
    ['sint32', -3, ['number', '-3']],
    ['sint64', '-3', ['number', '-3']],
    ['fixed32', 4_294_967_295, ['number', '4294967295']],
    ['fixed64', '1', ['number', '1']],
    ['sfixed32', -2, ['number', '-2']],
    ['sfixed64', '-2', ['number', '-2']],
    ['float', 0.1, ['number', '0.1']],
    ['double', 1e300, ['number', '1e+300']],
    ['double', Number.NaN, ['string', 'NaN']],
    ['repeated int32', [1, -2], ['json', '[1,-2]']],
    ['repeated string', ['a"', ''], ['json', '["a\\"",""]']],
    ['map<string, double>', { 'a"': 1.5, b: Infinity }, ['json', '{"a\\"":1.5,"b":"Infinity"}']],
    ['map<int64, In>', { 7: { a: 1 } }, ['json', '{"7":{"a":1}}']],
    [
      'In',
      { a: 1, b: Buffer.from('x'), c: [{}, { a: 2 }], d: { k: 'ONE' } },
      ['json', '{"a":1,"b":"eA==","c":[{},{"a":2}],"d":{"k":"ONE"}}'],
    ],
  ])('%s: %s is sealed as it would be in JSON', (type, v, sealed) => {
    const dataset = datasetWith(`/v: { ${ANY} }`);
    const schema = proto(`message M { ${type} v = 1; } ${inner} enum E { NONE = 0; ONE = 1; }`);
    const { value } = treat(dataset, 'encrypt', schema, { v });
    expect(opened(dataset, '/v', value['v'])).toEqual(sealed);
  });

  test('a token of JSON and one of Protobuf hold the same', () => {
    const dataset = datasetWith(`/n: { type: number }`);
    const verdict = encryptPlan(dataset).apply(Buffer.from('{"n":-12}'), keys, new Tally());
    const json = JSON.parse(verdict.ok ? verdict.value.toString() : '') as { n: string };
    const schema = proto('message M { int32 n = 1; }');
    const { value } = treat(dataset, 'encrypt', schema, { n: -12 });
    expect(opened(dataset, '/n', value['n'])).toEqual(opened(dataset, '/n', json.n));
  });

  test('a well-known type is a message of its fields, and kept as it is', () => {
    const dataset = datasetWith(`/at: { type: object, mask: keep }`);
    const schema = proto(`import "google/protobuf/timestamp.proto";
message M { google.protobuf.Timestamp at = 1; }`);
    const at = Buffer.concat([field(1, 1_700_000_000), field(2, 5)]);
    const { plan, outputSchema } = planOf(dataset, 'encrypt', schema);
    const sealed = plan.apply(field(1, at), keys, new Tally());
    const token = sealed.ok ? read(outputSchema, sealed.value)['at'] : '';
    expect(opened(dataset, '/at', token)).toEqual(['json', '{"seconds":1700000000,"nanos":5}']);
    const verdict = treatBytes(dataset, 'mask', schema, field(1, at));
    expect(verdict).toEqual({ ok: true, value: field(1, at) });
  });

  test('fields of the schema that the policy does not name are rejected, left out or sealed, and told', () => {
    const schema = proto('message M { string ssn = 1; int32 new = 2; }');
    const with_ = (rule: string) => datasetWith(SSN, `    unknownFields: ${rule}\n`);
    expect(protobufPlan(with_('reject'), 'mask', schema)).toEqual({
      problems: [{ code: 'RECORD_UNKNOWN_FIELD', path: '/new' }],
    });
    const input = { ssn: '123-45-6789', new: 5 };
    for (const [rule, stage] of [
      ['drop', 'mask'],
      ['drop', 'encrypt'],
      ['encrypt', 'mask'],
    ] as const) {
      expect(planOf(with_(rule), stage, schema).unknown).toEqual(['/new']);
      expect(Object.keys(treat(with_(rule), stage, schema, input).value)).toEqual(['ssn']);
    }
    const { value } = treat(with_('encrypt'), 'encrypt', schema, input);
    expect(opened(with_('encrypt'), '/*', value['new'])).toEqual(['number', '5']);
  });
});

describe('a message of a schema with several', () => {
  const schema = proto(`message A { string a = 1; message B { string b = 1; } }
message M { string m = 1; map<string, string> n = 2; message C { string c = 1; } }`);
  const dataset = datasetWith(`/b: { type: string, ${HIDE} }`);

  test('is the one that the indexes name', () => {
    const { plan, outputSchema } = planOf(dataset, 'mask', schema, [0, 0]);
    const verdict = plan.apply(field(1, 'abc'), keys, new Tally());
    expect(verdict.ok && read(outputSchema, verdict.value, 'A.B')).toEqual({ b: 'aXX' });
    expect(() => planOf(dataset, 'mask', schema, [0])).toThrow('RECORD_UNKNOWN_FIELD');
  });

  test.each([[[2]], [[0, 1]], [[0, 0, 0]]])('is refused where none is: %j', (indexes) => {
    expect(() => planOf(dataset, 'mask', schema, indexes)).toThrow('SCHEMA_UNREADABLE');
  });

  test('is refused inside one with maps, whose hidden messages not all writers count', () => {
    expect(() => planOf(dataset, 'mask', schema, [1, 0])).toThrow('SCHEMA_UNREADABLE');
  });
});
