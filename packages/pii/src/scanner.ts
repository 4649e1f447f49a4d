import {
  AT,
  COLON,
  DIGIT,
  DOT,
  isDigit,
  KIND,
  LETTER,
  SPACE,
  startsFree,
  wideMark,
} from './bytes.ts';
import { findCard } from './card.ts';
import { FORM_CLASSES, PII_CLASSES, type PiiClass } from './classes.ts';
import { findDate, findYear } from './date.ts';
import { DigitGroups, RESUME_AT } from './digit-groups.ts';
import { findEmail } from './email.ts';
import type { Findings } from './findings.ts';
import { findIban } from './iban.ts';
import { findIpv4, findIpv6 } from './ip.ts';
import { HASH_SEED, hashed, hashedSmall, SMALL } from './lexicon.ts';
import { bitOf, LEXICON, MEANING, type Meaning } from './meanings.ts';
import { findDni, findNationalId, findNino } from './national-id.ts';
import { findPhone } from './phone.ts';
import { findLetteredPostCode, findPostCode } from './post-code.ts';
import { Reading } from './reading.ts';
import { findSsn } from './ssn.ts';
import { findAccount, findAge, findDocument } from './told-number.ts';
import { findBareDomain, findUrl, findWww } from './url.ts';
import { WordRuns } from './word-runs.ts';

export interface ScannerOptions {
  /** What is looked for; `FORM_CLASSES` when not given. */
  readonly classes?: readonly PiiClass[];
  /** Candidates below this score (1 to 100) are left out; 50 when not given. */
  readonly leastScore?: number;
}

const LEAST_SCORE = 50;

/** What a byte starts: nothing, a word, a number, or a look at the mark itself. */
const NOTHING = 0;
const WORD = 1;
const NUMBER = 2;
const MARK = 3;
const STARTS = KIND.map((kind) => (kind & LETTER ? WORD : kind & DIGIT ? NUMBER : NOTHING));
STARTS[AT] = MARK;
STARTS[COLON] = MARK;

/**
 * Finds personal data in a text, in one pass: words, runs of digits, `@` and `:` start a look at what
 * stands there, and each look is bounded, so that the time is linear whatever the text holds. Not for
 * use by two readers at once; a scan allocates nothing once the columns are as long as needed.
 */
export class PiiScanner {
  readonly #reading: Reading;
  readonly #groups = new DigitGroups();
  readonly #runs: WordRuns | undefined;
  /** No URL is looked for before this place. */
  #urlTo = 0;
  #wideEnd = 0;

  constructor({ classes = FORM_CLASSES, leastScore = LEAST_SCORE }: ScannerOptions = {}) {
    this.#reading = new Reading(classes, leastScore);
    if (WordRuns.isNeeded(this.#reading)) this.#runs = new WordRuns(this.#reading);
  }

  /**
   * Scans the UTF-8 text in [from, to).
   *
   * @returns what was found, sorted and disjoint, with offsets into `text`; good until the next scan
   */
  scan(text: Buffer, from = 0, to = text.length): Findings {
    return this.scanBehind(undefined, text, from, to);
  }

  /** As `scan`, where a word of this meaning is known to belong to the text, as a field's name. */
  scanBehind(
    told: readonly Meaning[] | undefined,
    text: Buffer,
    from: number,
    to: number,
  ): Findings {
    const reading = this.#reading;
    reading.begin(text, from, to);
    this.#runs?.begin();
    this.#urlTo = from;
    if (told !== undefined) for (const meaning of told) reading.declare(MEANING[meaning]);
    this.#pass(text, from, to);
    this.#runs?.finish();
    reading.end();
    return reading.findings;
  }

  /** The one pass. Most words mean nothing, so these are done with in this loop. */
  #pass(text: Buffer, from: number, to: number): void {
    const reading = this.#reading;
    const runs = this.#runs;
    let at = from;
    while (at < to) {
      const starts = STARTS[text[at]];
      if (starts === NOTHING) {
        at++;
        continue;
      }
      if (starts !== WORD) {
        at = starts === NUMBER ? this.#number(text, at, to) : this.#mark(text, at);
        continue;
      }
      let hash = HASH_SEED;
      let end = at;
      for (; end < to; end++) {
        const small = SMALL[text[end]];
        if (small === 0) break;
        hash = hashedSmall(hash, small);
      }
      if (end < to && text[end] >= 0x80) {
        hash = this.#wideWord(text, end, to, hash);
        end = this.#wideEnd;
        if (end === at) {
          at += wideMark(text, at, to);
          continue;
        }
      }
      const bits = LEXICON.find(hash);
      if (runs !== undefined) this.#knownWord(text, at, end, to, runs.word(at, end, bits, hash));
      else if (bits !== 0 || (end - at <= 3 && this.#leads(text, end, to)))
        this.#knownWord(text, at, end, to, bits);
      else {
        reading.wordFrom = at;
        reading.wordTo = end;
        reading.wordBits = 0;
      }
      at = end;
    }
  }

  /** A word that means something, or is so short that a number may begin with it. */
  #knownWord(text: Buffer, at: number, end: number, to: number, bits: number): void {
    const reading = this.#reading;
    reading.see(at, end, bits);
    if ((bits & WEEKDAY) !== 0) reading.add('period', at, end, PII_CLASSES.period.alone);
    if (end - at <= 3 && this.#leads(text, end, to)) this.#shortWord(text, at, end);
    if ((bits & DOMAIN) !== 0 && at >= this.#urlTo)
      this.#urlTo = Math.max(this.#urlTo, findBareDomain(reading, at, end, bits));
  }

  /** The hash of a word from its first character beyond ASCII on; its end is left in `#wideEnd`. */
  #wideWord(text: Buffer, at: number, to: number, start: number): number {
    let hash = start;
    let before = 0;
    let end = at;
    for (; end < to; end++) {
      const byte = text[end];
      if ((KIND[byte] & LETTER) === 0) break;
      if (byte >= 0x80 && wideMark(text, end, to) > 0) break;
      hash = hashed(hash, byte, before);
      before = byte;
    }
    this.#wideEnd = end;
    return hash;
  }

  /** Whether a digit, a space and a digit, or a dot follows a word. */
  #leads(text: Buffer, end: number, to: number): boolean {
    if (end + 1 >= to) return false;
    const next = text[end];
    return next === SPACE ? isDigit(text[end + 1]) : next === DOT || isDigit(next);
  }

  /** Letters that numbers begin with, and `www`. */
  #shortWord(text: Buffer, at: number, end: number): void {
    const reading = this.#reading;
    const length = end - at;
    if (isDigit(text[end])) {
      if (length === 2) {
        findIban(reading, at);
        findNino(reading, at);
      }
      findLetteredPostCode(reading, at, end);
      findDocument(reading, at);
    } else if (length === 2 && text[end] === SPACE) findNino(reading, at);
    else if (length === 3 && at >= this.#urlTo) {
      const url = findWww(reading, at, end);
      if (url > 0) this.#urlTo = url;
    }
  }

  /** A chain of digit groups: each may begin a value. Returns where the reading goes on. */
  #number(text: Buffer, at: number, to: number): number {
    const groups = this.#groups;
    const reading = this.#reading;
    groups.read(text, at, to);
    const isCut = groups.count > RESUME_AT && groups.end < to;
    const count = isCut ? RESUME_AT : groups.count;
    const { findings } = reading;
    // What begins in something sure and goes on behind it may be another form, such as a card in a URL.
    for (let group = 0; group < count; group++)
      if (groups.starts[group] >= findings.sureTo || groups.end > findings.sureTo)
        this.#group(groups, group);
    this.#runs?.number(at, groups.ends[count - 1]);
    return isCut ? groups.starts[count] : groups.end;
  }

  /**
   * What may begin with this group, where no letter stands right before it. Every look is told the
   * group only; it may take in what stands before it, a plus or the name of a month.
   */
  #group(groups: DigitGroups, group: number): void {
    const reading = this.#reading;
    if (!startsFree(reading.text, groups.starts[group], reading.from)) return;
    const length = groups.length(group);
    if (length > LONGEST_GROUP) return;
    const { digits } = groups;
    if (length <= 8) findDate(reading, groups, group);
    if (length <= 3) {
      if (groups.count > 3) findIpv4(reading, groups, group);
      if (groups.count === 1) findAge(reading, groups, group);
    } else if (length === 4) findYear(reading, groups, group);
    if (length > 1) findPostCode(reading, groups, group);
    if (digits < LEAST_DIGITS) {
      if (digits > 3) findDocument(reading, groups.starts[group]);
      return;
    }
    if (length >= 4 && digits >= 12) findCard(reading, groups, group);
    if (length === 3 || length === 9) {
      const { sureTo } = reading.findings;
      findSsn(reading, groups, group);
      // What is looked for below and begins with the digits of an SSN is never more sure than it.
      if (reading.findings.sureTo !== sureTo) return;
    }
    if (length === 8) findDni(reading, groups, group);
    findPhone(reading, groups, group);
    findNationalId(reading, groups, group);
    findAccount(reading, groups, group);
    findDocument(reading, groups.starts[group]);
  }

  #mark(text: Buffer, at: number): number {
    const reading = this.#reading;
    if (text[at] === AT) findEmail(reading, at);
    else if (at >= this.#urlTo) {
      const url = findUrl(reading, at);
      if (url > 0) this.#urlTo = url;
      else findIpv6(reading, at);
    }
    return at + 1;
  }
}

const DOMAIN = bitOf('domain');
const WEEKDAY = bitOf('weekday');
/** Longer runs of digits are no number of a person. */
const LONGEST_GROUP = 19;
/** A chain of fewer digits is no number of a phone, card, account or person. */
const LEAST_DIGITS = 6;
