import { AT, ATEXT, BEYOND, DIGIT, DOT, HYPHEN, KIND, LETTER, wideMark } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import type { Reading } from './reading.ts';

/** RFC 5321, 4.5.3.1. */
const LOCAL_MOST = 64;
const DOMAIN_MOST = 255;
const LABEL_MOST = 63;

/** The end of a domain with a dot in it and a top level of two letters or more; -1 when none. */
export function domainEnd(text: Buffer, at: number, to: number): number {
  const most = Math.min(to, at + DOMAIN_MOST);
  let label = at;
  let end = -1;
  let letters = 0;
  let next = at;
  for (; next < most; next++) {
    const byte = text[next];
    const kind = KIND[byte];
    if ((kind & LETTER) !== 0) {
      if ((kind & BEYOND) !== 0 && wideMark(text, next, to) > 0) break;
      letters++;
    } else if (byte === DOT) {
      if (next === label || text[next - 1] === HYPHEN || next - label > LABEL_MOST) return end;
      if (label > at && isTop(text, label, next, letters)) end = next;
      label = next + 1;
      letters = 0;
    } else if ((kind & DIGIT) === 0 && (byte !== HYPHEN || next === label)) break;
  }
  if (next < to && next - at >= DOMAIN_MOST) return -1;
  while (next > label && text[next - 1] === HYPHEN) next--;
  return label > at && next - label <= LABEL_MOST && isTop(text, label, next, letters) ? next : end;
}

/** Two letters or more and nothing else; or the ASCII form of an international one. */
function isTop(text: Buffer, label: number, end: number, letters: number): boolean {
  if (end - label < 2) return false;
  if (letters === end - label) return true;
  const isAscii = text[label + 2] === HYPHEN && text[label + 3] === HYPHEN;
  return isAscii && (text[label] | 0x20) === 0x78 && (text[label + 1] | 0x20) === 0x6e;
}

/** The start of the local part that ends before `at`; -1 when there is none. */
function localStart(text: Buffer, at: number, from: number): number {
  const least = Math.max(from, at - LOCAL_MOST - 1);
  let start = at;
  while (start > least) {
    const byte = text[start - 1];
    if ((KIND[byte] & ATEXT) === 0 && (byte !== DOT || text[start] === DOT || start === at)) break;
    start--;
  }
  // What cuts a long run in two would make a false address of its end.
  if (at - start > LOCAL_MOST) return -1;
  while (start < at && !beginsLocal(text, start, at)) start++;
  return start < at ? start : -1;
}

/** Quotes and slashes before an address are no part of it, nor is half a character. */
function beginsLocal(text: Buffer, at: number, to: number): boolean {
  const kind = KIND[text[at]];
  if ((kind & BEYOND) !== 0) return (text[at] & 0xc0) === 0xc0 && wideMark(text, at, to) === 0;
  return (kind & (LETTER | DIGIT)) !== 0 || text[at] === 0x5f || text[at] === 0x2b;
}

/** The last curly quote or no-break space before the address ends what was taken for it. */
function pastWideMarks(text: Buffer, start: number, at: number): number {
  let first = start;
  for (let next = start; next < at; next++) {
    if (text[next] < 0x80) continue;
    const width = wideMark(text, next, at);
    if (width > 0) first = next + width;
  }
  return first;
}

/** package@2.2.4.tgz: two labels of digits alone are a version, one may be a domain (163.com). */
function isVersion(text: Buffer, at: number, end: number): boolean {
  let dots = 0;
  for (let next = at; next < end && dots < 2; next++) {
    if (text[next] === DOT) dots++;
    else if ((KIND[text[next]] & DIGIT) === 0) return false;
  }
  return dots === 2;
}

/** An e-mail address around the `@` at `at`. */
export function findEmail(reading: Reading, at: number): void {
  const { text } = reading;
  if (at === reading.from || text[at] !== AT) return;
  const local = localStart(text, at, reading.from);
  if (local < 0) return;
  const end = domainEnd(text, at + 1, reading.to);
  if (end < 0 || isVersion(text, at + 1, end)) return;
  const start = pastWideMarks(text, local, at);
  if (start < at) reading.add('email', start, end, PII_CLASSES.email.alone);
}
