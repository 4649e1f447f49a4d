import {
  CLOSE,
  COLON,
  COMMA,
  DOT,
  endsFree,
  HYPHEN,
  isDigit,
  OPEN,
  SLASH,
  SPACE,
  startsFree,
  ZERO,
} from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { type DigitGroups, numberOf } from './digit-groups.ts';
import { bitOf, MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

const MONTH = bitOf('month');
/** Words between day and month: of, de. */
const JOINING = bitOf('beforeYear') | bitOf('particle');
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const EARLIEST = 1000;
const LATEST = 2999;
const { alone: ALONE, backed: BACKED } = PII_CLASSES.date;
/** A year of two digits, or a day and month without a year. */
const SHORT_SCORE = 58;

/** Whether some year has this day. */
function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month - 1];
}

const isYear = (year: number) => year >= EARLIEST && year <= LATEST;

/** A date that begins with this group, or with the month before it. */
export function findDate(r: Reading, groups: DigitGroups, first: number): void {
  if (monthBefore(r, groups, first)) return;
  const length = groups.length(first);
  if (length <= 2 && monthBehind(r, groups, first)) return;
  if (length === 8) compact(r, groups, first);
  else if (length === 4 || length <= 2) numeric(r, groups, first);
}

function value(text: Buffer, groups: DigitGroups, group: number): number {
  return numberOf(text, groups.starts[group], groups.ends[group]);
}

/** 2020-02-29, 29.2.2020, 2/29/20: three groups with one separator. */
function numeric(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const last = first + 2;
  if (last >= groups.count) return;
  const gap = groups.gaps[last];
  if (groups.gaps[first + 1] !== gap || (gap !== HYPHEN && gap !== SLASH && gap !== DOT)) return;
  if (!isOuter(groups, first, last, gap) || groups.length(first + 1) > 2) return;
  const one = value(text, groups, first);
  const two = value(text, groups, first + 1);
  const three = value(text, groups, last);
  const to = groups.ends[last];
  const end = timeEnd(text, to, r.to);
  if (end === to && !endsFree(text, to, r.to)) return;
  const from = groups.starts[first];
  const backed = r.isNear(MEANING.birth, from) ? BACKED : ALONE;
  if (groups.length(first) === 4) {
    if (groups.length(last) <= 2 && isYear(one) && (isDay(two, three) || isDay(three, two)))
      r.add('date', from, end, backed);
    return;
  }
  if (!isDay(two, one) && !isDay(one, two)) return;
  if (groups.length(last) === 4 && isYear(three)) r.add('date', from, end, backed);
  else if (groups.length(last) === 2 && (gap === SLASH || backed === BACKED || end > to))
    r.add('date', from, end, backed === BACKED ? ALONE : SHORT_SCORE);
}

function isOuter(groups: DigitGroups, first: number, last: number, gap: number): boolean {
  if (first > 0 && groups.gaps[first] === gap) return false;
  return last + 1 >= groups.count || groups.gaps[last + 1] !== gap;
}

/** 20200229, behind a word or with a time of ISO 8601. */
function compact(r: Reading, groups: DigitGroups, first: number): void {
  const from = groups.starts[first];
  const to = groups.ends[first];
  const number = numberOf(r.text, from, to);
  const end = timeEnd(r.text, to, r.to);
  if (!isYear(Math.floor(number / 10_000))) return;
  if (!isDay(Math.floor(number / 100) % 100, number % 100) || !endsFree(r.text, end, r.to)) return;
  if (end > to || r.isNear(MEANING.birth, from)) r.add('date', from, end, SHORT_SCORE);
}

/** The end of a time of day behind a date, with a zone if there is one; `at` when none follows. */
function timeEnd(text: Buffer, at: number, to: number): number {
  let next = at;
  if (next < to && text[next] === COMMA) next++;
  if (next >= to || (text[next] !== SPACE && (text[next] | 0x20) !== 0x74)) return at;
  next = clockEnd(text, next + 1, to);
  if (next < 0) return at;
  if (next < to && (text[next] | 0x20) === 0x7a) return next + 1;
  if (next + 2 < to && (text[next] === 0x2b || text[next] === HYPHEN) && isDigit(text[next + 1])) {
    let end = next + 1;
    while (end < to && end - next < 6 && (isDigit(text[end]) || text[end] === COLON)) end++;
    return end;
  }
  const half = next < to && text[next] === SPACE ? next + 1 : next;
  const letter = half + 1 < to ? text[half] | 0x20 : 0;
  const isHalf = (letter === 0x61 || letter === 0x70) && (text[half + 1] | 0x20) === 0x6d;
  return isHalf && endsFree(text, half + 2, to) ? half + 2 : next;
}

/** The end of hh:mm, hh:mm:ss or hh:mm:ss.fff; -1 when it is none. */
function clockEnd(text: Buffer, at: number, to: number): number {
  let next = at;
  for (let part = 0; part < 3; part++) {
    const start = next;
    let number = 0;
    while (next < to && next - start < 2 && isDigit(text[next]))
      number = number * 10 + text[next++] - ZERO;
    if (next === start || number > (part === 0 ? 24 : 60)) return part === 2 ? start - 1 : -1;
    if (part === 2 || next >= to || text[next] !== COLON) {
      if (part === 0) return -1;
      break;
    }
    next++;
  }
  if (next + 1 < to && (text[next] === DOT || text[next] === COMMA) && isDigit(text[next + 1])) {
    const start = next++;
    while (next < to && next - start < 10 && isDigit(text[next])) next++;
  }
  return next;
}

/** May 12th, 2020; May 2020; May 12. */
function monthBefore(r: Reading, groups: DigitGroups, first: number): boolean {
  const { text } = r;
  const start = groups.starts[first];
  if (!r.isBefore(MEANING.month, start, 2) || start === r.wordTo) return false;
  const from = r.wordFrom;
  if (!startsFree(text, from, r.from)) return false;
  const number = value(text, groups, first);
  const length = groups.length(first);
  let to = groups.ends[first];
  if (length === 4) {
    if (!isYear(number) || !endsFree(text, to, r.to)) return false;
    r.add('date', from, timeEnd(text, to, r.to), ALONE);
    return true;
  }
  if (length > 2 || number < 1 || number > 31) return false;
  to = ordinalEnd(text, to, r.to);
  const end = yearEnd(text, to, r.to);
  if (end > to) r.add('date', from, timeEnd(text, end, r.to), BACKED);
  else if (r.isUpper(from) && endsFree(text, to, r.to)) r.add('date', from, to, SHORT_SCORE);
  return true;
}

/** 12 May 2020; 12th of May; 12-May-20; 12. Mai. */
function monthBehind(r: Reading, groups: DigitGroups, first: number): boolean {
  const { text } = r;
  const from = groups.starts[first];
  const number = value(text, groups, first);
  if (number < 1 || number > 31) return false;
  const to = ordinalEnd(text, groups.ends[first], r.to);
  let word = to;
  while (word < r.to && word - to < 2 && isJoint(text[word])) word++;
  if (word === to) return false;
  let bits = r.meaningAt(word);
  if ((bits & JOINING) !== 0 && r.wordEnd - word === 2) {
    word = r.wordEnd + 1;
    bits = word < r.to ? r.meaningAt(word) : 0;
  }
  if ((bits & MONTH) === 0) return false;
  const end = r.wordEnd;
  const year = yearEnd(text, end, r.to);
  if (year > end) r.add('date', from, timeEnd(text, year, r.to), BACKED);
  else if (r.isUpper(word) || text[to] === DOT) r.add('date', from, end, SHORT_SCORE);
  else if (end - word > 3) r.add('date', from, end, SHORT_SCORE - 6);
  return true;
}

function isJoint(byte: number): boolean {
  return byte === SPACE || byte === HYPHEN || byte === DOT || byte === SLASH;
}

const ORDINALS = new Set(
  ['st', 'nd', 'rd', 'th'].map((two) => two.charCodeAt(0) * 256 + two.charCodeAt(1)),
);

function ordinalEnd(text: Buffer, at: number, to: number): number {
  if (at + 1 >= to || isDigit(text[at])) return at;
  const two = (text[at] | 0x20) * 256 + (text[at + 1] | 0x20);
  return ORDINALS.has(two) && endsFree(text, at + 2, to) ? at + 2 : at;
}

/** The end of a year of four digits behind a month or day: ` 2020`, `, 2020`, `-2020`, ` de 2020`. */
function yearEnd(text: Buffer, at: number, to: number): number {
  let next = at;
  while (next < to && next - at < 3 && (isJoint(text[next]) || text[next] === COMMA)) next++;
  if (next > at && next + 3 < to && text[next] === 0x64 && text[next + 1] === 0x65) next += 3;
  if (next === at || next + 4 > to) return at;
  for (let digit = 0; digit < 4; digit++) if (!isDigit(text[next + digit])) return at;
  const end = next + 4;
  return isYear(numberOf(text, next, end)) && endsFree(text, end, to) ? end : at;
}

/** A year that stands alone behind a word such as in or since, or in brackets. */
export function findYear(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  if (groups.length(first) !== 4 || !groups.isWhole(first, first)) return;
  const from = groups.starts[first];
  const to = groups.ends[first];
  const year = numberOf(text, from, to);
  if (year < 1800 || year > 2099 || !endsFree(text, to, r.to)) return;
  if (to < r.to && text[to] === HYPHEN) return;
  const isIntroduced =
    from > r.from && text[from - 1] === SPACE && r.isBefore(MEANING.beforeYear, from);
  const isOpened = from > r.from && text[from - 1] === OPEN && startsFree(text, from - 1, r.from);
  const isBracketed = isOpened && to < r.to && text[to] === CLOSE;
  if (isIntroduced || isBracketed) r.add('period', from, to, PII_CLASSES.period.alone);
}
