import { z } from 'zod';
import { floorToMultiple, formatDecimal, parseDecimal } from './decimal.ts';
import type { MaskAction, Rewrite, TextOutput } from './transform.ts';

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

function writeAscii(out: TextOutput, text: string): void {
  for (let i = 0; i < text.length; i++) out.byte(text.charCodeAt(i));
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

/** ISO 8601 calendar date, alone or with a time of day as RFC 3339 writes it. */
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](.+))?$/;
const ISO_TIME =
  /^(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d{1,12})?)?(?:[Zz]|[+-][0-2]\d:?[0-5]\d)?$/;
const LONGEST_DATE = 48;

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1];
}

function dateRewrite(keep: 'year' | 'month'): Rewrite {
  const length = keep === 'year' ? 4 : 7;
  return (text, from, to, out) => {
    if (to - from > LONGEST_DATE) return false;
    const match = ISO_DATE.exec(text.toString('latin1', from, to));
    if (match === null) return false;
    const [, year, month, day, time] = match;
    if (!isDate(Number(year), Number(month), Number(day))) return false;
    if (time !== undefined && !ISO_TIME.test(time)) return false;
    out.copy(text, from, from + length);
    return true;
  };
}

/**
 * `generalise`: a number becomes the lower bound of its bucket, exactly (below zero too); an ISO
 * date its year or its year and month. What is no date, or a number of over 1,000 digits, is unfit.
 */
export function generaliseAction(rule: GeneraliseParameters): MaskAction {
  if ('bucket' in rule)
    return { does: 'rewrite', output: 'number', rewrite: bucketRewrite(rule.bucket) };
  return { does: 'rewrite', output: 'text', rewrite: dateRewrite(rule.date) };
}
