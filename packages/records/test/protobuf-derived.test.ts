import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import {
  derivedProtobufSchema,
  type Outcome,
  protoMessageAt,
  ProtobufShape,
  readProtobufSchema,
  Shape,
  type UnknownRule,
} from '../src/index.ts';

const ANY = ['string', 'number', 'boolean', 'object', 'array'] as const;
const SAME: Outcome = { becomes: 'same' };
const TEXT: Outcome = { becomes: 'text', nullStays: false };
const GONE = 'cut' as const;

type Fields = Readonly<Record<string, Outcome | typeof GONE>>;

function derive(text: string, fields: Fields, unknown: UnknownRule = 'fault') {
  const shape = new Shape(
    Object.entries(fields).map(([path, outcome]) => ({
      path,
      types: ANY,
      required: false,
      cut: outcome === GONE,
    })),
    unknown,
  );
  const given = Object.values(fields).map((one) => (one === GONE ? SAME : one));
  const strangers = shape.patterns.slice(given.length).map(() => TEXT);
  const file = readProtobufSchema(text);
  const message = protoMessageAt(file, [0]);
  const met = new ProtobufShape(file, message, shape, [...given, ...strangers]);
  return { schema: derivedProtobufSchema(met), problems: met.problems, unknown: met.unknown };
}

/** The derived schema as another implementation reads it. */
function types(text: string, fields: Fields, message: string, unknown?: UnknownRule) {
  const { problems, schema } = derive(text, fields, unknown);
  expect(problems).toEqual([]);
  const { root } = protobuf.parse(schema, { keepCase: true });
  const { fields: found } = root.lookupType(message).toJSON({ keepComments: false });
  return found;
}

const proto = (body: string) => `syntax = "proto3";\npackage p;\n${body}`;

describe('a derived Protobuf schema', () => {
  test('keeps every character but those of what changes', () => {
    const text = proto(`import "google/protobuf/timestamp.proto";
option java_package = "com.example"; // kept
/* a message { */
message Person {
  option (owner) = { team: "x;}" };
  string name = 1 [(tag) = "PII", deprecated = true]; // who
  int32 age = 0x2 [(tag) = { of: ["PII"] }]; // how old
  google.protobuf.Timestamp at = 3;
}
service S { rpc Get(Person) returns (Person) {} }
`);
    const same = { '/name': SAME, '/age': SAME, '/at': SAME };
    expect(derive(text, same)).toEqual({ schema: text, problems: [], unknown: [] });
    expect(derive(text, { ...same, '/name': TEXT }).schema).toBe(text);
    expect(derive(text, { ...same, '/age': TEXT }).schema).toBe(
      text
        .replace('message Person {', 'message Person {\n  reserved 2;')
        .replace('int32 age = 0x2', 'string age = 100000002'),
    );
    expect(derive(text, { ...same, '/name': GONE }).schema).toBe(
      text
        .replace('message Person {', 'message Person {\n  reserved 1;\n  reserved "name";')
        .replace('  string name = 1 [(tag) = "PII", deprecated = true];', '  '),
    );
  });

  test('gives what has another type another number, which nothing else has or may have', () => {
    const text = proto(`message M {
  reserved 100000001, 200000001 to 200000005; reserved "old";
  int64 a = 1 [packed = true];
  bool b = 300000001;
}`);
    expect(types(text, { '/a': TEXT, '/b': SAME }, 'p.M')).toMatchObject({
      a: { type: 'string', id: 400_000_001 },
      b: { type: 'bool', id: 300_000_001 },
    });
    const full = proto('message M { reserved 100 to max; int32 a = 1; }');
    expect(() => derive(full, { '/a': TEXT })).toThrow('SCHEMA_UNREADABLE');
  });

  test('reserves the later numbers of fields that are gone, but where others have them', () => {
    const text = proto(`message M {
  reserved 2, 5 to 7, 9;
  int32 a = 1;
  int32 b = 100000009;
}`);
    expect(derive(text, { '/a': TEXT, '/b': SAME }).schema).toContain(
      'message M {\n  reserved 100000002, 100000005 to 100000007, 1;\n',
    );
  });

  test('knows repeated fields, maps, enums, bytes, nested messages and oneofs', () => {
    const text = proto(`message M {
  message In { double d = 1; Kind kind = 2; }
  enum Kind { NONE = 0; }
  repeated int32 list = 1 [packed = false];
  map<string, In> map = 2;
  map<int32, bool> flags = 3;
  repeated In whole = 4;
  optional bytes raw = 5;
  oneof one { string x = 6; int32 y = 7; }
  oneof two { string z = 8; }
  .p.M.In deep = 9;
}`);
    const fields: Fields = {
      '/list/*': TEXT,
      '/map/*/d': TEXT,
      '/map/*/kind': TEXT,
      '/flags/*': { becomes: 'constant', value: 5 },
      '/whole': TEXT,
      '/raw': TEXT,
      '/x': SAME,
      '/y': TEXT,
      '/z': GONE,
      '/deep/d': TEXT,
      '/deep/kind': TEXT,
    };
    const at = (n: number) => 100_000_000 + n;
    expect(types(text, fields, 'p.M')).toEqual({
      list: { rule: 'repeated', type: 'string', id: at(1) },
      map: { keyType: 'string', type: 'In', id: 2 },
      flags: { keyType: 'int32', type: 'int64', id: at(3) },
      whole: { type: 'string', id: at(4) },
      raw: { type: 'string', id: at(5), options: { proto3_optional: true } },
      x: { type: 'string', id: 6 },
      y: { type: 'string', id: at(7) },
      deep: { type: '.p.M.In', id: 9 },
    });
    expect(types(text, fields, 'p.M.In')).toEqual({
      d: { type: 'string', id: at(1) },
      kind: { type: 'string', id: at(2) },
    });
  });

  test('leaves out what becomes null, which Protobuf does not have', () => {
    const fields = types(
      proto('message M { int32 a = 1; int32 b = 2; }'),
      { '/a': { becomes: 'null' }, '/b': { becomes: 'number' } },
      'p.M',
    );
    expect(fields).toEqual({ b: { type: 'int32', id: 2 } });
  });

  test('goes by the rule for fields that the shape does not name, and tells them', () => {
    const text = proto('message M { int32 a = 1; int32 b = 2; }');
    const { problems } = derive(text, { '/a': SAME });
    expect(problems).toEqual([{ code: 'RECORD_UNKNOWN_FIELD', path: '/b' }]);
    expect(types(text, { '/a': SAME }, 'p.M', 'cut')).toEqual({ a: { type: 'int32', id: 1 } });
    expect(types(text, { '/a': SAME }, 'p.M', 'span')).toMatchObject({ b: { type: 'string' } });
    expect(derive(text, { '/a': SAME }, 'span').unknown).toEqual(['/b']);
  });

  test('is refused when a message would have to be two', () => {
    const text = proto('message M { In a = 1; In b = 2; } message In { int32 x = 1; }');
    for (const other of [{ '/b/x': SAME }, { '/b': SAME }, { '/b/x': GONE }] as Fields[])
      expect(derive(text, { '/a/x': TEXT, ...other }).problems).toEqual([
        { code: 'SCHEMA_UNREADABLE', path: '/b' },
      ]);
    expect(derive(text, { '/a/x': TEXT, '/b': GONE }).problems).toEqual([]);
  });

  test('of a message that holds itself is refused when what it holds stays', () => {
    const text = proto('message M { int32 x = 1; M next = 2; }');
    expect(derive(text, { '/x': SAME, '/next': SAME }).problems).toEqual([]);
    expect(derive(text, { '/x': TEXT, '/next': GONE }).problems).toEqual([]);
    expect(derive(text, { '/x': TEXT, '/next': SAME }).problems).toEqual([
      { code: 'SCHEMA_UNREADABLE', path: '' },
    ]);
  });

  test('is refused where a message of another file would change, or a type is not known', () => {
    const text = proto(`import "google/protobuf/timestamp.proto";
message M { google.protobuf.Timestamp at = 1; }`);
    expect(derive(text, { '/at/seconds': SAME, '/at/nanos': SAME }).problems).toEqual([]);
    const refused = [{ code: 'SCHEMA_UNREADABLE', path: '/at' }];
    expect(derive(text, { '/at/seconds': TEXT, '/at/nanos': SAME }).problems).toEqual(refused);
    for (const outcome of [SAME, TEXT, GONE])
      expect(derive(proto('message M { x.Y at = 1; }'), { '/at': outcome }).problems).toEqual(
        refused,
      );
    const inside = proto('message M { In at = 1; } message In { x.Y y = 1; }');
    for (const outcome of [SAME, TEXT, GONE])
      expect(derive(inside, { '/at': outcome }).problems).toEqual(refused);
  });

  test.each([
    ['a field where a message belongs', '/a/x', '/a'],
    ['a list whose elements have names', '/l/x', '/l'],
  ])('is refused for %s', (_, path, at) => {
    const text = proto('message M { int32 a = 1; repeated In l = 2; } message In { int32 x = 1; }');
    const rest: Fields = path === '/a/x' ? { '/l': GONE } : { '/a': SAME };
    expect(derive(text, { [path]: TEXT, ...rest }).problems).toEqual([
      { code: 'RECORD_WRONG_TYPE', path: at },
    ]);
  });
});

/** So many fields. */
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => `int32 f${n} = ${n + 1};`).join(' ');
/** So many messages with as many fields as one may have, all of them held by the first. */
const wide = (count: number) =>
  Array.from({ length: count }, (_, n) => `message W${n} { ${many(4_000)} }`).join('\n') +
  ` message W { ${Array.from({ length: count }, (_, n) => `W${n} w${n} = ${n + 1};`).join(' ')} }`;

describe('a Protobuf schema of many messages', () => {
  test('each in the other is read as any, so that no depth of it ends a process', () => {
    const count = 8_000;
    const chain = Array.from({ length: count }, (_, n) => `message C${n} { C${n + 1} c = 1; }`);
    const text = proto(
      `message M { C0 a = 1; int32 b = 2; } ${chain.join('\n')} message C${count} {}`,
    );
    const { problems } = derive(text, { '/a': SAME, '/b': SAME });
    expect(problems).toEqual([]);
  });
});

describe('a Protobuf schema that cannot be read is SCHEMA_UNREADABLE', () => {
  const schemas = [
    ['', 'nothing'],
    ['message M { int32 a = 1; }', 'no syntax'],
    ['syntax = "proto2"; message M { }', 'proto2'],
    [proto('message M { int32 a = 1; '), 'cut'],
    [proto('message M { int32 a = 0; }'), 'number 0'],
    [proto('message M { int32 a = 1; int32 b = 1; }'), 'a number twice'],
    [proto('message M { int32 a = 1; int32 a = 2; }'), 'a name twice'],
    [proto('message M { int32 = 1; }'), 'no name'],
    [proto('message M { int32 a = 1; } }'), 'a brace too many'],
    [proto('message M {} message M {}'), 'a message twice'],
    [proto('enum E { A = 0; }'), 'no message'],
    [proto('message M { § }'), 'a character'],
    [proto('message M { map<double, string> a = 1; }'), 'a key that is none'],
    [proto('message M { int32 a = 1e1; }'), 'a number that is none'],
    [proto('enum E { A = 0; } enum E { A = 0; } message M {}'), 'an enum twice'],
    [proto(`package ${'p.'.repeat(600)}q; message M { int32 a = 1; }`), 'a name too long'],
    [proto(`message M { ${many(4_097)} }`), 'fields too many'],
    [proto(`message M { W a = 1; W b = 2; } ${wide(13)}`), 'fields too many in all'],
    [proto('message M { repeated group A = 1 { int32 a = 1; } }'), 'a group'],
  ] as const;
  test.each(schemas.map(([text, name]) => [name, text]))('%s', (_, text) => {
    expect(() => derive(text, { '/a': SAME, '/b': SAME })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_UNREADABLE' }) as Error,
    );
  });
});
