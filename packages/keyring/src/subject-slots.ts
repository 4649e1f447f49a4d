import { KEY_BYTES } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { ARENA_SLOTS, keyMemory } from './arena.ts';

const WORDS = KEY_BYTES / 4;

/** One of the large guarded allocations, as bytes and as words. */
interface Page {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/**
 * Keys in guarded memory by number, 32 bytes each and no object for any: where a handle a key would
 * cost more than the key. Memory grows and shrinks by pages.
 */
export class SubjectSlots {
  readonly #allowUnlocked: boolean;
  readonly #pages: Page[] = [];

  constructor(allowUnlocked: boolean) {
    this.#allowUnlocked = allowUnlocked;
  }

  get pages(): number {
    return this.#pages.length;
  }

  /** One page more. Throws MEMORY_NOT_LOCKED. */
  grow(): void {
    const bytes = keyMemory(ARENA_SLOTS, this.#allowUnlocked);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, ARENA_SLOTS * WORDS);
    this.#pages.push({ bytes, words });
  }

  /** Zeroes and unlocks all pages but the first so many; their numbers may not be asked for again. */
  shrink(pages: number): void {
    for (const { bytes, words } of this.#pages.splice(pages)) {
      words.fill(0);
      if (!this.#allowUnlocked) sodium.sodium_munlock(bytes);
    }
  }

  /** The memory of a number, to be filled. Precondition: there is a page for it. */
  slot(number: number): Buffer {
    const from = (number % ARENA_SLOTS) * KEY_BYTES;
    const { bytes } = this.#pages[Math.floor(number / ARENA_SLOTS)];
    return bytes.subarray(from, from + KEY_BYTES);
  }

  /** Copies a key into eight words. Precondition: its slot was asked for before. */
  copyTo(number: number, target: Int32Array): void {
    const { words } = this.#pages[Math.floor(number / ARENA_SLOTS)];
    const from = (number % ARENA_SLOTS) * WORDS;
    for (let i = 0; i < WORDS; i++) target[i] = words[from + i];
  }

  zero(number: number): void {
    const from = (number % ARENA_SLOTS) * WORDS;
    this.#pages[Math.floor(number / ARENA_SLOTS)].words.fill(0, from, from + WORDS);
  }

  clear(): void {
    for (const { words } of this.#pages) words.fill(0);
  }
}
