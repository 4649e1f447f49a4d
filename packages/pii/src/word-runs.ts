import { DOT, HYPHEN, SPACE } from './bytes.ts';
import { isCapital } from './capital.ts';
import { PII_CLASSES } from './classes.ts';
import type { Lexicon } from './lexicon.ts';
import { bitOf, RUN_LEXICON, MEANING } from './meanings.ts';
import { peopleNames } from './people-names.ts';
import type { Reading } from './reading.ts';
import { StreetNumbers } from './street-numbers.ts';

const COMMON = bitOf('common');
const TITLE = bitOf('title');
const PARTICLE = bitOf('particle');
const LEGAL_FORM = bitOf('legalForm');
const STREET = bitOf('street') | bitOf('streetFirst');
const COUNTRY = bitOf('country');
const UNIT = bitOf('unit');
const CALENDAR = bitOf('month') | bitOf('weekday');

/** Behind a word such as name: how far the name may begin. */
const CUE_BYTES = 8;
const NAME = PII_CLASSES.name;
const PLACE = PII_CLASSES.place;
/** Names without anything else that speaks for them. */
const SCORE = {
  titled: 88,
  toldListed: NAME.backed,
  told: 62,
  allListed: 72,
  someListed: 64,
  initial: NAME.alone,
  oneListed: 53,
  unlisted: 51,
} as const;

const NONE = -1000;

/**
 * Runs of capitalised words: names of persons, organisations and places, and with numbers, streets.
 * Words decide, so these findings are less sure than those of a form with a check.
 */
export class WordRuns {
  readonly #reading: Reading;
  readonly #names: Lexicon;
  readonly #streets: StreetNumbers;
  #from = NONE;
  #to = NONE;
  #words = 0;
  #listed = 0;
  #initials = 0;
  #bits = 0;
  #lastBits = 0;
  #lastFrom = NONE;
  #isTold = false;
  #isTitled = false;
  #isPlaced = false;
  /** Words that are not all capitals. */
  #spoken = 0;
  /** Whether an article or a number stands right before it, or a number right behind. */
  #isThing = false;
  /** The end of a particle that may go on with the run. */
  #pending = NONE;
  #titleTo = NONE;

  static isNeeded(reading: Reading): boolean {
    return (['name', 'organisation', 'place', 'address'] as const).some((c) => reading.wants(c));
  }

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#names = peopleNames();
    this.#streets = new StreetNumbers(reading);
  }

  begin(): void {
    this.#clear();
    this.#titleTo = NONE;
    this.#streets.begin();
  }

  finish(): void {
    this.#judge();
  }

  /** A number in [from, to): may be the number of a house before or behind a run. */
  number(from: number, to: number): void {
    const isBehind = this.#from !== NONE && from === this.#to + 1;
    const { wordBits } = this.#reading;
    if (isBehind) this.#isThing = true;
    if (isBehind) this.#streets.behind(this.#from, this.#to, this.#bits, this.#words, from, to);
    this.#judge();
    this.#streets.number(from, to, wordBits);
  }

  /** A word in [from, to), before the reading remembers it. Returns all that the word means. */
  word(from: number, to: number, formBits: number, hash: number): number {
    const bits = formBits | RUN_LEXICON.find(hash);
    this.#word(from, to, bits, hash);
    return bits;
  }

  #word(from: number, to: number, bits: number, hash: number): void {
    const { text } = this.#reading;
    if ((bits & TITLE) !== 0 && this.#takesTitle(to)) return;
    const isBig = isCapital(text, from, to);
    const isJoined = this.#from !== NONE && this.#joins(from);
    if (!isJoined) this.#judge();
    if (isJoined && !isBig && (bits & PARTICLE) !== 0 && to - from <= 4) {
      this.#pending = to;
      return;
    }
    const isListed = (bits & CALENDAR) === 0 && this.#names.find(hash) !== 0;
    const isPlain = (bits & COMMON) !== 0 && (bits & (LEGAL_FORM | STREET)) === 0;
    const isBroken = (bits & (CALENDAR | UNIT)) !== 0 || isShortened(text, to, this.#reading.to);
    if (isBig && !isBroken && (!isPlain || (isListed && this.#from !== NONE)))
      this.#extend(from, to, bits, isListed);
    else {
      this.#judge();
      this.#small(from, to, bits, isListed && !isBig && (bits & COMMON) === 0);
    }
  }

  #extend(from: number, to: number, bits: number, isListed: boolean): void {
    if (this.#from === NONE) {
      const reading = this.#reading;
      this.#from = from;
      this.#isTitled = from - this.#titleTo <= 2;
      this.#isPlaced = reading.isBefore(MEANING.placeCue, from);
      this.#isThing = reading.isBefore(MEANING.article, from) || this.#streets.isBefore(from);
      this.#isTold = !this.#isPlaced && reading.isNear(MEANING.nameCue, from, CUE_BYTES);
    }
    this.#to = to;
    this.#pending = NONE;
    this.#words++;
    this.#bits |= bits;
    this.#lastBits = bits;
    this.#lastFrom = from;
    if (isListed) this.#listed++;
    if (to - from === 1) this.#initials++;
    else if (!isCapital(this.#reading.text, to - 1, to)) this.#spoken++;
  }

  /** Whether the word that ends before `at` is a title for what follows: `Mr. ` or `Dr `. */
  #takesTitle(at: number): boolean {
    const { text } = this.#reading;
    const next = text[at] === DOT ? at + 1 : at;
    const isTitle = text[next] === SPACE && this.#from === NONE;
    if (isTitle) this.#titleTo = next;
    return isTitle;
  }

  /** Whether the word at `from` goes on with the run: a space, a hyphen, or a dot of an initial. */
  #joins(from: number): boolean {
    const { text } = this.#reading;
    const end = this.#pending === NONE ? this.#to : this.#pending;
    const gap = from - end;
    if (gap === 1) return text[end] === SPACE || text[end] === HYPHEN || text[end] === 0x27;
    if (gap !== 2 || text[end + 1] !== SPACE) return false;
    return text[end] === DOT
      ? end - 1 === this.#from || text[end - 2] === SPACE
      : text[end] === 0x26;
  }

  #judge(): void {
    if (this.#from === NONE) return;
    const reading = this.#reading;
    const hasDot = this.#to < reading.to && reading.text[this.#to] === DOT;
    const to = hasDot && (this.#lastBits & LEGAL_FORM) !== 0 ? this.#to + 1 : this.#to;
    if ((this.#bits & STREET) !== 0) this.#streets.before(this.#from, this.#to);
    if ((this.#lastBits & COUNTRY) !== 0) this.#streets.endBefore(this.#lastFrom);
    if ((this.#bits & LEGAL_FORM) !== 0 && this.#words > 1)
      reading.add('organisation', this.#from, to, PII_CLASSES.organisation.alone);
    else this.#person();
    this.#place();
    this.#clear();
  }

  #person(): void {
    const reading = this.#reading;
    if ((this.#bits & COUNTRY) !== 0 && this.#words === 1 && !this.#isTitled) return;
    const full = this.#words - this.#initials;
    if (full === 0) return;
    const score = this.#personScore(full);
    if (score > 0) reading.add('name', this.#from, this.#to, score);
  }

  #personScore(full: number): number {
    if (this.#isTitled) return SCORE.titled;
    if ((this.#bits & STREET) !== 0 || full > 4) return 0;
    if (this.#isTold) return this.#listed > 0 ? SCORE.toldListed : SCORE.told;
    if (this.#isThing) return 0;
    const isOwner =
      this.#initials > 0 || isPossessive(this.#reading.text, this.#to, this.#reading.to);
    if (this.#isPlaced && this.#listed < full && !isOwner) return 0;
    if (full === 1) return this.#listed > 0 && !this.#isPlaced ? SCORE.oneListed : 0;
    if (this.#listed >= full) return SCORE.allListed;
    if (this.#listed > 0) return SCORE.someListed;
    if (this.#initials > 0) return SCORE.initial;
    return this.#spoken > 0 ? SCORE.unlisted : 0;
  }

  #place(): void {
    const reading = this.#reading;
    if ((this.#bits & COUNTRY) !== 0 && this.#words === 1)
      reading.add('place', this.#from, this.#to, PLACE.alone);
    else if (this.#isPlaced && this.#listed < 2)
      reading.add('place', this.#from, this.#to, PLACE.backed);
  }

  /** Small letters: a name of the list behind a word such as name, or any word behind a title. */
  #small(from: number, to: number, bits: number, isListed: boolean): void {
    const reading = this.#reading;
    if (from - this.#titleTo <= 1 && (bits & COMMON) === 0)
      reading.add('name', from, to, SCORE.titled - 10);
    if (isListed && reading.isNear(MEANING.nameCue, from, CUE_BYTES))
      reading.add('name', from, to, SCORE.told);
  }

  #clear(): void {
    this.#from = NONE;
    this.#to = NONE;
    this.#words = 0;
    this.#listed = 0;
    this.#initials = 0;
    this.#bits = 0;
    this.#lastBits = 0;
    this.#pending = NONE;
    this.#isTitled = false;
    this.#isTold = false;
    this.#isPlaced = false;
    this.#spoken = 0;
    this.#isThing = false;
  }
}

/** Anna's: whoever has something is somebody, mostly. */
function isPossessive(text: Buffer, at: number, to: number): boolean {
  return at + 1 < to && text[at] === 0x27 && text[at + 1] === 0x73;
}

const SHORTENED = new Set(Buffer.from('tmvr'));

/** don't, I'm, we've: the letters before the apostrophe are no name. */
function isShortened(text: Buffer, at: number, to: number): boolean {
  return at + 1 < to && text[at] === 0x27 && SHORTENED.has(text[at + 1] | 0x20);
}
