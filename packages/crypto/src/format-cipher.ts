import { FF1_DOMAIN_MIN, Ff1 } from './ff1.ts';
import type { KeyUse } from './derivation.ts';
import { bytesOf, type KeyHandle } from './key-handle.ts';
import type { KeySource } from './key-source.ts';

/** Characters that are enciphered, by the name of the alphabet; all others stay where they are. */
export const FORMAT_ALPHABETS = {
  digits: '0123456789',
  alphanumeric: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
} as const;
export type FormatAlphabet = keyof typeof FORMAT_ALPHABETS;

/** Fewest characters of an alphabet that can be enciphered: 10^6 texts at least. */
export function formatLengthMin(alphabet: FormatAlphabet): number {
  const radix = FORMAT_ALPHABETS[alphabet].length;
  // Not by logarithms: 10^6 of radix 10 is 6, and a rounded quotient may be 7.
  let length = 1;
  while (radix ** length < FF1_DOMAIN_MIN) length++;
  return length;
}

/**
 * Format-preserving encryption of one field (FF1 with AES-256) under a key derived for its dataset and
 * path. What is given besides, such as the characters of a value that stay, is the tweak: it decides
 * about the outcome and is needed for the way back.
 *
 * Promises: equal numerals and tweaks give equal outcomes for as long as the key lives; another field
 * or dataset gives others. It is unauthenticated: every text deciphers to something.
 */
export class FormatCipher {
  readonly #use: KeyUse;
  readonly #radix: number;
  readonly #ciphers = new WeakMap<KeyHandle, Ff1>();

  constructor(dataset: string, path: string, alphabet: FormatAlphabet) {
    this.#radix = FORMAT_ALPHABETS[alphabet].length;
    this.#use = Object.freeze({
      purpose: 'fpe',
      algorithm: 'aes-256-ff1',
      format: 'format-preserving',
      dataset,
      path,
    });
  }

  /** Enciphers numerals in place. Throws what the key source throws. */
  encrypt(keys: KeySource, numerals: Uint8Array, tweak: Buffer): void {
    this.#cipher(keys.active(this.#use).key).encrypt(numerals, tweak);
  }

  /** The way back, under the key of that id, or the active one. Throws what the key source throws. */
  decrypt(keys: KeySource, numerals: Uint8Array, tweak: Buffer, id?: string): void {
    const key = id === undefined ? keys.active(this.#use).key : keys.byId(this.#use, id);
    this.#cipher(key).decrypt(numerals, tweak);
  }

  #cipher(key: KeyHandle): Ff1 {
    const known = this.#ciphers.get(key);
    if (known !== undefined) return known;
    const made = new Ff1(bytesOf(key), this.#radix);
    this.#ciphers.set(key, made);
    return made;
  }
}
