import { DOT, endsFree, HYPHEN, SPACE, ZERO } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import type { DigitGroups } from './digit-groups.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/** First six digits of an issuer's numbers, from and to, and the lengths that they have. */
type Issuer = readonly [from: number, to: number, least: number, most: number];

/**
 * Ranges of issuers by ISO/IEC 7812, as the networks publish them: Visa, Mastercard (5- and
 * 2-series), American Express, Diners, Discover, JCB, UnionPay, Maestro, RuPay, Verve, InterPayment,
 * Mir, LankaPay, Troy, UzCard and Humo.
 */
const USUAL: readonly Issuer[] = [
  [400000, 499999, 13, 13],
  [400000, 499999, 16, 16],
  [400000, 499999, 19, 19],
  [510000, 559999, 16, 16],
  [222100, 272099, 16, 16],
  [340000, 349999, 15, 15],
  [370000, 379999, 15, 15],
  [300000, 305999, 14, 14],
  [309500, 309599, 14, 14],
  [360000, 369999, 14, 14],
  [380000, 399999, 14, 14],
  [352800, 358999, 16, 19],
  [620000, 629999, 16, 19],
  [601100, 601199, 16, 19],
  [644000, 659999, 16, 19],
  [501800, 501899, 13, 19],
  [502000, 502099, 13, 19],
  [503800, 503899, 13, 19],
  [506099, 506198, 16, 19],
  [508500, 508999, 16, 16],
  [589300, 589399, 13, 19],
  [606985, 608500, 16, 16],
  [630400, 630499, 13, 19],
  [636000, 636999, 16, 19],
  [670000, 679999, 13, 19],
  [220000, 220499, 16, 19],
  [357111, 357111, 16, 16],
  [979200, 979299, 16, 16],
  [860000, 860099, 16, 16],
  [986000, 986099, 16, 16],
];

/** Wide ranges and lengths that few cards have and many other numbers: UATP, old JCB, the rest of Maestro. */
const RARE: readonly Issuer[] = [
  [100000, 199999, 15, 15],
  [213100, 213199, 15, 15],
  [300000, 305999, 15, 19],
  [360000, 369999, 15, 19],
  [380000, 399999, 15, 19],
  [500000, 509999, 12, 19],
  [560000, 589999, 12, 19],
  [600000, 699999, 12, 19],
  [810000, 817199, 16, 19],
];

/** By chance one number in ten passes Luhn, so short and rare forms need a word beside them. */
const SURE_DIGITS = 14;

/** Whether one of the issuers has numbers with these first six digits and this length. */
function isIssued(issuers: readonly Issuer[], prefix: number, digits: number): boolean {
  for (const [from, to, least, most] of issuers)
    if (prefix >= from && prefix <= to && digits >= least && digits <= most) return true;
  return false;
}

/** Luhn's check (ISO/IEC 7812-1) of the digits in [from, to); other bytes are passed over. */
export function passesLuhn(text: Buffer, from: number, to: number): boolean {
  let sum = 0;
  let double = false;
  for (let at = to - 1; at >= from; at--) {
    const digit = text[at] - ZERO;
    if (digit < 0 || digit > 9) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}

function firstSix(text: Buffer, at: number): number {
  let prefix = 0;
  for (let seen = 0; seen < 6; at++) {
    const digit = text[at] - ZERO;
    if (digit < 0 || digit > 9) continue;
    prefix = prefix * 10 + digit;
    seen++;
  }
  return prefix;
}

/** A card number of 12 to 19 digits that begins with this group, in one run or in groups. */
export function findCard(reading: Reading, groups: DigitGroups, first: number): void {
  const length = groups.length(first);
  if (length < 4 || length > 19) return;
  if (length >= 12) test(reading, groups, first, first, length);
  if (length !== 4 && length !== 6) return;
  const gap = first + 1 < groups.count ? groups.gaps[first + 1] : 0;
  if (gap !== SPACE && gap !== HYPHEN) return;
  let digits = length;
  for (let last = first + 1; last < groups.count && groups.gaps[last] === gap; last++) {
    const more = groups.length(last);
    digits += more;
    if (more < 2 || more > 13 || digits > 19) return;
    if (digits >= 12) test(reading, groups, first, last, digits);
  }
}

function test(r: Reading, groups: DigitGroups, first: number, last: number, digits: number): void {
  const from = groups.starts[first];
  const to = groups.ends[last];
  if (!isOpen(groups, first, last) || !endsFree(r.text, to, r.to)) return;
  if (!passesLuhn(r.text, from, to)) return;
  const prefix = firstSix(r.text, from);
  const isBacked = r.isNear(MEANING.card, from) || r.isBehind(MEANING.card, to);
  const isUsual = isIssued(USUAL, prefix, digits);
  const { alone, backed } = PII_CLASSES.card;
  if (isUsual || isIssued(RARE, prefix, digits)) {
    if (isBacked) r.add('card', from, to, backed);
    else if (digits > 12)
      r.add('card', from, to, isUsual && digits >= SURE_DIGITS ? alone : RARE_SCORE);
  } else if (isBacked && digits > 12) {
    // Ranges are given out anew all the time, so a word beside it is believed.
    r.add('card', from, to, UNKNOWN_ISSUER_SCORE);
  }
}

/**
 * Whether the chain does not go on with the separator that the number has: then it is longer than a card's.
 * A slash goes before and behind what stands by itself, such as when the card expires.
 */
function isOpen(groups: DigitGroups, first: number, last: number): boolean {
  const own = first === last ? 0 : groups.gaps[last];
  const before = first === 0 ? 0 : groups.gaps[first];
  const behind = last + 1 < groups.count ? groups.gaps[last + 1] : 0;
  const goesOn = (gap: number) =>
    own === 0 ? gap === HYPHEN || gap === DOT : gap === own && own === HYPHEN;
  return !goesOn(before) && !goesOn(behind);
}

/** Of a form without a word beside it that may as well be the number of an article or an id. */
const RARE_SCORE = 56;
const UNKNOWN_ISSUER_SCORE = 70;
