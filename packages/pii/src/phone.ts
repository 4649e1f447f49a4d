import { DOT, endsFree, HYPHEN, isDigit, OPEN, PLUS, SLASH, SPACE, ZERO } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import type { DigitGroups } from './digit-groups.ts';
import { bitOf, MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/** Country calling codes of two digits (ITU E.164); 1 and 7 have one, all others three. */
const TWO_DIGITS = new Set(
  `20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65
  66 81 82 84 86 90 91 92 93 94 95 98`
    .split(/\s+/)
    .map(Number),
);
/** Country calling codes of three digits that are in use, with their ranges. */
const THREE_DIGITS = new Set(
  `211-213 216 218 220-258 260-269 290 291 297-299 350-359 370-378 380-383 385-387 389 420 421 423
  500-509 590-599 670 672-683 685-692 800 808 850 852 853 855 856 870 878 880-883 886 888 960-968
  970-977 979 992-996 998`
    .split(/\s+/)
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    }),
);

/** Digits of a whole international number, E.164 and the shortest that are in use. */
const INTERNATIONAL = { least: 8, most: 15 };
const PHONE = bitOf('phone');
const NANP_DIGITS = 10;
const { alone: ALONE, backed: BACKED } = PII_CLASSES.phone;
/** Good forms that something else may have as well. */
const LOOSE = ALONE - 13;
/** Groups that only a word beside them makes a number. */
const ONLY_BACKED = 66;

/** A telephone number that begins with this group. */
export function findPhone(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const start = groups.starts[first];
  const plus = plusBefore(text, start, r.from);
  if (plus >= 0) {
    international(r, groups, first, plus, 0, BACKED);
    return;
  }
  if (isMoney(text, start, r.from)) return;
  const length = groups.length(first);
  const leadsAbroad = text[start] === ZERO && length >= 3 && text[start + 1] === ZERO;
  if (leadsAbroad && international(r, groups, first, start, 2, ALONE)) return;
  if (nanp(r, groups, first)) return;
  trunk(r, groups, first);
  local(r, groups, first);
}

/** Where the plus stands before a number, or before the bracket that it begins with; or -1. */
function plusBefore(text: Buffer, start: number, from: number): number {
  if (start > from && text[start - 1] === PLUS) return start - 1;
  return start - 1 > from && text[start - 1] === OPEN && text[start - 2] === PLUS ? start - 2 : -1;
}

function isMoney(text: Buffer, start: number, from: number): boolean {
  if (start <= from) return false;
  const before = text[start - 1];
  // $, # and =, and what ends € and £.
  return before === 0x24 || before === 0x23 || before === 0xac || before === 0xa3;
}

function opening(text: Buffer, start: number, from: number): number {
  return start > from && text[start - 1] === OPEN ? start - 1 : start;
}

/** Whether a country code in use begins at `at`. */
function isCountryCode(text: Buffer, at: number, to: number): boolean {
  let code = 0;
  for (let digits = 1; digits <= 3 && at + digits <= to; digits++) {
    if (!isDigit(text[at + digits - 1])) return false;
    code = code * 10 + text[at + digits - 1] - ZERO;
    if (digits === 1 && (code === 1 || code === 7)) return true;
    if (digits === 2 && TWO_DIGITS.has(code)) return true;
  }
  return THREE_DIGITS.has(code);
}

function international(
  r: Reading,
  groups: DigitGroups,
  first: number,
  from: number,
  skip: number,
  score: number,
): boolean {
  const { text } = r;
  const code = groups.starts[first] + skip;
  if (!isCountryCode(text, code, r.to)) return false;
  const isNanp = text[code] === 0x31;
  const most = isNanp ? NANP_DIGITS + 1 : INTERNATIONAL.most;
  let digits = -skip;
  let last = -1;
  for (let group = first; group < groups.count; group++) {
    if (group > first && groups.gaps[group] === SLASH && !isNanp && digits > 4) break;
    const length = groups.length(group);
    // A trunk zero in brackets, +44 (0)20, is no digit of the number.
    digits += length === 1 && text[groups.starts[group]] === ZERO ? 0 : length;
    if (digits > most) break;
    if (digits >= INTERNATIONAL.least) last = group;
    if (isNanp && digits === most) break;
  }
  if (last < 0 || (isNanp && digits !== most)) return false;
  const to = groups.ends[last];
  if (!(endsFree(text, to, r.to) || extensionEnd(text, to, r.to) > to)) return false;
  const bare = skip > 0 && last === first && !r.isNear(MEANING.phone, from);
  r.add('phone', from, extensionEnd(text, to, r.to), bare ? LOOSE - 10 : score);
  return true;
}

/** North America: area and office code of three digits, four more, maybe a 1 before. */
function nanp(r: Reading, groups: DigitGroups, first: number): boolean {
  const { text } = r;
  let area = first;
  if (groups.length(first) === 1 && text[groups.starts[first]] === 0x31) area++;
  if (area >= groups.count) return false;
  const from = opening(text, groups.starts[first], r.from);
  if (groups.length(area) !== 3) return nanpRun(r, groups, first);
  const last = area + 2;
  if (last >= groups.count || groups.length(area + 1) !== 3 || groups.length(last) !== 4)
    return false;
  if (text[groups.starts[area]] < 0x32) return false;
  const gap = groups.gaps[last];
  const between = groups.gaps[area + 1];
  const isBracketed = text[groups.ends[area]] === 0x29;
  if (!isBracketed && gap !== between) return false;
  if (gap !== HYPHEN && gap !== DOT && gap !== SPACE) return false;
  if (!groups.openLeft(first) || !groups.openRight(last)) return false;
  const to = groups.ends[last];
  const end = extensionEnd(text, to, r.to);
  if (end === to && !endsFree(text, to, r.to)) return false;
  const score = isBacked(r, from, to) ? BACKED : ALONE;
  r.add('phone', from, end, gap === SPACE && !isBracketed && score === ALONE ? LOOSE : score);
  return true;
}

function nanpRun(r: Reading, groups: DigitGroups, first: number): boolean {
  const { text } = r;
  const from = groups.starts[first];
  const to = groups.ends[first];
  const length = groups.length(first);
  const area = length === NANP_DIGITS + 1 && text[from] === 0x31 ? from + 1 : from;
  if (to - area !== NANP_DIGITS || text[area] < 0x32 || text[area + 3] < 0x32) return false;
  if (!isBacked(r, from, to) || !groups.isWhole(first, first)) return false;
  const end = extensionEnd(text, to, r.to);
  if (end === to && !endsFree(text, to, r.to)) return false;
  r.add('phone', from, end, ALONE);
  return true;
}

/** The last group of a form that fills the rest of the chain and has so many digits; or -1. */
function wholeRest(groups: DigitGroups, first: number, least: number, most: number): number {
  if (first !== 0) return -1;
  let digits = 0;
  for (let group = 0; group < groups.count; group++) {
    digits += groups.length(group);
    if (digits > most) return -1;
    if (group > 0 && groups.length(group) < 2) return -1;
  }
  return digits >= least ? groups.count - 1 : -1;
}

/** Most other countries: a trunk zero, then groups. */
function trunk(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const start = groups.starts[first];
  if (text[start] !== ZERO || groups.length(first) < 2 || text[start + 1] === ZERO) return;
  const last = wholeRest(groups, first, 9, 12);
  if (last < 0) return;
  const from = opening(text, start, r.from);
  const to = groups.ends[last];
  if (!endsFree(text, to, r.to)) return;
  const backed = isBacked(r, from, to);
  if (last === first) {
    if (backed) r.add('phone', from, to, ALONE);
    else if (groups.length(first) <= 11) r.add('phone', from, to, 50);
    return;
  }
  r.add('phone', from, to, backed ? BACKED : last - first > 1 || groups.length(0) > 2 ? LOOSE : 52);
}

/** Any groups of 6 to 12 digits, where a word says that they are a number to call. */
function local(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const last = wholeRest(groups, first, 6, 12);
  if (last < 0) return;
  const from = opening(text, groups.starts[first], r.from);
  const to = groups.ends[last];
  if (!endsFree(text, to, r.to) || !isBacked(r, from, to)) return;
  const isDotted = last > first && groups.gaps[last] === DOT && groups.length(last) === 3;
  if (!isDotted) r.add('phone', from, to, last > first ? ONLY_BACKED : 56);
}

function isBacked(r: Reading, from: number, to: number): boolean {
  if (r.isNear(MEANING.phone, from)) return true;
  const behind = r.meaningBehind(to);
  return (behind & PHONE) !== 0;
}

/** The end of an extension, x123 or ext. 123, that begins at `at`; `at` when there is none. */
function extensionEnd(text: Buffer, at: number, to: number): number {
  let next = at;
  if (next < to && text[next] === SPACE) next++;
  if (next >= to || (text[next] | 0x20) === SPACE) return at;
  if ((text[next] | 0x20) === 0x65) {
    if ((text[next + 1] | 0x20) !== 0x78 || (text[next + 2] | 0x20) !== 0x74) return at;
    next += 3;
    if (next < to && text[next] === DOT) next++;
  } else if ((text[next] | 0x20) === 0x78) next++;
  else return at;
  if (next < to && text[next] === SPACE) next++;
  const digits = next;
  while (next < to && next - digits < 7 && isDigit(text[next])) next++;
  return next > digits && next - digits < 7 && endsFree(text, next, to) ? next : at;
}
