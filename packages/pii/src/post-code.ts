import {
  COLON,
  COMMA,
  endsFree,
  HYPHEN,
  isDigit,
  KIND,
  LETTER,
  SPACE,
  startsFree,
  UPPER,
} from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import type { DigitGroups } from './digit-groups.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

const { alone: ALONE, backed: BACKED } = PII_CLASSES.zip;
/** How far a word for post code stands before it. */
const WORD_BYTES = 18;
/** Forms that some other number may have as well. */
const LOOSE = ALONE - 8;

/** A post code that begins with this group. */
export function findPostCode(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const length = groups.length(first);
  const from = groups.starts[first];
  if (length < 2 || length > 6) return;
  const backed = r.isNear(MEANING.zip, from, WORD_BYTES);
  const last = joined(groups, first, backed);
  if (!groups.openRight(last) || !isOpenLeft(r, groups, first)) return;
  const to = dutchEnd(r, groups, last, first === last && length === 4);
  if (!endsFree(text, to, r.to)) return;
  if (backed) {
    if (to - from >= 3) r.addPostCode(from, to, BACKED);
  } else if (to > groups.ends[last]) r.addPostCode(from, to, dutchScore(r, to));
  else if (last > first) r.addPostCode(from, to, length === 5 ? ALONE : LOOSE);
  else if (length === 5 && isStateBefore(r, from)) r.addPostCode(from, to, ALONE + 8);
  else if (length >= 4 && length <= 5 && isCountryCode(r, from)) r.addPostCode(from, to, ALONE);
  else if (length === 5 && (r.isBehindCountry(from) || isTownLine(r, from, to)))
    r.addPostCode(from, to, LOOSE);
  else if (groups.isWhole(first, first) && endsAddress(r, from, to, length))
    r.addPostCode(from, to, LOOSE);
}

const LINES_BYTES = 64;
const NEW_LINE = 0x0a;

/**
 * The digits that end a line in an address: a word for a unit of a house stands on an earlier line.
 * Post codes of three digits (Iceland) only on a line of their own.
 */
function endsAddress(r: Reading, from: number, to: number, length: number): boolean {
  const { text } = r;
  if (length < 3 || (to < r.to && text[to] !== NEW_LINE)) return false;
  if (!r.isNear(MEANING.unit, from, LINES_BYTES)) return false;
  let line = from;
  let isAlone = true;
  while (line > r.from && from - line < LINES_BYTES && text[line - 1] !== NEW_LINE) {
    line--;
    if (text[line] > SPACE) isAlone = false;
  }
  const isLater =
    line > r.from && text[line - 1] === NEW_LINE && !r.isNear(MEANING.unit, from, from - line);
  return isLater && (isAlone || length > 3);
}

/** The last group of 12345-6789, 1234-567 or 12-345, or with a word before it of 123 45, too. */
function joined(groups: DigitGroups, first: number, backed: boolean): number {
  const last = first + 1;
  if (last >= groups.count) return first;
  const [one, two, gap] = [groups.length(first), groups.length(last), groups.gaps[last]];
  if (
    gap === HYPHEN &&
    ((one === 5 && two === 4) || (one === 4 && two === 3) || (one === 2 && two === 3))
  )
    return last;
  return backed && gap === SPACE && one === 3 && two === 2 ? last : first;
}

/** A country's letter may be joined by a hyphen; other digits may not be joined at all. */
function isOpenLeft(r: Reading, groups: DigitGroups, first: number): boolean {
  const from = groups.starts[first];
  if (first > 0) return groups.openLeft(first);
  if (from === r.from) return true;
  const before = r.text[from - 1];
  return before !== 0x24 && before !== COLON && (before !== HYPHEN || isCountryCode(r, from));
}

/** Codes of countries in Europe that are written before a post code: of ISO 3166 and of cars. */
const COUNTRY_CODES = new Set(
  'A AT B BE BG CH CZ D DE DK E EE ES F FI FL FR GR H HR HU I IE IT L LT LU LV N NL NO P PL PT RO S SE SI SK'
    .split(' ')
    .map((code) =>
      code.length === 1 ? code.charCodeAt(0) : code.charCodeAt(0) * 256 + code.charCodeAt(1),
    ),
);

/** D-12345, CH-8000: a country's code and a hyphen. */
function isCountryCode(r: Reading, from: number): boolean {
  if (from - 1 < r.from || r.text[from - 1] !== HYPHEN || r.wordTo !== from - 1) return false;
  const { text, wordFrom, wordTo } = r;
  if (!startsFree(text, wordFrom, r.from) || (wordFrom > r.from && text[wordFrom - 1] === HYPHEN))
    return false;
  const last = text[wordTo - 1];
  if (wordTo - wordFrom > 2) return false;
  return COUNTRY_CODES.has(wordTo - wordFrom === 1 ? last : text[wordFrom] * 256 + last);
}

/** A state of the US or a province, in two capitals or behind a comma, and a space or a new line. */
function isStateBefore(r: Reading, from: number): boolean {
  if (!r.isBefore(MEANING.state, from, 6) || r.wordTo === from) return false;
  for (let at = r.wordTo; at < from; at++) if (r.text[at] > SPACE) return false;
  return r.isUpper(r.wordFrom) ? r.isUpper(r.wordTo - 1) : isTownBefore(r);
}

/** In small letters a state is a word as well, so a town and a comma must stand before: `lincoln, ne`. */
function isTownBefore({ from, text, wordFrom }: Reading): boolean {
  const comma = wordFrom - 2;
  const isApart = comma > from && text[comma] === COMMA && text[comma + 1] === SPACE;
  return (
    isApart && !IS_PLAIN.has(text[wordFrom] * 256 + text[wordFrom + 1]) && isAscii(text[comma - 1])
  );
}

/** States that are words of some language as well, such as in, or, ca (about), id and ab (from). */
const IS_PLAIN = new Set(
  'in or me hi ok oh on as pa ma ca id de la al co ab nb pr ms mt'
    .split(' ')
    .map((w) => w.charCodeAt(0) * 256 + w.charCodeAt(1)),
);

const TOWN_BYTES = 40;

/**
 * 10115 Berlin: a line of digits and capitalised words, none of which is a street's, under a line that
 * ends with the number of a house.
 */
function isTownLine(r: Reading, from: number, to: number): boolean {
  const { text } = r;
  if (text[to] !== SPACE || !r.isUpper(to + 1)) return false;
  let line = from;
  while (line > r.from && text[line - 1] === SPACE) line--;
  if (line <= r.from || text[line - 1] !== NEW_LINE || !endsWithHouse(r, line - 1)) return false;
  const most = Math.min(r.to, to + TOWN_BYTES);
  let at = to;
  for (; at < most && text[at] !== NEW_LINE; at++) {
    const kind = KIND[text[at]];
    if ((kind & LETTER) === 0) {
      if (text[at] !== SPACE && text[at] !== HYPHEN && text[at] !== 0x27) return false;
    } else if ((KIND[text[at - 1]] & LETTER) === 0 && r.isStreetAt(at)) return false;
  }
  return at === r.to || at < most;
}

/** Whether a line that ends before `at` ends with a number of a house: 5, 12 or 5a. */
function endsWithHouse(r: Reading, at: number): boolean {
  const { text } = r;
  let end = at - 1;
  while (end > r.from && text[end] === SPACE) end--;
  if (end > r.from && isAscii(text[end])) end--;
  let digits = 0;
  for (; end >= r.from && isDigit(text[end]); end--) digits++;
  return digits >= 1 && digits <= 4 && end > r.from && text[end] === SPACE;
}

/** 1012 AB: the end with the two letters, if they follow. */
function dutchEnd(r: Reading, groups: DigitGroups, last: number, isFour: boolean): number {
  const to = groups.ends[last];
  if (!isFour || r.text[to] !== SPACE || r.text[groups.starts[last]] === 0x30) return to;
  const isLetters = r.isUpper(to + 1) && r.isUpper(to + 2);
  return isLetters && endsFree(r.text, to + 3, r.to) ? to + 3 : to;
}

/** Without a word before it, a town must follow: 2017 AD or 1200 PM are no post codes. */
function dutchScore(r: Reading, to: number): number {
  const isTown = r.text[to] === SPACE && r.isUpper(to + 1) && (KIND[r.text[to + 2]] & LETTER) !== 0;
  return isTown ? ALONE : 0;
}

/**
 * A post code of the UK (SW1A 1AA) or Canada (K1A 0B1) that begins with the letters in [from, end),
 * in capitals, or behind a word for it.
 */
export function findLetteredPostCode(r: Reading, from: number, end: number): void {
  const { text, to } = r;
  if (end - from > 2 || end >= to || !isDigit(text[end]) || !startsFree(text, from, r.from)) return;
  const last = canadianEnd(text, from, end, to);
  const close = last > 0 ? last : britishEnd(text, end, to);
  if (close < 0 || !endsFree(text, close, to)) return;
  const backed = r.isNear(MEANING.zip, from, WORD_BYTES);
  let isCapital = true;
  for (let at = from; at < close; at++)
    if ((KIND[text[at]] & LETTER) !== 0 && (KIND[text[at]] & UPPER) === 0) isCapital = false;
  if (backed) r.addPostCode(from, close, BACKED);
  else if (isCapital) r.addPostCode(from, close, hasSpace(text, from, close) ? ALONE : LOOSE);
}

function hasSpace(text: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text[at] === SPACE) return true;
  return false;
}

const isAscii = (byte: number) => byte < 0x80 && (KIND[byte] & LETTER) !== 0;

function canadianEnd(text: Buffer, from: number, end: number, to: number): number {
  if (end - from !== 1 || end + 5 > to + 1 || !isAscii(text[end + 1])) return -1;
  const at = text[end + 2] === SPACE || text[end + 2] === HYPHEN ? end + 3 : end + 2;
  if (at + 3 > to) return -1;
  return isDigit(text[at]) && isAscii(text[at + 1]) && isDigit(text[at + 2]) ? at + 3 : -1;
}

/** Behind the letters of the area: one or two digits or a digit and a letter, a space, 9AA. */
function britishEnd(text: Buffer, end: number, to: number): number {
  for (let width = 1; width <= 2; width++) {
    let at = end + width;
    if (width === 2 && !isDigit(text[end + 1]) && !isAscii(text[end + 1])) return -1;
    if (text[at] === SPACE) at++;
    if (at + 3 > to) return -1;
    if (isDigit(text[at]) && isInward(text[at + 1]) && isInward(text[at + 2])) return at + 3;
  }
  return -1;
}

/** The last two letters of a British post code are none of C, I, K, M, O and V. */
function isInward(byte: number): boolean {
  return isAscii(byte) && !NOT_INWARD.has(byte | 0x20);
}
const NOT_INWARD = new Set(Buffer.from('cikmov'));
