import {
  FORMAT_ALPHABETS,
  type FormatAlphabet,
  FormatCipher,
  formatLengthMin,
  type KeySource,
} from '@sealstream/crypto';
import { z } from 'zod';
import type { MaskAction, MaskedField } from './transform.ts';

const count = z.int().min(0).max(1000);

export const FpeParameters = z
  .strictObject({
    alphabet: z
      .enum(['digits', 'alphanumeric'])
      .optional()
      .describe('Characters that are enciphered: digits (default) or alphanumeric; others stay.'),
    keepFirst: count.optional().describe('Characters of the alphabet kept at the start.'),
    keepLast: count.optional().describe('Characters of the alphabet kept at the end.'),
    luhn: z
      .enum(['valid', 'broken'])
      .optional()
      .describe('Makes the check digit of a card number right again, or wrong on purpose.'),
  })
  .describe('Enciphers a value in its own form; whoever has the key gets it back.');

export type FpeParameters = z.infer<typeof FpeParameters>;

/** Longer values are unfit: a round of FF1 takes longer than in proportion to their length. */
const LONGEST = 1000;
const RADIX = 10;
/** Added to a right check digit, so that it is wrong and can be told from a right one. */
const BROKEN_BY = 5;

/** Why these parameters make no sense together, or undefined. */
export function fpeProblem(rule: FpeParameters): string | undefined {
  const { alphabet = 'digits', keepLast = 0, luhn } = rule;
  if (luhn === undefined) return undefined;
  if (alphabet !== 'digits') return 'luhn goes with digits alone';
  if (keepLast > 0)
    return 'luhn changes the check digit, so keepLast cannot keep it: leave one of them out';
  return undefined;
}

/** Fewest characters of the alphabet that a value must have. */
export function fpeLengthMin({ alphabet = 'digits', ...rule }: FpeParameters): number {
  const kept = (rule.keepFirst ?? 0) + (rule.keepLast ?? 0) + (rule.luhn === undefined ? 0 : 1);
  return formatLengthMin(alphabet) + kept;
}

/** The check digit that makes `digits` and it pass Luhn's test (ISO/IEC 7812-1, annex B). */
export function luhnDigit(digits: Uint8Array): number {
  let sum = 0;
  for (let i = digits.length - 1, twice = true; i >= 0; i--, twice = !twice) {
    const digit = twice ? digits[i] * 2 : digits[i];
    sum += digit > 9 ? digit - 9 : digit;
  }
  return (RADIX - (sum % RADIX)) % RADIX;
}

/** Numeral of a byte, or 255 for one that stays. */
function numeralsOf(alphabet: string): Uint8Array {
  const numerals = new Uint8Array(256).fill(255);
  for (let i = 0; i < alphabet.length; i++) numerals[alphabet.charCodeAt(i)] = i;
  return numerals;
}

/** Enciphers and deciphers the values of one field. */
export class FpeField {
  readonly #cipher: FormatCipher;
  readonly #rule: FpeParameters;
  readonly #alphabet: Buffer;
  readonly #numeralOf: Uint8Array;
  readonly #least: number;
  /** Of the value that is treated now. */
  readonly #numerals = new Uint8Array(LONGEST);
  readonly #kept = Buffer.alloc(LONGEST);

  constructor(rule: FpeParameters, { dataset, path }: MaskedField) {
    const alphabet: FormatAlphabet = rule.alphabet ?? 'digits';
    this.#rule = rule;
    this.#cipher = new FormatCipher(dataset, path, alphabet);
    this.#alphabet = Buffer.from(FORMAT_ALPHABETS[alphabet]);
    this.#numeralOf = numeralsOf(FORMAT_ALPHABETS[alphabet]);
    this.#least = fpeLengthMin(rule);
  }

  /** Writes what the text becomes into `out`, of its length; false when it cannot be enciphered. */
  encrypt(keys: KeySource, text: Buffer, out: Buffer): boolean {
    const total = this.#read(text);
    if (total < 0) return false;
    const { keepFirst = 0, keepLast = 0, luhn } = this.#rule;
    const numerals = this.#numerals.subarray(0, total);
    if (luhn !== undefined && luhnDigit(numerals.subarray(0, -1)) !== numerals[total - 1])
      return false;
    const hidden = numerals.subarray(keepFirst, total - keepLast - (luhn === undefined ? 0 : 1));
    this.#cipher.encrypt(keys, hidden, this.#tweak(numerals, hidden));
    if (luhn !== undefined) {
      const right = luhnDigit(numerals.subarray(0, -1));
      numerals[total - 1] = luhn === 'valid' ? right : (right + BROKEN_BY) % RADIX;
    }
    this.#write(text, out);
    return true;
  }

  /** The way back; false when the text is none that `encrypt` gives. */
  decrypt(keys: KeySource, text: Buffer, out: Buffer, id?: string): boolean {
    const total = this.#read(text);
    if (total < 0) return false;
    const { keepFirst = 0, keepLast = 0, luhn } = this.#rule;
    const numerals = this.#numerals.subarray(0, total);
    if (luhn !== undefined) {
      const right = luhnDigit(numerals.subarray(0, -1));
      const wanted = luhn === 'valid' ? right : (right + BROKEN_BY) % RADIX;
      if (numerals[total - 1] !== wanted) return false;
    }
    const hidden = numerals.subarray(keepFirst, total - keepLast - (luhn === undefined ? 0 : 1));
    this.#cipher.decrypt(keys, hidden, this.#tweak(numerals, hidden), id);
    if (luhn !== undefined) numerals[total - 1] = luhnDigit(numerals.subarray(0, -1));
    this.#write(text, out);
    return true;
  }

  /** Takes the numerals out of a text; −1 when there are too few, or the text is too long. */
  #read(text: Buffer): number {
    if (text.length > LONGEST) return -1;
    let total = 0;
    for (const byte of text) {
      const numeral = this.#numeralOf[byte];
      if (numeral !== 255) this.#numerals[total++] = numeral;
    }
    return total < this.#least ? -1 : total;
  }

  /** What stays of a value, so that equal hidden parts of different values become different ones. */
  #tweak(numerals: Uint8Array, hidden: Uint8Array): Buffer {
    const { keepFirst = 0, keepLast = 0 } = this.#rule;
    const kept = keepFirst + keepLast;
    for (let i = 0; i < keepFirst; i++) this.#kept[i] = numerals[i];
    for (let i = 0; i < keepLast; i++)
      this.#kept[keepFirst + i] = numerals[keepFirst + hidden.length + i];
    return this.#kept.subarray(0, kept);
  }

  #write(text: Buffer, out: Buffer): void {
    let at = 0;
    for (let i = 0; i < text.length; i++)
      out[i] = this.#numeralOf[text[i]] === 255 ? text[i] : this.#alphabet[this.#numerals[at++]];
  }
}

/**
 * `fpe`: the value enciphered in its own form: characters of the alphabet become others of it, all else
 * stays, so a card number stays one in form. One-to-one, so equal values become equal ones and no two
 * values the same; reversible with the key. A value with fewer than 10^6 others of its form is unfit,
 * and so is one that fails Luhn's test under a rule with `luhn`.
 */
export function fpeAction(rule: FpeParameters | undefined, field: MaskedField): MaskAction {
  const cipher = new FpeField(rule ?? {}, field);
  const made = Buffer.alloc(LONGEST);
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      if (!cipher.encrypt(keys, text.subarray(from, to), made)) return false;
      out.copy(made, 0, to - from);
      return true;
    },
  };
}
