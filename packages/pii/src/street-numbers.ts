import { COMMA, SPACE } from './bytes.ts';
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
    this.#numberFrom = to - from <= HOUSE_DIGITS ? from : NONE;
    this.#numberTo = to;
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
    else if (this.#numberFrom !== NONE && this.#numberTo + 1 === from) start = this.#numberFrom;
    this.#partFrom = start;
    this.#partTo = to;
    this.#reading.add('address', start, to, Math.max(score, start < from ? BACKED : 0));
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
