import {
  AT,
  BEYOND,
  CLOSE,
  COLON,
  DIGIT,
  DOT,
  HYPHEN,
  KIND,
  LETTER,
  OPEN,
  SLASH,
  startsFree,
  URLISH,
  wideMark,
} from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { domainEnd } from './email.ts';
import { bitOf } from './meanings.ts';
import type { Reading } from './reading.ts';

const DOMAIN = bitOf('domain');
const LONGEST_SCHEME = 12;
const LONGEST_HOST = 64;
/** Of a domain without a scheme: `example.com` may be a name of a file or a missing space. */
const BARE_SCORE = 60;
const BARE_WITH_PATH_SCORE = 75;

const LAST_MARKS = new Set(Buffer.from('.,;:!?\'"]*_'));

/** Where the URL ends whose authority begins at `at`: marks that end a sentence stay outside. */
function urlEnd(text: Buffer, at: number, to: number): number {
  let end = at;
  let opened = 0;
  for (; end < to; end++) {
    const byte = text[end];
    if ((KIND[byte] & URLISH) === 0) break;
    if ((KIND[byte] & BEYOND) !== 0 && wideMark(text, end, to) > 0) break;
    if (byte === OPEN) opened++;
    else if (byte === CLOSE && --opened < 0) break;
  }
  while (end > at && LAST_MARKS.has(text[end - 1])) end--;
  return end;
}

/**
 * A URL whose `://` stands at `colon`. Returns where it ends, so that no other is looked for inside;
 * -1 when there is none.
 */
export function findUrl(reading: Reading, colon: number): number {
  const { text, to } = reading;
  if (colon + 3 >= to || text[colon + 1] !== SLASH || text[colon + 2] !== SLASH) return -1;
  let from = colon;
  while (from > reading.from && colon - from < LONGEST_SCHEME && isScheme(text[from - 1])) from--;
  while (from < colon && (KIND[text[from]] & (LETTER & ~BEYOND)) === 0) from++;
  if (from === colon) return -1;
  const end = urlEnd(text, colon + 3, to);
  if (end - colon < 5) return -1;
  reading.add('url', from, end, PII_CLASSES.url.alone);
  return end;
}

function isScheme(byte: number): boolean {
  return (KIND[byte] & (LETTER | DIGIT) & ~BEYOND) !== 0 || byte === HYPHEN || byte === 0x2b;
}

/** A URL without a scheme that begins with the word `www` in [from, end). */
export function findWww(reading: Reading, from: number, end: number): number {
  const { text, to } = reading;
  if (!isWww(text, from, end) || end >= to || text[end] !== DOT) return -1;
  if (!startsFree(text, from, reading.from)) return -1;
  if (from > reading.from && text[from - 1] === DOT) return -1;
  const domain = domainEnd(text, from, to);
  if (domain < 0) return -1;
  const last = hostTail(text, domain, to);
  reading.add('url', from, last, PII_CLASSES.url.alone);
  return last;
}

function isWww(text: Buffer, from: number, end: number): boolean {
  if (end - from !== 3) return false;
  return (text[from] & text[from + 1] & text[from + 2] & 0xdf) === 0x57;
}

/** The end of port, path, query and fragment behind a host. */
function hostTail(text: Buffer, at: number, to: number): number {
  if (at < to && (text[at] === SLASH || text[at] === COLON || text[at] === 0x3f))
    return Math.max(at, urlEnd(text, at, to));
  return at;
}

/** A domain whose last label is the word in [from, end), which is a usual top-level domain; its end or -1. */
export function findBareDomain(reading: Reading, from: number, end: number, bits: number): number {
  const { text, to } = reading;
  if ((bits & DOMAIN) === 0 || from - 2 < reading.from || text[from - 1] !== DOT) return -1;
  if (end < to && (KIND[text[end]] & (LETTER | DIGIT)) !== 0 && text[end] < 0x80) return -1;
  if (end + 1 < to && (text[end] === DOT || text[end] === HYPHEN) && KIND[text[end + 1]] & LETTER)
    return -1;
  let start = from - 1;
  while (start > reading.from && from - start < LONGEST_HOST && isHost(text[start - 1])) start--;
  if (start > reading.from && (text[start - 1] === AT || text[start - 1] === SLASH)) return -1;
  if (from - start >= LONGEST_HOST || text[start] === DOT || text[start] === HYPHEN) return -1;
  if (start > reading.from && !isMarkBefore(text, start, reading.from)) return -1;
  // `mailed.it` may lack a space; a real domain in a sentence is written small.
  for (let at = from; at < end; at++) if (reading.isUpper(at)) return -1;
  const last = hostTail(text, end, to);
  const isCall = end < to && text[end] === OPEN;
  if (isCall || (end - from === 2 && last === end)) return -1;
  reading.add('url', start, last, last === end ? BARE_SCORE : BARE_WITH_PATH_SCORE);
  return last;
}

/** Whether a byte of ASCII or a mark such as a curly quote stands before `at`, and no letter. */
function isMarkBefore(text: Buffer, at: number, from: number): boolean {
  if (text[at - 1] < 0x80) return true;
  for (let width = 2; width <= 3 && at - width >= from; width++)
    if (wideMark(text, at - width, at) === width) return true;
  return false;
}

function isHost(byte: number): boolean {
  return (KIND[byte] & (LETTER | DIGIT) & ~BEYOND) !== 0 || byte === DOT || byte === HYPHEN;
}
