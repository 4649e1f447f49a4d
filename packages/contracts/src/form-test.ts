import type { z } from 'zod';

import { checked, checkedText, type Def, type FormTest } from './form-checks.ts';

type Form = z.core.$ZodType;
type DefOf<T extends Def['type']> = Extract<Def, { readonly type: T }>;
type Inner = (form: Form) => FormTest | undefined;

/** A form that refers to itself is none of these. */
const DEPTH_MAX = 32;

/** Kinds of forms that are known, by zod's names. */
const KINDS = {
  string: (def: DefOf<'string'>) => (def.coerce === true ? undefined : checkedText(def)),
  number: (def: DefOf<'number'>) =>
    def.coerce === true ? undefined : checked(Number.isFinite, def),
  boolean: (def: DefOf<'boolean'>) =>
    def.coerce === true ? undefined : checked((value) => value === true || value === false, def),
  null: (def: DefOf<'null'>) => checked((value) => value === null, def),
  literal: literalTest,
  enum: enumTest,
  optional: (def: DefOf<'optional'>, inner: Inner) => orElse(undefined, inner(def.innerType), def),
  nullable: (def: DefOf<'nullable'>, inner: Inner) => orElse(null, inner(def.innerType), def),
  array: arrayTest,
  record: recordTest,
  object: objectTest,
  union: unionTest,
};

/**
 * A test that makes nothing, for values of JSON that nearly always are as they should be: zod makes each
 * value anew, some 150 kB for one request of a hundred fields.
 *
 * Promises: where the test says true, zod would accept the value and give back its equal, with nothing
 * left out. So whoever tests first and asks zod wherever it says false gets zod's own answers.
 *
 * @returns undefined for a form that changes values, or holds anything that is not known here
 */
export function formTest(form: Form): FormTest | undefined {
  return testOf(form, 0);
}

function testOf(form: Form, depth: number): FormTest | undefined {
  const { def, traits } = (form as z.core.$ZodTypes)._zod;
  // One of the optional ones takes no undefined that is there, and calls itself the same.
  if (depth > DEPTH_MAX || traits.has('$ZodExactOptional')) return undefined;
  const known: Partial<Record<string, (def: never, inner: Inner) => FormTest | undefined>> = KINDS;
  return known[def.type]?.(def as never, (inner) => testOf(inner, depth + 1));
}

function orElse(
  other: null | undefined,
  test: FormTest | undefined,
  def: Def,
): FormTest | undefined {
  return test && checked((value) => value === other || test(value), def);
}

function literalTest(def: DefOf<'literal'>): FormTest | undefined {
  const values = new Set<unknown>(def.values);
  return values.has(undefined) ? undefined : checked((value) => values.has(value), def);
}

function enumTest(def: DefOf<'enum'>): FormTest | undefined {
  const values = new Set<unknown>(Object.values(def.entries));
  // Numbers of an enum have names beside them, which are no values.
  const isPlain = Object.values(def.entries).every((value) => typeof value === 'string');
  return isPlain ? checked((value) => values.has(value), def) : undefined;
}

function arrayTest(def: DefOf<'array'>, inner: Inner): FormTest | undefined {
  const test = inner(def.element);
  return test && checked((value) => Array.isArray(value) && value.every((one) => test(one)), def);
}

function recordTest(def: DefOf<'record'>, inner: Inner): FormTest | undefined {
  const test = inner(def.valueType);
  const key = def.keyType._zod.def as Def;
  const isAny = key.type === 'string' && !('check' in key) && (key.checks ?? []).length === 0;
  if (test === undefined || !isAny) return undefined;
  return checked((value) => {
    if (!isPlainObject(value)) return false;
    for (const name in value) if (name === '__proto__' || !test(value[name])) return false;
    return true;
  }, def);
}

function objectTest(def: DefOf<'object'>, inner: Inner): FormTest | undefined {
  const { catchall, shape } = def;
  const other = (catchall as z.core.$ZodTypes | undefined)?._zod.def.type ?? 'never';
  if (other !== 'never' && other !== 'unknown') return undefined;
  const names = Object.keys(shape);
  const members = names.flatMap((name) => memberOf(name, shape[name], inner) ?? []);
  if (members.length < names.length) return undefined;
  const isLoose = other === 'unknown';
  return checked((value) => {
    if (!isPlainObject(value)) return false;
    let left = 0;
    for (const { isOptional, name, test } of members) {
      const member = value[name];
      if (member === undefined && isOptional) continue;
      if (!test(member)) return false;
      left -= 1;
    }
    if (isLoose) return !Object.hasOwn(value, '__proto__');
    for (const _ in value) left += 1;
    return left === 0;
  }, def);
}

/** One member of an object; undefined too for a name that every object has. */
function memberOf(name: string, form: Form, inner: Inner) {
  const test = inner(form);
  if (test === undefined || name in Object.prototype) return undefined;
  return { name, test, isOptional: test(undefined) };
}

function unionTest(def: DefOf<'union'>, inner: Inner): FormTest | undefined {
  const { inclusive, options } = def;
  const tests = options.flatMap((option) => inner(option) ?? []);
  if (tests.length < options.length) return undefined;
  // Where a member says which one it is, there is no other that could take it as well.
  const isTold = 'discriminator' in def;
  // zod takes the first that accepts, and that could leave out members that a later one knows.
  const isSafe = options.every((later, at) =>
    options.slice(0, at).every((earlier) => isTold || cannotTake(earlier, later)),
  );
  if (inclusive === false && !isTold) return undefined;
  return isSafe ? checked((value) => tests.some((test) => test(value)), def) : undefined;
}

/** Whether a form never takes what is of another as it stands, or never changes it. */
function cannotTake(earlier: Form, later: Form): boolean {
  const [own, other] = [earlier, later].map((form) => (form as z.core.$ZodTypes)._zod.def);
  if (SCALARS.includes(own.type) || SCALARS.includes(other.type)) return true;
  if (own.type !== 'object' || other.type !== 'object' || other.catchall !== undefined)
    return false;
  const needed = Object.keys(own.shape).filter((name) => own.shape[name]._zod.optin === undefined);
  return needed.some((name) => !(name in other.shape));
}

const SCALARS: readonly string[] = ['string', 'number', 'boolean', 'null', 'literal', 'enum'];

/** As zod has it: a class of one's own is no object of JSON. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
