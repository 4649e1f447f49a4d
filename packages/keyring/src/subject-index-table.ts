import { INDEX_BYTES } from './subject-record.ts';

const WORDS = INDEX_BYTES / 4;
const FIRST_PLACES = 1024;

/** Four bytes as one number; any byte order does, as long as it is the same everywhere. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/**
 * Numbers by a subject's index, without an object for any of them: open addressing with linear
 * steps. An index is a keyed hash, so its own first bytes say where it stands.
 */
export class SubjectIndexTable {
  /** Number + 1 of who stands at a place; 0: nobody. */
  #places = new Int32Array(FIRST_PLACES);
  /** The indexes by number. */
  #indexes = new Int32Array(FIRST_PLACES);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** The number of the index that begins at `bytes[at]`, or -1. */
  find(bytes: Uint8Array, at: number): number {
    const first = word(bytes, at);
    const mask = this.#places.length - 1;
    for (let place = first & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place] - 1;
      if (number < 0) return -1;
      const from = number * WORDS;
      if (
        this.#indexes[from] === first &&
        this.#indexes[from + 1] === word(bytes, at + 4) &&
        this.#indexes[from + 2] === word(bytes, at + 8) &&
        this.#indexes[from + 3] === word(bytes, at + 12)
      )
        return number;
    }
  }

  /** Precondition: neither the index nor the number is in the table. */
  set(bytes: Uint8Array, at: number, number: number): void {
    if ((this.#count + 1) * 2 > this.#places.length) this.#grow();
    const from = number * WORDS;
    if (from >= this.#indexes.length) {
      const more = new Int32Array(Math.max(this.#indexes.length * 2, from + WORDS));
      more.set(this.#indexes);
      this.#indexes = more;
    }
    for (let i = 0; i < WORDS; i++) this.#indexes[from + i] = word(bytes, at + 4 * i);
    this.#place(number);
    this.#count++;
  }

  /** Takes a number out. */
  delete(number: number): void {
    const mask = this.#places.length - 1;
    let hole = this.#indexes[number * WORDS] & mask;
    while (this.#places[hole] !== number + 1) {
      if (this.#places[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#count--;
    // Whoever stepped over the hole to find a place moves into it, so that no search ends there.
    for (let place = (hole + 1) & mask; this.#places[place] !== 0; place = (place + 1) & mask) {
      const home = this.#indexes[(this.#places[place] - 1) * WORDS] & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = this.#places[place];
      hole = place;
    }
    this.#places[hole] = 0;
  }

  #place(number: number): void {
    const mask = this.#places.length - 1;
    let place = this.#indexes[number * WORDS] & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = number + 1;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const place of before) if (place !== 0) this.#place(place - 1);
  }
}
