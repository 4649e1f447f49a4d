const SEED = 0x811c9dc5 | 0;
/** Of a hash, the bits that say whether a look at the table is worth it. */
const KNOWN_BITS = 13;
const KNOWN_SHIFT = 32 - KNOWN_BITS;
const PRIME = 0x01000193;
/** Longer words are never looked up. */
export const LONGEST_WORD = 24;

/** The first state of a word's hash (FNV-1a). */
export const HASH_SEED = SEED;

/** Small letters of ASCII letters; 0 for all other bytes. */
export const SMALL = new Uint8Array(256);
for (let letter = 0x61; letter <= 0x7a; letter++) {
  SMALL[letter] = letter;
  SMALL[letter - 0x20] = letter;
}

/** The hash with one more byte of the word; capitals of ASCII and of Latin-1 count as small. */
export function hashed(hash: number, byte: number, before: number): number {
  const isLatinCapital = before === 0xc3 && byte >= 0x80 && byte <= 0x9e;
  const small = isLatinCapital ? byte | 0x20 : SMALL[byte] || byte;
  return Math.imul(hash ^ small, PRIME);
}

/** The same for what `SMALL` makes of an ASCII letter. */
export const hashedSmall = (hash: number, small: number): number => Math.imul(hash ^ small, PRIME);

/** The hash of a whole word. */
export function hashOf(word: string): number {
  const bytes = Buffer.from(word);
  let hash = HASH_SEED;
  let before = 0;
  for (const byte of bytes) {
    hash = hashed(hash, byte, before);
    before = byte;
  }
  return hash;
}

/**
 * Words with bits that say what they mean, whatever their case. Only hashes of 32 bits are
 * kept: that a word is taken for another happens once in a million unknown words, and then only a
 * word's weight for a value beside it is at stake.
 *
 * The words are asked for at the first look, since most processes that hold a scanner's code scan nothing.
 */
export class Lexicon {
  #entries: (() => ReadonlyMap<string, number>) | undefined;
  #mask = 0;
  #hashes = new Int32Array(1);
  #bits = new Int32Array(1);
  /**
   * Whether some word has these bits of its hash: small enough to stay in the nearest cache. Until the words
   * are there each may be one, so that the quick way needs no question of its own.
   */
  readonly #known = new Uint8Array(2 ** KNOWN_BITS).fill(1);

  constructor(entries: () => ReadonlyMap<string, number>) {
    this.#entries = entries;
  }

  #fill(entries: ReadonlyMap<string, number>): void {
    let size = 64;
    while (size < entries.size * 4) size *= 2;
    this.#mask = size - 1;
    this.#hashes = new Int32Array(size);
    this.#bits = new Int32Array(size);
    this.#known.fill(0);
    for (const [word, bits] of entries)
      if (Buffer.byteLength(word) <= LONGEST_WORD) this.#add(hashOf(word), bits);
  }

  #add(hash: number, bits: number): void {
    let slot = slotOf(hash) & this.#mask;
    while (this.#bits[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & this.#mask;
    this.#known[hash >>> KNOWN_SHIFT] = 1;
    this.#hashes[slot] = hash;
    this.#bits[slot] |= bits;
  }

  /** What the word of this hash means, as bits; 0 when it is not known. */
  find(hash: number): number {
    return this.#known[hash >>> KNOWN_SHIFT] === 0 ? 0 : this.#look(hash);
  }

  #look(hash: number): number {
    if (this.#entries !== undefined) {
      this.#fill(this.#entries());
      this.#entries = undefined;
    }
    let slot = slotOf(hash) & this.#mask;
    for (;;) {
      const bits = this.#bits[slot];
      if (bits === 0 || this.#hashes[slot] === hash) return bits;
      slot = (slot + 1) & this.#mask;
    }
  }
}

/** The upper half of a product is mixed better than the lower. */
function slotOf(hash: number): number {
  return hash ^ (hash >>> 15);
}
