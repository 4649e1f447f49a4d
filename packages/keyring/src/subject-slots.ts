import { KEY_BYTES } from '@sealstream/crypto';
import { ARENA_SLOTS, keyMemory } from './arena.ts';

const WORDS = KEY_BYTES / 4;

/** One of the large guarded allocations, as bytes and as words. */
interface Page {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/**
 * Keys in guarded memory by number, 32 bytes each and no object for any: where a handle a key would
 * cost more than the key. Memory grows by pages and is kept.
 */
export class SubjectSlots {
  readonly #allowUnlocked: boolean;
  readonly #pages: Page[] = [];

  constructor(allowUnlocked: boolean) {
    this.#allowUnlocked = allowUnlocked;
  }

  /** The memory of a number, to be filled. Throws MEMORY_NOT_LOCKED. */
  slot(number: number): Buffer {
    const at = Math.floor(number / ARENA_SLOTS);
    while (this.#pages.length <= at) {
      const bytes = keyMemory(ARENA_SLOTS, this.#allowUnlocked);
      this.#pages.push({
        bytes,
        words: new Int32Array(bytes.buffer, bytes.byteOffset, ARENA_SLOTS * WORDS),
      });
    }
    const from = (number % ARENA_SLOTS) * KEY_BYTES;
    return this.#pages[at].bytes.subarray(from, from + KEY_BYTES);
  }

  /** Copies a key into eight words. Precondition: its slot was asked for before. */
  copyTo(number: number, target: Int32Array): void {
    const { words } = this.#pages[Math.floor(number / ARENA_SLOTS)];
    const from = (number % ARENA_SLOTS) * WORDS;
    for (let i = 0; i < WORDS; i++) target[i] = words[from + i];
  }

  zero(number: number): void {
    const at = Math.floor(number / ARENA_SLOTS);
    if (at >= this.#pages.length) return;
    const from = (number % ARENA_SLOTS) * WORDS;
    this.#pages[at].words.fill(0, from, from + WORDS);
  }

  clear(): void {
    for (const { words } of this.#pages) words.fill(0);
  }
}
