import { BEYOND, KIND, LETTER, UPPER, wideMark } from './bytes.ts';
import { CLASS_NUMBER, type PiiClass } from './classes.ts';
import { Findings } from './findings.ts';
import { HASH_SEED, hashed, LONGEST_WORD } from './lexicon.ts';
import { bitOf, LEXICON, MEANINGS, RUN_LEXICON } from './meanings.ts';

const YEARS = bitOf('years');
const COUNTRY = bitOf('country');
const PARTICLE = bitOf('particle');
const STREET = bitOf('street') | bitOf('streetFirst');
/** Meanings that are asked for only of the word right before a value. */
const OF_THE_WORD = bitOf('domain') | bitOf('beforeYear') | bitOf('common') | bitOf('article');
const SPEAKING = ~OF_THE_WORD;
const NO_TEXT = Buffer.alloc(0);
const NEVER = -1_000_000;
/** How far a word speaks for a value that comes later. */
const NEAR_BYTES = 48;
/** How far behind a value the word may begin that speaks for it. */
const BEHIND_BYTES = 5;

/** The state of one reading: the text, the words seen so far, what was found. */
export class Reading {
  text: Buffer = NO_TEXT;
  from = 0;
  to = 0;
  readonly findings = new Findings();
  /** The word before: where it stands and what it means. */
  wordFrom = NEVER;
  wordTo = NEVER;
  wordBits = 0;
  /** Where the last post code ends, wanted or not. */
  postCodeTo = NEVER;
  readonly #wanted = new Uint8Array(Object.keys(CLASS_NUMBER).length);
  readonly #leastScore: number;
  readonly #seen = new Int32Array(MEANINGS);

  constructor(classes: readonly PiiClass[], leastScore: number) {
    for (const name of classes) this.#wanted[CLASS_NUMBER[name]] = 1;
    this.#leastScore = leastScore;
  }

  begin(text: Buffer, from: number, to: number): void {
    this.text = text;
    this.from = from;
    this.to = to;
    this.findings.reset(from);
    this.#seen.fill(NEVER);
    this.wordFrom = NEVER;
    this.wordTo = NEVER;
    this.wordBits = 0;
    this.postCodeTo = NEVER;
  }

  /** Lets go of the text. */
  end(): void {
    this.findings.finish();
    this.text = NO_TEXT;
  }

  wants(name: PiiClass): boolean {
    return this.#wanted[CLASS_NUMBER[name]] === 1;
  }

  /** Adds a candidate, if its class is wanted and its score is enough. */
  add(name: PiiClass, from: number, to: number, score: number): void {
    const number = CLASS_NUMBER[name];
    if (this.#wanted[number] === 1 && score >= this.#leastScore)
      this.findings.add(number, from, to, score);
  }

  /** Adds a post code, and remembers it for the address that it ends. */
  addPostCode(from: number, to: number, score: number): void {
    if (score > 0) this.postCodeTo = to;
    this.add('zip', from, to, score);
  }

  /** Remembers a word and what it means. */
  see(from: number, to: number, bits: number): void {
    this.wordFrom = from;
    this.wordTo = to;
    this.wordBits = bits;
    for (let rest = bits & SPEAKING; rest !== 0; rest &= rest - 1)
      this.#seen[31 - Math.clz32(rest & -rest)] = to;
  }

  /** Speaks for this meaning from outside the text: a field's name, when `classify` reads it. */
  declare(meaning: number): void {
    this.#seen[meaning] = this.from;
  }

  /** Whether a word of this meaning stands not long before `at`. */
  isNear(meaning: number, at: number, within = NEAR_BYTES): boolean {
    return at - this.#seen[meaning] <= within;
  }

  /** Whether the word right before `at` has this meaning. */
  isBefore(meaning: number, at: number, gap = 1): boolean {
    return at - this.wordTo <= gap && at >= this.wordTo && (this.wordBits & (1 << meaning)) !== 0;
  }

  /** What the word means that begins shortly behind `at`; 0 when none does. */
  meaningBehind(at: number, within = BEHIND_BYTES): number {
    const start = this.letterFrom(at, Math.min(this.to, at + within));
    return start < 0 ? 0 : this.meaningAt(start);
  }

  isBehind(meaning: number, at: number): boolean {
    return (this.meaningBehind(at) & (1 << meaning)) !== 0;
  }

  /** The first letter from `at` on, with neither digit nor end of sentence before it; or -1. */
  letterFrom(at: number, end: number): number {
    for (let next = at; next < end; next++) {
      const kind = KIND[this.text[next]];
      if ((kind & LETTER) === 0) {
        if (kind & 1) return -1;
      } else if ((kind & BEYOND) !== 0 && wideMark(this.text, next, this.to) > 0)
        next += wideMark(this.text, next, this.to) - 1;
      else return next;
    }
    return -1;
  }

  /** What the word means that begins at `at`; its end is left in `wordEnd`. */
  meaningAt(at: number): number {
    return LEXICON.find(this.#hashAt(at));
  }

  #hashAt(at: number): number {
    const { text, to } = this;
    let hash = HASH_SEED;
    let end = at;
    let before = 0;
    const most = Math.min(to, at + LONGEST_WORD + 1);
    for (; end < most && (KIND[text[end]] & LETTER) !== 0; end++) {
      if (text[end] >= 0x80 && wideMark(text, end, to) > 0) break;
      hash = hashed(hash, text[end], before);
      before = text[end];
    }
    this.wordEnd = end;
    return hash;
  }

  /** Where the word ends that was looked at last. */
  wordEnd = 0;

  /** Whether a country's name stands right before `at`. */
  isBehindCountry(at: number): boolean {
    if (at - this.wordTo !== 1) return false;
    return (RUN_LEXICON.find(this.#hashAt(this.wordFrom)) & COUNTRY) !== 0;
  }

  /** Whether the word at `at` is one for a street. */
  isStreetAt(at: number): boolean {
    return (RUN_LEXICON.find(this.#hashAt(at)) & STREET) !== 0;
  }

  /** Whether the word at `at` is a small one in a name: de, la, van. */
  isParticleAt(at: number): boolean {
    return (RUN_LEXICON.find(this.#hashAt(at)) & PARTICLE) !== 0;
  }

  /** Whether the word at `at` says that what stands before it is an age. */
  isOldAt(at: number): boolean {
    return (this.meaningAt(at) & YEARS) !== 0;
  }

  isUpper(at: number): boolean {
    return at < this.to && (KIND[this.text[at]] & UPPER) !== 0;
  }
}
