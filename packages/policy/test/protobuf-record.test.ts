import { ByteWriter } from '@sealstream/records';
import { describe, expect, test } from 'vitest';
import { type Dataset, protobufCheckPlan, Tally } from '../src/index.ts';
import {
  encoded,
  field,
  keys,
  opened,
  planOf,
  proto,
  read,
  tagsOf,
  treat,
  treatBytes,
} from './protobuf-fixture.ts';
import { datasetWith } from './people.ts';

const HIDE = 'mask: { partial: { hideLast: 2 } }';
const SSN = `/ssn: { type: string, ${HIDE} }`;
const STRING = proto('message M { string ssn = 1; }');
const join = (...parts: Buffer[]) => Buffer.concat(parts);

describe('what stands twice in a Protobuf record', () => {
  test('is treated at each place, the last of which counts', () => {
    const dataset = datasetWith(`/o: { type: string, ${HIDE} }
      /i: { type: string, ${HIDE} }
      /a: { type: string, ${HIDE} }
      /b: { type: string, ${HIDE} }`);
    const schema = proto(
      'message M { optional string o = 1; string i = 2; oneof x { string a = 3; string b = 4; } }',
    );
    const all = [1, 2, 3, 4].map((number) => field(number, 'canary'));
    const again = [1, 2, 3, 4].map((number) => field(number, `last${number}`));
    const { bytes, value } = treat(dataset, 'mask', schema, join(...all, ...again));
    expect(value).toMatchObject({ o: 'lasXX', i: 'lasXX', b: 'lasXX' });
    expect(bytes.toString('latin1')).not.toMatch(/canary|last/);
    const sealed = treat(dataset, 'encrypt', schema, join(...all, ...again));
    expect(opened(dataset, '/i', sealed.value['i'])).toEqual(['string', 'last2']);
    expect(sealed.bytes.toString('latin1')).not.toMatch(/canary|last/);
  });

  test('is treated in each part of a message that comes in parts', () => {
    const dataset = datasetWith(`/in/a: { type: string, ${HIDE} }
      /in/l/*: { type: string, ${HIDE} }
      /in/k: { type: number, mask: keep }`);
    const schema = proto(`message M { In in = 1; }
message In { optional string a = 1; repeated string l = 2; int32 k = 3; }`);
    const parts = (a: string, l: string, m: string) =>
      join(field(1, join(field(1, a), field(2, l))), field(1, join(field(2, m), field(3, 7))));
    const { bytes } = treat(dataset, 'mask', schema, parts('abcd', 'efgh', 'ijkl'));
    expect(bytes).toEqual(parts('abXX', 'efXX', 'ijXX'));
  });

  test.each([
    ['a protected field without presence', 'string ssn = 1;', ''],
    ['a required field', 'optional string ssn = 1;', '    required: [/in/ssn]\n'],
  ])('is refused where the parts of a message share %s', (_, fields, rules) => {
    const dataset = datasetWith(`/in/ssn: { type: string, ${HIDE} }`, rules);
    const schema = proto(`message M { In in = 1; } message In { ${fields} }`);
    const part = field(1, field(1, 'abcd'));
    expect(treatBytes(dataset, 'mask', schema, part)).toMatchObject({ ok: true });
    expect(treatBytes(dataset, 'mask', schema, join(part, part))).toEqual({
      ok: false,
      code: 'RECORD_DUPLICATE_FIELD',
      byte: part.length,
      path: '/in/*',
    });
  });

  test('is refused when it is the subject', () => {
    const rules = '    subject: /ssn\n    required: [/ssn]\n';
    for (const label of ['', 'optional ']) {
      const schema = proto(`message M { ${label}string ssn = 1; }`);
      const run = (bytes: Buffer) => treatBytes(datasetWith(SSN, rules), 'encrypt', schema, bytes);
      expect(run(field(1, 'a'))).toMatchObject({ ok: true });
      expect(run(join(field(1, 'a'), field(1, 'a')))).toEqual({
        ok: false,
        code: 'RECORD_DUPLICATE_FIELD',
        byte: 3,
        path: '/ssn',
      });
    }
  });

  test('is one JSON where it is sealed whole: merged, the last of a oneof, the last of a key', () => {
    const dataset = datasetWith('/v: { type: object }');
    const schema = proto(`message M { V v = 1; }
message V { oneof x { int32 a = 1; W b = 2; } W w = 3; map<string, int32> m = 4; }
message W { int32 p = 1; repeated int32 q = 2; }`);
    const entry = (value: number) => field(4, join(field(1, 'k'), field(2, value)));
    const v = join(
      field(2, field(1, 1)),
      field(1, 5),
      field(2, field(2, 2)),
      field(3, join(field(1, 1), field(2, 3))),
      field(3, join(field(1, 2), field(2, 4))),
      entry(1),
      field(4, field(2, 9)),
      entry(2),
    );
    const { value } = treat(dataset, 'encrypt', schema, field(1, v));
    expect(opened(dataset, '/v', value['v'])).toEqual([
      'json',
      '{"b":{"q":[2]},"w":{"p":2,"q":[3,4]},"m":{"k":2,"":9}}',
    ]);
  });
});

describe('a protected field that is not there', () => {
  const dataset =
    datasetWith(`/b: { type: boolean, mask: hash, equalityOracle: { accepted: tests } }
    /s: { type: string, ${HIDE} }
    /n: { type: number, mask: { noise: { within: 5 } } }
    /l: { type: array }
    /m: { type: object }
    /e: { type: string }
    /k: { type: number, mask: keep, encrypt: keep }`);
  const schema = proto(`message M {
  bool b = 1; string s = 2; int32 n = 3; repeated int32 l = 4; map<string, int32> m = 5; E e = 6;
  int32 k = 7;
}
enum E { ZERO = 0; ONE = 1; }`);

  test('holds its default, which is treated like any other value', () => {
    const { value } = treat(dataset, 'encrypt', schema, {});
    const plain = Object.entries(value).map(([name, one]) => [
      name,
      opened(dataset, `/${name}`, one),
    ]);
    expect(Object.fromEntries(plain)).toEqual({
      b: ['boolean', 'false'],
      s: ['string', ''],
      n: ['number', '0'],
      l: ['json', '[]'],
      m: ['json', '{}'],
      e: ['string', 'ZERO'],
    });
    const masked = treat(dataset, 'mask', schema, {}).value;
    const explicit = treat(dataset, 'mask', schema, { b: false, s: '', e: 0 }).value;
    expect(masked).toEqual({ ...explicit, n: masked['n'] });
    expect(masked).toMatchObject({ s: '', l: '[redacted]', e: '[redacted]' });
  });

  test.each(['mask', 'encrypt'] as const)(
    'is not told from one that is there by %s, nor by its place in the bytes',
    (stage) => {
      const there = { b: true, s: 'x', n: 1, l: [1, 2], m: { a: 1 }, e: 1, k: 1 };
      const tags = (value: object) => tagsOf(treat(dataset, stage, schema, value).bytes);
      const all = tags(there);
      expect(all).toHaveLength(7);
      expect(tags({ k: 1 })).toEqual(all);
      expect(tags({ k: 1, n: 4, b: true })).toEqual(all);
      const order = join(field(7, 1), field(6, 1), field(1, 1));
      expect(tags(order)).toEqual(all);
    },
  );

  test('stays away where its absence is something else than its default', () => {
    const lines = `/o: { type: number }
      /in: { type: object }
      /l/*: { type: number }
      /m/*: { type: number }`;
    const presence = proto(`message M {
  optional int32 o = 1; In in = 2; repeated int32 l = 3; map<string, int32> m = 4;
} message In {}`);
    expect(treat(datasetWith(lines), 'encrypt', presence, {}).bytes).toHaveLength(0);
  });

  test('is treated in each message of a list or map that is there, and in none that is not', () => {
    const lines = `/l/*/s: { type: string, mask: redact }
      /m/*/s: { type: string, mask: redact }
      /v/*: { type: number, mask: redact }
      /in/s: { type: string, mask: redact }`;
    const nested = proto(`message M {
  repeated In l = 1; map<string, In> m = 2; map<string, int32> v = 3; In in = 4;
} message In { string s = 1; }`);
    const entry = field(1, 'a');
    const bytes = join(field(1, ''), field(1, field(1, 'x')), field(3, entry));
    const hidden = { s: '[redacted]' };
    expect(treat(datasetWith(lines), 'mask', nested, bytes).value).toEqual({
      l: [hidden, hidden],
      v: { a: '[redacted]' },
    });
    const whole = field(2, join(entry, field(2, '')));
    const { value } = treat(datasetWith(lines), 'mask', nested, whole);
    expect(value).toEqual({ m: { a: hidden } });
    const without = treatBytes(datasetWith(lines), 'mask', nested, field(2, entry));
    expect(without).toMatchObject({ code: 'RECORD_MISSING_FIELD', path: '/m/*/*' });
  });

  test.each([
    '{ generalise: { date: year } }',
    '{ generalise: { zip: 3 } }',
    'keepDomain',
    'truncateIp',
    'fpe, equalityOracle: { accepted: tests }',
    '{ dateShift: { days: 9 } }, survivesShred: true',
  ])('is refused where the mask cannot treat the default, and not with presence: %s', (mask) => {
    const rules = '    subject: /id\n    required: [/id]\n';
    const lines = `/id: { type: string }
      /v: { type: string, mask: ${mask} }`.replace('fpe,', 'fpe, survivesShred: true,');
    const run = (label: string) => {
      const one = proto(`message M { optional string id = 1; ${label}string v = 2; }`);
      return treatBytes(datasetWith(lines, rules), 'mask', one, field(1, 'a'));
    };
    expect(run('')).toEqual({ ok: false, code: 'RECORD_VALUE_UNFIT', byte: 3, path: '/v' });
    expect(run('optional ')).toEqual({ ok: true, value: field(1, '[redacted]') });
  });
});

describe('a required field', () => {
  const rules = '    required: [/in/s]\n';
  const dataset = datasetWith(`/in/s: { type: string, mask: keep }`, rules);
  const run = (label: string, bytes: Buffer) =>
    treatBytes(dataset, 'mask', proto(`message M { In in = 1; } message In { ${label} }`), bytes);

  test('is missing where presence is known: optional, of a oneof, a message', () => {
    const missing = { ok: false, code: 'RECORD_MISSING_FIELD' };
    const empty = field(1, '');
    for (const label of ['optional string s = 1;', 'oneof x { string s = 1; }'])
      expect(run(label, empty)).toEqual({ ...missing, byte: 2, path: '/in/s' });
    for (const label of ['optional string s = 1;', 'string s = 1;'])
      expect(run(label, Buffer.alloc(0))).toEqual({ ...missing, byte: 0, path: '/in/*' });
  });

  test('holds its default elsewhere, and is never missing', () => {
    expect(run('string s = 1;', field(1, ''))).toMatchObject({ ok: true });
  });

  test('that is the subject names nobody by its default', () => {
    const of = datasetWith(SSN, '    subject: /ssn\n    required: [/ssn]\n');
    const missing = { ok: false, code: 'RECORD_MISSING_FIELD', byte: 0, path: '/ssn' };
    expect(treatBytes(of, 'encrypt', STRING, [])).toEqual(missing);
  });
});

describe('numbers that the schema does not have', () => {
  const group = Buffer.from([0x4b, 0x08, 0x01, 0x53, 0x54, 0x4c]);
  const schema = proto('message M { string ssn = 1; In in = 2; } message In { int32 a = 1; }');
  const of = (rule: string) =>
    datasetWith(
      `${SSN}
      /in: { type: object, mask: keep }`,
      `    unknownFields: ${rule}\n`,
    );
  const strangers: [string, Buffer][] = [
    ['a number', field(9, 1)],
    ['bytes', field(9, 'canary')],
    ['a group, with one in it', group],
  ];

  test.each(strangers)('are rejected with their byte: %s', (_, bytes) => {
    const unknown = { ok: false, code: 'RECORD_UNKNOWN_FIELD' };
    const start = field(1, 'abcd');
    const run = (rule: string, stage: 'mask' | 'encrypt', value: Buffer) =>
      treatBytes(of(rule), stage, schema, value);
    const expected = { ...unknown, byte: start.length, path: '/*' };
    expect(run('reject', 'mask', join(start, bytes))).toEqual(expected);
    // No schema could say what a number means that it does not have, so it cannot be sealed.
    expect(run('encrypt', 'encrypt', join(start, bytes))).toEqual(expected);
    const inside = run('reject', 'mask', field(2, bytes));
    expect(inside).toEqual({ ...unknown, byte: 2, path: '/in' });
    const check = protobufCheckPlan(of('encrypt'), schema);
    if ('problems' in check) throw new Error('refused');
    expect(check.plan.check(join(start, bytes))).toEqual(expected);
  });

  test.each(strangers)('are left out where unknown fields are: %s', (_, bytes) => {
    const record = join(bytes, field(1, 'abcd'), bytes, field(2, join(bytes, field(1, 1), bytes)));
    const { tally, value, bytes: written } = treat(of('drop'), 'mask', schema, record);
    expect(value).toEqual({ ssn: 'abXX', in: { a: 1 } });
    expect(written).toEqual(join(field(2, field(1, 1)), field(1, 'abXX')));
    expect(tally.treated).toMatchObject({ '/* drop': 2 });
    const sealed = treat(of('drop'), 'encrypt', schema, record).value;
    expect(opened(of('drop'), '/in', sealed['in'])).toEqual(['json', '{"a":1}']);
  });
});

describe('a Protobuf record', () => {
  test('with a value that looks sealed is refused, unless the policy seals it once more', () => {
    const lines = `/s: { type: string }
      /l/*: { type: string, mask: keep, encrypt: keep }
      /m/*: { type: string }
      /d: { type: string, mask: drop }`;
    const schema = proto(
      'message M { string s = 1; repeated string l = 2; map<string, string> m = 3; string d = 4; }',
    );
    const dataset = datasetWith(lines);
    const { value } = treat(dataset, 'encrypt', schema, { s: 'x' });
    const token = String(value['s']);
    const run = (of: Dataset, one: object) => treatBytes(of, 'mask', schema, encoded(schema, one));
    const sealed = { ok: false, code: 'RECORD_LOOKS_SEALED', byte: 0 };
    expect(run(dataset, { s: token })).toEqual({ ...sealed, path: '/s' });
    expect(run(dataset, { l: [token] })).toEqual({ ...sealed, path: '/l/*' });
    expect(run(dataset, { m: { a: token } })).toMatchObject({ ...sealed, byte: 5, path: '/m/*' });
    expect(run(dataset, { d: token })).toEqual({ ...sealed, path: '/d' });
    const reseal = datasetWith(lines, '    producerTokens: reseal\n');
    expect(run(reseal, { s: token })).toMatchObject({ ok: true });
    expect(run(reseal, { l: [token] })).toEqual({ ...sealed, path: '/l/*' });
  });

  test('too large, before or after, is refused', () => {
    const run = (max: number) =>
      treatBytes(
        datasetWith(SSN, `    maxRecordBytes: ${max}\n`),
        'encrypt',
        STRING,
        field(1, 'xxxx'),
      );
    expect(run(5)).toEqual({ ok: false, code: 'RECORD_TOO_LARGE', byte: 5 });
    expect(run(6)).toEqual({ ok: false, code: 'RECORD_TOO_LARGE' });
    expect(run(500)).toMatchObject({ ok: true });
  });

  test('of many empty messages is refused before it becomes large in memory', () => {
    const names = Array.from({ length: 40 }, (_, n) => `f${n}`);
    const dataset = datasetWith(names.map((name) => `/l/*/${name}: { type: string }`).join('\n'));
    const fields = names.map((name, n) => `string ${name} = ${n + 1};`).join(' ');
    const schema = proto(`message M { repeated In l = 1; } message In { ${fields} }`);
    const empty = (count: number) => Buffer.alloc(count * 2, Buffer.from([0x0a, 0]));
    const large = { ok: false, code: 'RECORD_TOO_LARGE' };
    expect(treatBytes(dataset, 'encrypt', schema, empty(500_000))).toMatchObject(large);
    const lines = names.map((name) => `/l/*/${name}: { type: string }`).join('\n');
    const small = datasetWith(lines, '    maxRecordBytes: 4000\n');
    const out = new ByteWriter();
    const { plan } = planOf(small, 'encrypt', schema);
    expect(plan.rewrite(empty(1_500), 0, 3_000, keys, new Tally(), out)).toEqual(large);
    expect(out.bytes.length).toBeLessThan(20_000);
    expect(treatBytes(dataset, 'encrypt', schema, empty(2))).toMatchObject({ ok: true });
  });

  test('whose JSON would be large by the names of its schema alone is refused before it is', () => {
    const name = 'n'.repeat(60_000);
    const schema = proto(
      `message M { repeated In l = 1; In in = 2; } message In { int32 ${name} = 1; }`,
    );
    const dataset = datasetWith('/l: { type: array }\n/in: { type: object }');
    const elements = (count: number) => Buffer.alloc(count * 4, Buffer.from([0x0a, 2, 8, 1]));
    expect(treatBytes(dataset, 'encrypt', schema, elements(3))).toMatchObject({ ok: true });
    expect(treatBytes(dataset, 'encrypt', schema, elements(250_000))).toEqual({
      ok: false,
      code: 'RECORD_TOO_LARGE',
      byte: 1_000_000 - 4,
      path: '/l',
    });
  });

  test('is checked by the same rules, and tells its subject, also one that is an enum', () => {
    const rules = '    subject: /e\n    required: [/e]\n';
    const schema = proto('message M { E e = 1; } enum E { NONE = 0; ANN = 1; }');
    const made = protobufCheckPlan(datasetWith(`/e: { type: string }`, rules), schema);
    if ('problems' in made) throw new Error('refused');
    const value = field(1, 1);
    expect(made.plan.check(value)).toEqual({ ok: true, value });
    const { bytes, from, to } = made.plan.subject() ?? { bytes: value, from: 0, to: 0 };
    expect(bytes.toString('utf8', from, to)).toBe('ANN');
    expect(made.outputSchema).toBe(schema);
    expect(made.plan.checkRange(value, 0, 1)).toMatchObject({ code: 'RECORD_INVALID_PROTOBUF' });
  });

  test('that is refused leaves nothing behind, and counts nothing', () => {
    const schema = proto('message M { optional string a = 1; optional double n = 2; }');
    const dataset = datasetWith(`/a: { type: string }
      /n: { type: number, mask: { generalise: { bucket: 5 } } }`);
    const bytes = encoded(schema, { a: 'x', n: Number.NaN });
    const tally = new Tally();
    const { plan } = planOf(dataset, 'mask', schema);
    expect(plan.apply(bytes, keys, tally)).toMatchObject({ code: 'RECORD_VALUE_UNFIT', byte: 3 });
    expect(tally.treated).toEqual({});
  });

  test('whose messages become longer or shorter gets their lengths right, at each level', () => {
    const dataset = datasetWith(`/a/a/s: { type: string, mask: { constant: '${'y'.repeat(200)}' } }
      /a/t: { type: string, mask: { constant: z } }`);
    const schema = proto(`message M { A a = 1; }
message A { B a = 1; optional string t = 2; } message B { optional string s = 1; }`);
    const of = (s: string, t: string) => ({ a: { a: { s }, t } });
    const long = 'x'.repeat(20_000);
    for (const [s, t] of [
      ['x', long],
      [long, 'x'],
      ['', ''],
    ] as const) {
      const { bytes, schema: derived } = treat(dataset, 'mask', schema, of(s, t));
      const expected = encoded(schema, of('y'.repeat(200), 'z'));
      expect(bytes).toEqual(expected);
      expect(read(derived, bytes)).toEqual(of('y'.repeat(200), 'z'));
    }
  });
});
