import * as fc from 'fast-check';

/** What a policy does at a place, and what is expected of it. */
const RULES = {
  keep: 'mask: keep, encrypt: keep',
  text: "mask: { constant: 'hidden' }, encrypt: seal",
  none: 'mask: null, encrypt: null',
  drop: 'mask: drop, encrypt: drop',
} as const;
type Rule = keyof typeof RULES;
type Stage = 'mask' | 'encrypt';

/** Stands for any token, which the test opens. */
export const TOKEN = 'a token';
/** Stands for a value that is left out. */
const GONE = Symbol('left out');

const number = (min: number, max: number) => fc.integer({ min, max });
const long = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map(String);
const INT = 2 ** 31;
const LONG = 2n ** 63n;
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  double: fc.double({ noNaN: true }),
  float: fc.float({ noNaN: true }),
  int32: number(-INT, INT - 1),
  sint32: number(-INT, INT - 1),
  sfixed32: number(-INT, INT - 1),
  uint32: number(0, 2 * INT - 1),
  fixed32: number(0, 2 * INT - 1),
  int64: long(-LONG, LONG - 1n),
  sint64: long(-LONG, LONG - 1n),
  sfixed64: long(-LONG, LONG - 1n),
  uint64: long(0n, 2n * LONG - 1n),
  fixed64: long(0n, 2n * LONG - 1n),
  bool: fc.boolean(),
  string: fc.string({ unit: 'grapheme', maxLength: 9 }),
  bytes: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  E: fc.constantFrom('ZERO', 'ONE', 'MANY'),
};
// protobufjs gives keys of 64 bits as hashes, and writes false as true.
const KEYS = ['string', 'int32', 'uint32', 'sfixed32'];
const names = (key: string): fc.Arbitrary<string> =>
  key === 'string' ? fc.stringMatching(/^[a-c]{1,2}$/) : fc.constantFrom(...KEY_TEXTS[key]);
const KEY_TEXTS: Readonly<Record<string, readonly string[]>> = {
  int32: ['-7', '0', '7'],
  uint32: ['0', '4294967295'],
  sfixed32: ['-1', '0', '1'],
};

type Many = 'one' | 'optional' | 'list' | 'map' | 'oneof';
interface Leaf {
  readonly is: 'leaf';
  readonly type: string;
  readonly rule: Rule;
  readonly many: Many;
  /** Whether the policy names each element, or all of them as one. */
  readonly each: boolean;
  readonly key: string;
}
interface Inner {
  readonly is: 'message';
  readonly inner: readonly Tree[];
  readonly many: Many;
  readonly key: string;
}
type Tree = Leaf | Inner;

const many = fc.constantFrom<Many>('one', 'optional', 'list', 'map', 'oneof');
const key = fc.constantFrom(...KEYS);
const leaf: fc.Arbitrary<Leaf> = fc.record({
  is: fc.constant('leaf' as const),
  type: fc.constantFrom(...Object.keys(SCALARS)),
  rule: fc.constantFrom<Rule>('keep', 'text', 'none', 'drop'),
  many,
  each: fc.boolean(),
  key,
});
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      is: fc.constant('message' as const),
      inner: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      many,
      key,
    }),
  ),
})).tree;

/** A place of a schema with all that a test wants of it. */
export interface Place {
  /** What stands in the message, and beside it. */
  readonly written: string;
  readonly messages: string;
  readonly value: fc.Arbitrary<unknown>;
  /** Lines of the policy. */
  readonly fields: readonly string[];
  /** What must be read under the derived schema; undefined stands for a field that is not there. */
  expect(value: unknown, stage: Stage): unknown;
}

const LABELS: Readonly<Record<Many, (type: string, key: string) => string>> = {
  one: (type) => type,
  optional: (type) => `optional ${type}`,
  list: (type) => `repeated ${type}`,
  map: (type, of) => `map<${of}, ${type}>`,
  oneof: (type) => type,
};

function field(name: string, at: number, { many: how, key: of }: Tree, type: string): string {
  const line = `${LABELS[how](type, of)} ${name} = ${at};`;
  return how === 'oneof' ? `oneof of_${name} { ${line} }` : line;
}

function valueOf(one: fc.Arbitrary<unknown>, { many: how, key: of }: Tree): fc.Arbitrary<unknown> {
  if (how === 'list') return fc.array(one, { minLength: 1, maxLength: 3 });
  if (how === 'map')
    return fc.dictionary(names(of), one, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  return one;
}

/** The same for each of what stands, or for the only one. */
function each(value: unknown, { many: how }: Tree, of: (one: unknown) => unknown): unknown {
  if (how === 'list') return (value as unknown[]).map(of);
  if (how !== 'map') return of(value);
  const entries = Object.entries(value as object).map(([name, one]) => [name, of(one)]);
  return Object.fromEntries(entries) as unknown;
}

function leafPlace(one: Leaf, path: string, name: string, at: number): Place {
  const { type, rule, many: how } = one;
  const isMany = how === 'list' || how === 'map';
  const isEach = isMany && one.each;
  return {
    written: field(name, at, one, type),
    messages: '',
    value: valueOf(SCALARS[type] ?? fc.constant(''), one),
    fields: [`${path}${isEach ? '/*' : ''}: { type: ${TYPES}, ${RULES[rule]} }`],
    expect: (value, stage) => {
      if (rule === 'keep') return value;
      if (rule !== 'text') return GONE;
      const text = stage === 'mask' ? 'hidden' : TOKEN;
      if (isMany && !isEach) return text;
      if (value !== undefined) return each(value, one, () => text);
      return how === 'one' ? text : undefined;
    },
  };
}
const TYPES = '[string, number, boolean, object, array]';

function members(inner: readonly Tree[], path: string, name: string) {
  const places = inner.map((one, n) => placeOf(one, `${path}/f${n}`, `f${n}`, n + 1, name));
  const all = places.map((place, n) => [`f${n}`, place] as const);
  const values = Object.fromEntries(all.map(([at, { value }]) => [at, value]));
  return {
    body: places.map(({ written }) => written).join(' '),
    messages: places.map((place) => place.messages).join(''),
    fields: places.flatMap((place) => place.fields),
    value: fc.record(values, { requiredKeys: [], noNullPrototype: true }),
    expect: (value: unknown, stage: Stage) =>
      Object.fromEntries(
        all
          .map(([at, place]) => {
            const given = (value as Record<string, unknown>)[at];
            return [at, place.expect(given, stage)];
          })
          .filter(([, one]) => one !== GONE && one !== undefined),
      ) as unknown,
  };
}

function placeOf(one: Tree, path: string, name: string, at: number, outer: string): Place {
  if (one.is === 'leaf') return leafPlace(one, path, name, at);
  const type = `${outer}_${name}`;
  const isMany = one.many === 'list' || one.many === 'map';
  const { body, messages, ...inner } = members(one.inner, `${path}${isMany ? '/*' : ''}`, type);
  return {
    written: field(name, at, one, type),
    messages: `${messages}message ${type} { ${body} }\n`,
    value: valueOf(inner.value, one),
    fields: inner.fields,
    expect: (value, stage) =>
      value === undefined ? undefined : each(value, one, (part) => inner.expect(part, stage)),
  };
}

/** A schema, a value of its message M, and a policy that names all of its fields. */
export const places = fc
  .array(tree, { minLength: 1, maxLength: 4 })
  .map((inner) => {
    const { body, messages, ...rest } = members(inner, '', 'M');
    const schema = `syntax = "proto3";
message M { ${body} }
${messages}enum E { ZERO = 0; ONE = 1; MANY = -5; }
`;
    return { schema, ...rest };
  })
  .chain((place) => place.value.map((value) => ({ place, value })));
