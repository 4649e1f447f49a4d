import { DIGIT, endsFree, HYPHEN, KIND, LOWER, startsFree, UPPER } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { type DigitGroups, numberOf } from './digit-groups.ts';
import { bitOf, MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/*
 * Numbers that have no form of their own: only a word before them tells what they are.
 */

const LONGEST = 24;
const YEAR_UNIT = bitOf('yearUnit');
const TOLD_BYTES = 36;

/**
 * The number of a licence or passport that begins at `at`: letters, digits and hyphens, with at least
 * four digits.
 */
export function findDocument(r: Reading, at: number): void {
  const isLicence = r.isNear(MEANING.licence, at, TOLD_BYTES);
  if (!isLicence && !r.isNear(MEANING.passport, at, TOLD_BYTES)) return;
  const { text } = r;
  if (!startsFree(text, at, r.from) || (at > r.from && text[at - 1] === HYPHEN)) return;
  let end = at;
  let digits = 0;
  let letters = 0;
  for (; end < r.to && end - at <= LONGEST; end++) {
    const kind = KIND[text[end]];
    if (kind & DIGIT) digits++;
    else if (kind & (UPPER | LOWER)) letters++;
    else if (text[end] !== HYPHEN) break;
  }
  while (end > at && text[end - 1] === HYPHEN) end--;
  const all = digits + letters;
  if (digits < 4 || letters > 6 || end - at > LONGEST || !endsFree(text, end, r.to)) return;
  if (isLicence && all >= 5 && all <= 17) r.add('licence', at, end, PII_CLASSES.licence.backed);
  else if (!isLicence && all >= 6 && all <= 9)
    r.add('passport', at, end, PII_CLASSES.passport.backed);
}

/** The number of an account: one run of 6 to 17 digits. */
export function findAccount(r: Reading, groups: DigitGroups, first: number): void {
  const length = groups.length(first);
  if (length < 6 || length > 17 || !groups.isWhole(first, first)) return;
  const from = groups.starts[first];
  const to = groups.ends[first];
  if (!r.isNear(MEANING.account, from, TOLD_BYTES)) return;
  if (endsFree(r.text, to, r.to)) r.add('account', from, to, PII_CLASSES.account.backed);
}

const OLDEST = 120;

/** An age: one to three digits beside a word that says so. */
export function findAge(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const length = groups.length(first);
  const from = groups.starts[first];
  const to = groups.ends[first];
  if (length > 3 || !endsFree(text, to, r.to)) return;
  if (!groups.isWhole(first, first)) return;
  const age = numberOf(text, from, to);
  if (age > OLDEST || age === 0) return;
  if (
    r.isBefore(MEANING.age, from, 6) ||
    (r.isNear(MEANING.age, from, 4) && r.wordTo < from) ||
    isYearsOld(r, to)
  )
    r.add('age', from, to, PII_CLASSES.age.backed);
}

/** `35 years old`, `35-year-old`, `26 y/o`, `aged`: a unit, then a word for old. */
function isYearsOld(r: Reading, at: number): boolean {
  const start = r.letterFrom(at, Math.min(r.to, at + 2));
  if (start < 0) return false;
  const isUnit = (r.meaningAt(start) & YEAR_UNIT) !== 0;
  const unitEnd = r.wordEnd;
  if (!isUnit) return r.isOldAt(start);
  const next = r.letterFrom(unitEnd, Math.min(r.to, unitEnd + 2));
  return next >= 0 && r.isOldAt(next);
}
