import { BEYOND, COMMA, DOT, HYPHEN, isDigit, KIND, LETTER, SPACE, UPPER } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { bitOf } from './meanings.ts';
import type { Reading } from './reading.ts';

const { alone: ALONE, backed: BACKED } = PII_CLASSES.address;
const STREET = bitOf('street') | bitOf('streetFirst');
const UNIT = bitOf('unit');
const NONE = -1000;
/** A number of a house has no more digits. */
const HOUSE_DIGITS = 5;
/** Parts of one address stand so close: `, ` or a new line with a space. */
const APART_BYTES = 4;
/** So far behind a street its post code or country may stand, with a town and a state between. */
const TOWN_BYTES = 64;
/** A street's name is no longer. */
const NAME_BYTES = 40;
/** Of an address with its town: more than of its parts, and of what the words in it might be. */
const WHOLE = BACKED + 4;
const APOSTROPHE = 0x27;
const QUOTE = 0x3e;
/** Endings of words for street in languages that write them in one word with the name. */
const ENDINGS = [
  'straße',
  'strasse',
  'gasse',
  'weg',
  'platz',
  'straat',
  'laan',
  'gatan',
  'gata',
  'vägen',
  'vej',
  'veien',
  'gade',
  'katu',
  'tie',
  'stræti',
  'gaten',
].map((ending) => Buffer.from(ending));

/** What stands between the names of an address: also a mark of quoted lines. */
const BETWEEN = new Set([COMMA, DOT, HYPHEN, APOSTROPHE, QUOTE]);

/** Streets with the numbers of houses before or behind them, and units of a house. */
export class StreetNumbers {
  readonly #reading: Reading;
  #numberFrom = NONE;
  #numberTo = NONE;
  #partFrom = NONE;
  #partTo = NONE;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  begin(): void {
    this.#numberFrom = NONE;
    this.#numberTo = NONE;
    this.#partFrom = NONE;
    this.#partTo = NONE;
  }

  /** A number, and what the word before it means: `Apt. 5` and `Box 12` are parts of an address. */
  number(from: number, to: number, wordBits: number): void {
    const reading = this.#reading;
    const gap = from - reading.wordTo;
    if ((wordBits & UNIT) !== 0 && gap >= 1 && gap <= 2)
      this.#part(this.#boxFrom(reading.wordFrom), to, ALONE - 5);
    else if (reading.postCodeTo > from) this.endBefore(from);
    // Of several numbers with spaces between, the last one is the house's.
    let house = to;
    while (house > from && isDigit(reading.text[house - 1])) house--;
    this.#numberFrom = to - house <= HOUSE_DIGITS ? house : NONE;
    this.#numberTo = to;
  }

  /**
   * What ends an address begins at `end`: its post code or country, which are told by themselves. The
   * address goes on to there when a town and a state are all that stands between.
   */
  endBefore(end: number): void {
    const { text } = this.#reading;
    if (this.#partTo === NONE || end < this.#partTo || end - this.#partTo > TOWN_BYTES) return;
    if (!this.#isTown(this.#partTo, end)) return;
    // D-10115: the code of a country belongs to the post code.
    let to = text[end - 1] === HYPHEN ? this.#reading.wordFrom : end;
    while (to > this.#partTo && (text[to - 1] <= SPACE || BETWEEN.has(text[to - 1]))) to--;
    if (to > this.#partTo) this.#reading.add('address', this.#partFrom, to, WHOLE);
    this.#partTo = NONE;
  }

  /** Whether names and marks between them are all that stands in [from, to). */
  #isTown(from: number, to: number): boolean {
    const { text } = this.#reading;
    for (let at = from; at < to; at++) {
      const byte = text[at];
      const isWord = (KIND[byte] & LETTER) !== 0;
      if (!isWord && byte > SPACE && !BETWEEN.has(byte)) return false;
      const begins = isWord && (KIND[text[at - 1]] & LETTER) === 0;
      if (begins && (KIND[byte] & (UPPER | BEYOND)) === 0 && !this.#reading.isParticleAt(at))
        return false;
    }
    return true;
  }

  /** Where `P.O. Box` or `PO Box` begins whose last word begins at `at`. */
  #boxFrom(at: number): number {
    const { from, text } = this.#reading;
    for (const start of [at - 5, at - 3]) {
      const isPost = start >= from && (text[start] | 0x20) === 0x70 && text[at - 1] === SPACE;
      if (isPost && (text[start + (at - start === 5 ? 2 : 1)] | 0x20) === 0x6f) return start;
    }
    return at;
  }

  /** A run with a word for street: the number of the house may stand before it. */
  before(from: number, to: number): void {
    if (this.#numberFrom !== NONE && from === this.#numberTo + 1)
      this.#part(this.#numberFrom, to, BACKED);
  }

  /** Whether a number stands right before `at`. */
  isBefore(at: number): boolean {
    return this.#numberFrom !== NONE && at === this.#numberTo + 1;
  }

  /** A number right behind a run of words. */
  behind(from: number, to: number, bits: number, words: number, number: number, end: number): void {
    if (end - number > HOUSE_DIGITS || this.#reading.text[to] !== SPACE) return;
    const isStreet = (bits & STREET) !== 0 && words > 1;
    if (isStreet || this.#endsAsStreet(from, to)) this.#part(from, end, BACKED);
  }

  /** A part of an address; it and a part that stands close before it are one. */
  #part(from: number, to: number, score: number): void {
    let start = from;
    if (
      this.#partTo !== NONE &&
      from - this.#partTo <= APART_BYTES &&
      this.#isGap(this.#partTo, from)
    )
      start = this.#partFrom;
    else if (this.#numberFrom !== NONE) start = this.#houseFrom(from);
    this.#partFrom = start;
    this.#partTo = Math.max(this.#partTo, to);
    this.#reading.add('address', start, to, Math.max(score, start < from ? BACKED : 0));
  }

  /** Where the street and house begin before what begins at `at`; `at` when none stand there. */
  #houseFrom(at: number): number {
    const gap = at - this.#numberTo;
    if (gap <= 0 || gap > APART_BYTES || !this.#isGap(this.#numberTo, at)) return at;
    const start = this.#streetFrom(this.#numberFrom);
    // A number alone is a house's only right before it.
    return start < this.#numberFrom || gap === 1 ? start : at;
  }

  /** Where a street begins whose house has the number at `at`: 20789 Allika 46. */
  #streetFrom(at: number): number {
    const { from, text } = this.#reading;
    const least = Math.max(from, at - NAME_BYTES);
    let start = at;
    for (let end = at - 1; end > least && text[end] === SPACE; end = start - 1) {
      let first = end;
      while (first > least && (KIND[text[first - 1]] & LETTER) !== 0) first--;
      const isMiddle = (text[first] & 0xc0) === 0x80;
      if (first === end || isMiddle || (KIND[text[first]] & (UPPER | BEYOND)) === 0) break;
      start = first;
    }
    if (start === at) return at;
    let house = start - 1;
    while (house > from && isDigit(text[house - 1])) house--;
    const digits = start - 1 - house;
    return text[start - 1] === SPACE && digits > 0 && digits <= HOUSE_DIGITS ? house : start;
  }

  #isGap(from: number, to: number): boolean {
    for (let at = from; at < to; at++)
      if (this.#reading.text[at] > SPACE && this.#reading.text[at] !== COMMA) return false;
    return true;
  }

  #endsAsStreet(from: number, to: number): boolean {
    const { text } = this.#reading;
    return ENDINGS.some((ending) => {
      const start = to - ending.length;
      return start > from && text.compare(ending, 0, ending.length, start, to) === 0;
    });
  }
}
