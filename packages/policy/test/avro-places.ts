import * as fc from 'fast-check';

/** What a policy does at a place, and what is expected of it. */
export const RULES = {
  keep: 'mask: keep, encrypt: keep',
  text: "mask: { constant: 'hidden' }, encrypt: seal",
  none: 'mask: null, encrypt: null',
  drop: 'mask: drop, encrypt: drop',
} as const;
export type Rule = keyof typeof RULES;

interface Leaf {
  readonly is: 'leaf';
  readonly types: readonly string[];
  readonly rule: Rule;
}
interface Inner {
  readonly is: 'record' | 'array' | 'map' | 'records';
  readonly inner: readonly Tree[];
}
type Tree = Leaf | Inner;

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  int: fc.integer(),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  bytes: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  string: fc.string({ unit: 'grapheme', maxLength: 9 }),
};

const leaf: fc.Arbitrary<Leaf> = fc.record({
  is: fc.constant('leaf' as const),
  types: fc.subarray(['null', ...Object.keys(SCALARS)], { minLength: 1, maxLength: 3 }),
  rule: fc.constantFrom<Rule>('keep', 'text', 'none', 'drop'),
});

const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      is: fc.constantFrom('record' as const, 'array' as const, 'map' as const, 'records' as const),
      inner: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).tree;

/** A place of a schema with all that a test wants of it. */
export interface Place {
  readonly schema: unknown;
  readonly value: fc.Arbitrary<unknown>;
  /** Lines of the policy. */
  readonly fields: readonly string[];
  /** What must be read under the derived schema; `hidden` gives what a token or constant became. */
  expect(value: unknown, stage: 'mask' | 'encrypt'): unknown;
}

/** Stands for a value that is left out. */
const GONE = Symbol('left out');
/** Stands for any token, which the test opens. */
export const TOKEN = 'a token';

function leafPlace({ types, rule }: Leaf, path: string): Place {
  const isUnion = types.length > 1;
  const wrap = (type: string, value: unknown) =>
    isUnion && type !== 'null' ? { [type]: value } : value;
  const arbitraries = types.map((type) =>
    (SCALARS[type] ?? fc.constant(null)).map((value) => wrap(type, value)),
  );
  const staysUnion = isUnion && types.includes('null');
  return {
    schema: isUnion ? types : types[0],
    value: fc.oneof(...arbitraries),
    fields: [`${path}: { type: [string, number, boolean, object, array], ${RULES[rule]} }`],
    expect: (value, stage) => {
      if (rule === 'keep') return value;
      if (rule === 'drop') return GONE;
      if (rule === 'none') return null;
      const text = stage === 'mask' ? 'hidden' : TOKEN;
      return staysUnion ? { string: text } : text;
    },
  };
}

function recordPlace(inner: readonly Tree[], path: string, name: string, prefix: string): Place {
  const members = inner.map((one, n) => {
    const field = `${prefix}${n}`;
    return { field, place: placeOf(one, `${path}/${field}`, `${name}_${field}`) };
  });
  return {
    schema: {
      type: 'record',
      name,
      fields: members.map(({ field, place }) => ({ name: field, type: place.schema })),
    },
    value: fc.record(Object.fromEntries(members.map(({ field, place }) => [field, place.value]))),
    fields: members.flatMap(({ place }) => place.fields),
    expect: (value, stage) =>
      Object.fromEntries(
        members
          .map(({ field, place }) => [
            field,
            place.expect((value as Record<string, unknown>)[field], stage),
          ])
          .filter(([, one]) => one !== GONE),
      ),
  };
}

/** A union of null and two records, one place of the policy. */
function recordsPlace(inner: readonly Tree[], path: string, name: string): Place {
  const branches = ['a', 'b'].map((prefix) => ({
    branch: `${name}_${prefix}`,
    place: recordPlace(inner, path, `${name}_${prefix}`, prefix),
  }));
  const values = branches.map(({ branch, place }) =>
    place.value.map((value) => ({ [branch]: value })),
  );
  return {
    schema: [branches[0]?.place.schema, 'null', branches[1]?.place.schema],
    value: fc.oneof(fc.constant(null), ...values),
    fields: branches.flatMap(({ place }) => place.fields),
    expect: (value, stage) => {
      const found = branches.find(({ branch }) => value !== null && branch in (value as object));
      if (found === undefined) return null;
      const { branch, place } = found;
      return { [branch]: place.expect((value as Record<string, unknown>)[branch], stage) };
    },
  };
}

function eachPlace({ is, inner }: Inner, path: string, name: string): Place {
  const each = placeOf(inner[0], `${path}/*`, `${name}_each`);
  const isArray = is === 'array';
  return {
    schema: { type: is, [isArray ? 'items' : 'values']: each.schema },
    value: isArray
      ? fc.array(each.value, { maxLength: 3 })
      : fc.dictionary(fc.stringMatching(/^[a-c]{1,2}$/), each.value, {
          maxKeys: 3,
          noNullPrototype: true,
        }),
    fields: each.fields,
    expect: (value, stage) => {
      if (Array.isArray(value))
        return value.map((one) => each.expect(one, stage)).filter((one) => one !== GONE);
      const entries = Object.entries(value as object).map(([key, one]) => [
        key,
        each.expect(one, stage),
      ]);
      return Object.fromEntries(entries.filter(([, one]) => one !== GONE)) as unknown;
    },
  };
}

function placeOf(one: Tree, path: string, name: string): Place {
  if (one.is === 'leaf') return leafPlace(one, path);
  if (one.is === 'record') return recordPlace(one.inner, path, name, 'f');
  if (one.is === 'records') return recordsPlace(one.inner, path, name);
  return eachPlace(one, path, name);
}

/** A schema, a value of it, and a policy that names all of its fields. */
export const places: fc.Arbitrary<{ place: Place; value: unknown }> = fc
  .array(tree, { minLength: 1, maxLength: 4 })
  .map((inner) => recordPlace(inner, '', 'R', 'f'))
  .chain((place) => place.value.map((value) => ({ place, value })));
