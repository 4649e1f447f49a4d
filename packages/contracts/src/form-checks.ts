import type { z } from 'zod';

/** Whether a value is of a form exactly as it stands. False says nothing: then the form itself decides. */
export type FormTest = (value: unknown) => boolean;

export type Def = z.core.$ZodTypes['_zod']['def'];
type CheckDef = z.core.$ZodChecks['_zod']['def'];
type CheckOf<K extends CheckDef['check']> = Extract<CheckDef, { readonly check: K }>;

/** Formats that are their pattern and nothing beside it. */
const PATTERNS: readonly string[] = ['regex', 'datetime'];

/** Checks that are known, by zod's names; each comes after the test of the value's type. */
const CHECKS = {
  min_length:
    ({ minimum }: CheckOf<'min_length'>): FormTest =>
    (value) =>
      isAtLeast(value as Measured, minimum),
  max_length:
    ({ maximum }: CheckOf<'max_length'>): FormTest =>
    (value) =>
      (value as Measured).length <= maximum,
  length_equals: ({ length }: CheckOf<'length_equals'>): FormTest => {
    return (value) => lengthOf(value as Measured) === length;
  },
  greater_than: (def: CheckOf<'greater_than'>) => boundTest(def, (value, bound) => value > bound),
  less_than: (def: CheckOf<'less_than'>) => boundTest(def, (value, bound) => value < bound),
  number_format: ({ format }: CheckOf<'number_format'>): FormTest | undefined =>
    format === 'safeint' ? Number.isSafeInteger : undefined,
  string_format: ({ format, pattern }: CheckOf<'string_format'>): FormTest | undefined => {
    // What remembers where it ended does not say the same twice.
    if (pattern === undefined || pattern.global || pattern.sticky) return undefined;
    return PATTERNS.includes(format) ? (value) => pattern.test(value as string) : undefined;
  },
};

type Measured = string | readonly unknown[];

/** The test and all checks of a form; undefined with a check that is not known here. */
export function checked(test: FormTest, def: Def): FormTest | undefined {
  // A form that is a check itself, such as one of a date, stands beside its checks.
  const own = 'check' in def ? [def as unknown as CheckDef] : [];
  const more = (def.checks ?? []).map((check) => check._zod.def as CheckDef);
  let all = test;
  for (const check of [...own, ...more]) {
    const next = checkTest(check);
    if (next === undefined) return undefined;
    const before = all;
    all = (value) => before(value) && next(value);
  }
  return all;
}

/** Texts mostly have a least and a greatest length: one test for type and both. */
export function checkedText(def: Extract<Def, { readonly type: 'string' }>): FormTest | undefined {
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  const rest = (def.checks ?? []).filter(({ _zod }) => {
    const check = _zod.def as CheckDef;
    if (check.check === 'min_length') least = Math.max(least, check.minimum);
    else if (check.check === 'max_length') most = Math.min(most, check.maximum);
    else return true;
    return false;
  });
  const test: FormTest = (value) =>
    typeof value === 'string' && value.length <= most && isAtLeast(value, least);
  return checked(test, { ...def, checks: rest });
}

/** A check that zod makes only at times is made here always, so no more is accepted. */
function checkTest(def: CheckDef): FormTest | undefined {
  const known: Partial<Record<string, (def: never) => FormTest | undefined>> = CHECKS;
  return known[def.check]?.(def as never);
}

function boundTest(
  { inclusive, value: bound }: CheckOf<'greater_than' | 'less_than'>,
  isWithin: (value: number, bound: number) => boolean,
): FormTest | undefined {
  if (typeof bound !== 'number') return undefined;
  return (value) => isWithin(value as number, bound) || (inclusive && value === bound);
}

/** Nothing is counted where the units of UTF-16 tell it already. */
function isAtLeast(value: Measured, least: number): boolean {
  const { length } = value;
  const isSure = length < least || least < 2 || length >= 2 * least;
  return isSure ? length >= least : lengthOf(value) >= least;
}

/** As zod has it: of a text its characters, of which one can be two units of UTF-16. */
function lengthOf(value: Measured): number {
  if (typeof value !== 'string') return value.length;
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}
