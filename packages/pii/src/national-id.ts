import { DOT, endsFree, HYPHEN, isDigit, KIND, LETTER, SPACE, startsFree, ZERO } from './bytes.ts';
import { passesLuhn } from './card.ts';
import { PII_CLASSES } from './classes.ts';
import type { DigitGroups } from './digit-groups.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/** A number that some state gives to each person. */
interface NationalId {
  readonly country: string;
  readonly name: string;
  /** Digits of each group in one usual way to write it; the groups may also come as one run. */
  readonly groups: readonly number[];
  /** The separators between the groups, one byte each. */
  readonly gaps: readonly number[];
  /** Whether the written form is so rare elsewhere that no word is needed beside it. */
  readonly isTelling: boolean;
  /** Whether the digits, without separators, can be such a number. */
  readonly check: (digits: Uint8Array) => boolean;
}

/** Remainder modulo 11 of the digits, each by its weight. */
function weighted(digits: Uint8Array, weights: readonly number[]): number {
  let sum = 0;
  for (const [index, weight] of weights.entries()) sum += digits[index] * weight;
  return sum % 11;
}

const pair = (digits: Uint8Array, at: number) => digits[at] * 10 + digits[at + 1];
const isDay = (month: number, day: number) => month >= 1 && month <= 12 && day >= 1 && day <= 31;
const down = (from: number, count: number) => Array.from({ length: count }, (_, n) => from - n);

/** Brazil: two check digits, and not all digits alike. */
function isCpf(digits: Uint8Array): boolean {
  if (digits.every((digit) => digit === digits[0])) return false;
  const check = (count: number) => ((weighted(digits, down(count + 1, count)) * 10) % 11) % 10;
  return check(9) === digits[9] && check(10) === digits[10];
}

/** Sweden: a day (60 more for coordination numbers) and Luhn. */
function isPersonnummer(digits: Uint8Array): boolean {
  return isDay(pair(digits, 2), pair(digits, 4) % 60) && isLuhn(digits);
}

function isLuhn(digits: Uint8Array): boolean {
  return passesLuhn(Buffer.from(digits.map((digit) => digit + ZERO)), 0, digits.length);
}

/** Poland: a day with the century in its month, and a check digit. */
function isPesel(digits: Uint8Array): boolean {
  const sum = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3].reduce((sum, by, n) => sum + by * digits[n], 0);
  return isDay(pair(digits, 2) % 20, pair(digits, 4)) && (10 - (sum % 10)) % 10 === digits[10];
}

/** Belgium: what remains of the first nine modulo 97, with a 2 before them since 2000. */
function isRijksregister(digits: Uint8Array): boolean {
  const first = digits.subarray(0, 9).reduce((number, digit) => number * 10 + digit, 0);
  const check = pair(digits, 9);
  const fits = (number: number) => 97 - (number % 97) === check;
  return isDay(pair(digits, 2), pair(digits, 4)) && (fits(first) || fits(first + 2_000_000_000));
}

/** France: sex, year, month, place, serial, and 97 less the remainder modulo 97. */
function isNir(digits: Uint8Array): boolean {
  let remainder = 0;
  for (let n = 0; n < 13; n++) remainder = (remainder * 10 + digits[n]) % 97;
  const month = pair(digits, 3);
  const isMonth = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  return (digits[0] === 1 || digits[0] === 2) && isMonth && 97 - remainder === pair(digits, 13);
}

const VERHOEFF_D = ['0123456789', '1234067895', '2340178956', '3401289567', '4012395678']
  .concat(['5987604321', '6598710432', '7659821043', '8765932104', '9876543210'])
  .map((row) => Array.from(row, Number));
const VERHOEFF_P = ['0123456789', '1576283094', '5803796142', '8916043527', '9453126870']
  .concat(['4286573901', '2793806415', '7046913258'])
  .map((row) => Array.from(row, Number));

/** India: the first digit is 2 or more; Verhoeff's check. */
function isAadhaar(digits: Uint8Array): boolean {
  let check = 0;
  for (let n = 0; n < 12; n++) check = VERHOEFF_D[check][VERHOEFF_P[n % 8][digits[11 - n]]];
  return digits[0] >= 2 && check === 0;
}

/** US: 9xx and a group that the IRS gives to taxpayers without an SSN. */
function isItin(digits: Uint8Array): boolean {
  const group = pair(digits, 3);
  return digits[0] === 9 && group >= 50 && group !== 89 && group !== 93;
}

/** Netherlands: nine digits with weights 9 to 2 and then -1. */
function isBsn(digits: Uint8Array): boolean {
  const sum = weighted(digits, [...down(9, 8), 0]);
  return digits.some((digit) => digit > 0) && sum % 11 === digits[8] % 11;
}

export const NATIONAL_IDS: readonly NationalId[] = [
  {
    country: 'US',
    name: 'ITIN',
    groups: [3, 2, 4],
    gaps: [HYPHEN, HYPHEN],
    isTelling: true,
    check: isItin,
  },
  {
    country: 'Brazil',
    name: 'CPF',
    groups: [3, 3, 3, 2],
    gaps: [DOT, DOT, HYPHEN],
    isTelling: true,
    check: isCpf,
  },
  {
    country: 'Sweden',
    name: 'personnummer',
    groups: [6, 4],
    gaps: [HYPHEN],
    isTelling: true,
    check: isPersonnummer,
  },
  {
    country: 'Denmark',
    name: 'CPR',
    groups: [6, 4],
    gaps: [HYPHEN],
    isTelling: false,
    check: (digits) => isDay(pair(digits, 2), pair(digits, 0)),
  },
  {
    country: 'Belgium',
    name: 'national number',
    groups: [2, 2, 2, 3, 2],
    gaps: [DOT, DOT, HYPHEN, DOT],
    isTelling: true,
    check: isRijksregister,
  },
  {
    country: 'France',
    name: 'NIR',
    groups: [1, 2, 2, 2, 3, 3, 2],
    gaps: [SPACE, SPACE, SPACE, SPACE, SPACE, SPACE],
    isTelling: true,
    check: isNir,
  },
  {
    country: 'India',
    name: 'Aadhaar',
    groups: [4, 4, 4],
    gaps: [SPACE, SPACE],
    isTelling: false,
    check: isAadhaar,
  },
  {
    country: 'Canada',
    name: 'SIN',
    groups: [3, 3, 3],
    gaps: [SPACE, SPACE],
    isTelling: false,
    check: isLuhn,
  },
  { country: 'Poland', name: 'PESEL', groups: [11], gaps: [], isTelling: false, check: isPesel },
  { country: 'Netherlands', name: 'BSN', groups: [9], gaps: [], isTelling: false, check: isBsn },
];

/** The rows whose first group, or all of them in one run, has so many digits. */
const BY_LENGTH = Array.from({ length: 16 }, (_, length) =>
  NATIONAL_IDS.filter(({ groups }) => groups[0] === length || sum(groups) === length),
);

function sum(groups: readonly number[]): number {
  return groups.reduce((total, digits) => total + digits, 0);
}

const { alone: ALONE, backed: BACKED } = PII_CLASSES['national-id'];
const DIGITS = new Uint8Array(32);

/** A national number of digits that begins with this group. */
export function findNationalId(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  const length = groups.length(first);
  if (length > 15 || BY_LENGTH[length].length === 0 || !groups.openLeft(first)) return;
  for (const id of BY_LENGTH[length]) {
    const last = lastGroup(id, groups, first, length);
    if (last < 0) continue;
    const from = groups.starts[first];
    const to = groups.ends[last];
    const isNear = r.isNear(MEANING.nationalId, from);
    // One run of digits has the form of many other numbers.
    if (!isNear && (!id.isTelling || last === first)) continue;
    if (!groups.openRight(last) || !endsFree(text, to, r.to)) continue;
    const count = digitsOf(text, from, to);
    if (id.check(DIGITS.subarray(0, count))) {
      r.add('national-id', from, to, isNear ? BACKED : ALONE);
      return;
    }
  }
}

/** The group that ends the number: as it is written, or all digits in one run; -1 when neither. */
function lastGroup(id: NationalId, groups: DigitGroups, first: number, length: number): number {
  if (length === id.groups[0] && first + id.groups.length <= groups.count) {
    let n = 1;
    while (n < id.groups.length && isNext(id, groups, first + n, n)) n++;
    if (n === id.groups.length) return first + n - 1;
  }
  return length > id.groups[0] || id.groups.length === 1 ? first : -1;
}

function isNext(id: NationalId, groups: DigitGroups, group: number, n: number): boolean {
  return groups.length(group) === id.groups[n] && groups.gaps[group] === id.gaps[n - 1];
}

function digitsOf(text: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to && count < DIGITS.length; at++)
    if (isDigit(text[at])) DIGITS[count++] = text[at] - ZERO;
  return count;
}

const DNI_LETTERS = Buffer.from('trwagmyfpdxbnjzsqvhlcke');

/** Spain: a DNI of eight digits and its letter, that begins with this group. */
export function findDni(r: Reading, groups: DigitGroups, first: number): void {
  const { text } = r;
  if (groups.length(first) !== 8) return;
  const from = groups.starts[first];
  const end = groups.ends[first];
  const letter = end < r.to && text[end] === HYPHEN ? end + 1 : end;
  if (letter >= r.to || (KIND[text[letter]] & LETTER) === 0) return;
  if (!endsFree(text, letter + 1, r.to)) return;
  let number = 0;
  for (let at = from; at < end; at++) number = number * 10 + text[at] - ZERO;
  if ((text[letter] | 0x20) === DNI_LETTERS[number % 23])
    r.add('national-id', from, letter + 1, r.isNear(MEANING.nationalId, from) ? BACKED : ALONE);
}

/** UK: a national insurance number that begins with the two letters at `at`: QQ 12 34 56 C. */
export function findNino(r: Reading, at: number): void {
  const { text, to } = r;
  if (!startsFree(text, at, r.from) || !isNinoPrefix(text[at] | 0x20, text[at + 1] | 0x20)) return;
  let next = at + 2;
  for (let digits = 0; digits < 6; next++) {
    if (next >= to) return;
    if (isDigit(text[next])) digits++;
    else if (text[next] !== SPACE || digits % 2 !== 0 || text[next - 1] === SPACE) return;
  }
  if (next < to && text[next] === SPACE) next++;
  const last = next < to ? text[next] | 0x20 : 0;
  if (last < 0x61 || last > 0x64 || !endsFree(text, next + 1, to)) return;
  r.add('national-id', at, next + 1, r.isNear(MEANING.nationalId, at) ? BACKED : ALONE);
}

const NO_PREFIX = new Set(
  ['bg', 'gb', 'kn', 'nk', 'nt', 'tn', 'zz'].map(
    (two) => two.charCodeAt(0) * 256 + two.charCodeAt(1),
  ),
);
const NO_FIRST = new Set(Buffer.from('dfiquv'));
const NO_SECOND = new Set(Buffer.from('dfiquvo'));

function isNinoPrefix(first: number, second: number): boolean {
  if (NO_FIRST.has(first) || NO_SECOND.has(second)) return false;
  return !NO_PREFIX.has(first * 256 + second);
}
