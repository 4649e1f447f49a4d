import { z } from 'zod';
import { hierarchyRewrite } from './hierarchy-level.ts';
import { floorToMultiple, formatDecimal, parseDecimal } from './decimal.ts';
import { isoDate } from './iso-date.ts';
import { type MaskAction, type Rewrite, writeAscii } from './transform.ts';

export const GeneraliseParameters = z
  .union([
    z.strictObject({
      bucket: z
        .number()
        .positive()
        .describe('Width of a bucket; a number becomes the lower bound of its bucket.'),
    }),
    z.strictObject({
      date: z.enum(['year', 'month']).describe('What is kept of an ISO date.'),
    }),
    z.strictObject({
      zip: z
        .literal(3)
        .describe('Keeps the first 3 digits of a US zip code; 000 where at most 20,000 live.'),
    }),
    z.strictObject({
      ageOver: z
        .int()
        .min(1)
        .max(200)
        .describe('Ages above this one become one above it: 89 gives 90. HIPAA wants 89.'),
    }),
    z.strictObject({
      hierarchy: z
        .string()
        .min(1)
        .describe('File beside the policy: a line for each value, with ever coarser forms, and *.'),
      level: z
        .int()
        .min(1)
        .describe('Which of the coarser forms takes its place; 1 stands beside the value.'),
    }),
  ])
  .describe('Replaces a value by something coarser that holds it.');

export type GeneraliseParameters = z.infer<typeof GeneraliseParameters>;

const MINUS = 0x2d;
const DOT = 0x2e;
/** Integers of up to this many digits are exact in a double, and so are their remainders. */
const EXACT_DIGITS = 15;

/**
 * The integer part, rounded down, of a plain decimal of at most 15 digits before the dot; NaN for
 * all else, which goes the exact and slower way.
 */
function plainFloor(text: Buffer, from: number, to: number): number {
  const negative = text[from] === MINUS;
  let at = negative ? from + 1 : from;
  let whole = 0;
  const first = at;
  for (; at < to && text[at] !== DOT; at++) {
    const digit = text[at] - 0x30;
    if (digit < 0 || digit > 9 || at - first >= EXACT_DIGITS) return Number.NaN;
    whole = whole * 10 + digit;
  }
  if (at === first || at + 1 === to) return Number.NaN;
  let fraction = false;
  for (at++; at < to; at++) {
    const digit = text[at] - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    if (digit > 0) fraction = true;
  }
  if (!negative) return whole;
  return fraction ? -whole - 1 : -whole;
}

function bucketRewrite(width: number): Rewrite {
  const step = parseDecimal(String(width));
  const fast = Number.isInteger(width) && width < 10 ** EXACT_DIGITS;
  return (text, from, to, out) => {
    const floor = fast ? plainFloor(text, from, to) : Number.NaN;
    if (!Number.isNaN(floor)) {
      const over = ((floor % width) + width) % width;
      // Adding zero turns -0 into 0.
      writeAscii(out, String(floor - over + 0));
      return true;
    }
    const value = parseDecimal(text.toString('latin1', from, to));
    if (value === undefined || step === undefined) return false;
    writeAscii(out, formatDecimal(floorToMultiple(value, step)));
    return true;
  };
}

function dateRewrite(keep: 'year' | 'month'): Rewrite {
  const length = keep === 'year' ? 4 : 7;
  return (text, from, to, out) => {
    if (isoDate(text, from, to) === undefined) return false;
    out.copy(text, from, from + length);
    return true;
  };
}

/**
 * Areas of three digits in which, by the census of 2000, at most 20,000 people live: HIPAA's safe
 * harbor (45 CFR 164.514(b)(2)(i)(B)) wants 000 for them. HHS's guidance of 2012 lists these.
 */
const SMALL_AREAS = new Set(
  '036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'.split(' '),
);
const US_ZIP = /^\d{5}(?:-?\d{4})?$/;

const zipRewrite: Rewrite = (text, from, to, out) => {
  if (to - from > 10 || !US_ZIP.test(text.toString('latin1', from, to))) return false;
  const area = text.toString('latin1', from, from + 3);
  writeAscii(out, SMALL_AREAS.has(area) ? '000' : area);
  return true;
};

function ageRewrite(over: number): Rewrite {
  return (text, from, to, out) => {
    const age = plainFloor(text, from, to);
    // Precondition: an age is a plain number of at least 0.
    if (!(age >= 0)) return false;
    writeAscii(out, String(age > over ? over + 1 : age));
    return true;
  };
}

function textRewrite(
  rule: Exclude<GeneraliseParameters, { bucket: number } | { ageOver: number }>,
): Rewrite {
  if ('hierarchy' in rule) return hierarchyRewrite(rule.hierarchy, rule.level);
  return 'zip' in rule ? zipRewrite : dateRewrite(rule.date);
}

/**
 * `generalise`: a number becomes the lower bound of its bucket, exactly (below zero too); an ISO
 * date its year or its year and month; a US zip code its first three digits; an age in whole years
 * one that stands for all above it; a text what its hierarchy has at a level, `hierarchy` being the text
 * of the file here. What is none of these, or a number of over 1,000 digits, is unfit.
 */
export function generaliseAction(rule: GeneraliseParameters): MaskAction {
  if ('bucket' in rule)
    return { does: 'rewrite', output: 'number', rewrite: bucketRewrite(rule.bucket) };
  if ('ageOver' in rule)
    return { does: 'rewrite', output: 'number', rewrite: ageRewrite(rule.ageOver) };
  return { does: 'rewrite', output: 'text', rewrite: textRewrite(rule) };
}

/** What a value must be declared as, so that it can be generalised so. */
export function generalises(rule: GeneraliseParameters): 'number' | 'string' {
  return 'bucket' in rule || 'ageOver' in rule ? 'number' : 'string';
}
