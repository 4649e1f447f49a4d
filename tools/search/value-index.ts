import { ENCODINGS, type Encoding, encoded, formsOf } from './encodings.ts';

/** Bytes of the window that stands for a form of a value; the shortest form has as many. */
const WINDOW = 9;
const FACTOR = 0x01000193;
const SPREAD = 0x9e3779b1;
/** Words of the filter, as a power of two; each entry sets two bits of one word. */
const FILTER_BITS = 19;
/** How many windows of a form are tried to find one that few others have. */
const MOST_WINDOWS = 24;
/** Tries are spread evenly over the form, wherever it may be that it differs from others. */
const GOLDEN = 0.618;
/** Sharers are not counted any further. */
const MANY = 8;
/** So many sharers cost less than looking for a window without any. */
const FEW = 2;
/** Numbers of an entry: hash, next entry of the chain, value * 16 + encoding, where the window is. */
const ENTRY = 4;

/** Where a value was met. */
export interface Hit {
  /** Index in the list of values. */
  readonly value: number;
  readonly encoding: Encoding;
  /** Where the form begins in the bytes that were searched, and its length. */
  readonly at: number;
  readonly length: number;
}

const LEAVING = powerOf(FACTOR, WINDOW);

function powerOf(base: number, exponent: number): number {
  let product = 1;
  for (let n = 0; n < exponent; n++) product = Math.imul(product, base);
  return product;
}

function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let n = 0; n < WINDOW; n++) hash = (Math.imul(hash, FACTOR) + (bytes[at + n] ?? 0)) | 0;
  return hash;
}

/**
 * Finds many values at once in any bytes, each in every form of encodings.ts.
 *
 * Of each form one window of nine bytes is kept, one that few others share. A rolling hash over the
 * searched bytes asks a bit filter; what passes is compared whole, so a hit is never a guess and no
 * form can be missed. One pass over n bytes takes O(n), whatever the number of values (Karp-Rabin).
 */
export class ValueIndex {
  readonly values: readonly string[];
  /** Bytes of the longest form: pieces of a longer input must overlap by as many. */
  readonly longest: number;
  readonly #filter = new Int32Array(2 ** FILTER_BITS);
  readonly #heads: Int32Array;
  readonly #headBits: number;
  #size = 0;
  #entries = new Int32Array(1024 * ENTRY);

  /** @param values each at least nine bytes in UTF-8 */
  constructor(values: readonly string[]) {
    this.values = values;
    this.#headBits = Math.max(10, Math.ceil(Math.log2(values.length * 8 + 1)));
    this.#heads = new Int32Array(2 ** this.#headBits).fill(-1);
    let longest = WINDOW;
    for (const [index, text] of values.entries()) {
      if (Buffer.byteLength(text) < WINDOW)
        throw new Error(`value ${index} is shorter than ${WINDOW} bytes`);
      for (const { encoding, bytes } of formsOf(text)) {
        longest = Math.max(longest, bytes.length);
        this.#add(bytes, index * 16 + ENCODINGS.indexOf(encoding));
      }
    }
    this.longest = longest;
  }

  /** Tells every place where a form of a value stands whole in the bytes. */
  scan(bytes: Buffer, onHit: (hit: Hit) => void): void {
    if (bytes.length < WINDOW) return;
    const filter = this.#filter;
    const last = bytes.length - WINDOW;
    let hash = hashAt(bytes, 0);
    for (let at = 0; ; at++) {
      const spread = Math.imul(hash, SPREAD);
      const bits = (1 << ((spread >>> 8) & 31)) | (1 << ((spread >>> 3) & 31));
      if (((filter[spread >>> (32 - FILTER_BITS)] ?? 0) & bits) === bits)
        this.#compare(bytes, at, hash, onHit);
      if (at === last) return;
      const entering = bytes[at + WINDOW] ?? 0;
      const leaving = Math.imul(LEAVING, bytes[at] ?? 0);
      hash = (Math.imul(hash, FACTOR) + entering - leaving) | 0;
    }
  }

  #compare(bytes: Buffer, at: number, hash: number, onHit: (hit: Hit) => void): void {
    const entries = this.#entries;
    const head = Math.imul(hash, SPREAD) >>> (32 - this.#headBits);
    for (let n = this.#heads[head] ?? -1; n >= 0; n = entries[n + 1] ?? -1) {
      if (entries[n] !== hash) continue;
      const owner = entries[n + 2] ?? 0;
      const encoding = ENCODINGS[owner & 15];
      const value = owner >>> 4;
      const text = this.values[value];
      const start = at - (entries[n + 3] ?? 0);
      if (encoding === undefined || text === undefined || start < 0) continue;
      const form = encoded(text, encoding);
      const end = start + form.length;
      if (end <= bytes.length && form.equals(bytes.subarray(start, end)))
        onHit({ value, encoding, at: start, length: form.length });
    }
  }

  #add(form: Buffer, owner: number): void {
    const last = form.length - WINDOW;
    let best = { at: last, hash: 0, shared: Number.POSITIVE_INFINITY };
    for (let tries = 0; tries < MOST_WINDOWS && best.shared > FEW; tries++) {
      const at = last - (Math.floor(tries * GOLDEN * (last + 1)) % (last + 1));
      const hash = hashAt(form, at);
      const shared = this.#sharers(hash);
      if (shared < best.shared) best = { at, hash, shared };
    }
    const spread = Math.imul(best.hash, SPREAD);
    const head = spread >>> (32 - this.#headBits);
    const word = spread >>> (32 - FILTER_BITS);
    const bits = (1 << ((spread >>> 8) & 31)) | (1 << ((spread >>> 3) & 31));
    const slot = this.#slot();
    this.#entries.set([best.hash, this.#heads[head] ?? -1, owner, best.at], slot);
    this.#heads[head] = slot;
    this.#filter[word] = (this.#filter[word] ?? 0) | bits;
  }

  /** How many entries have that hash, as far as it matters. */
  #sharers(hash: number): number {
    const entries = this.#entries;
    const head = Math.imul(hash, SPREAD) >>> (32 - this.#headBits);
    let count = 0;
    for (let n = this.#heads[head] ?? -1; n >= 0 && count < MANY; n = entries[n + 1] ?? -1)
      if (entries[n] === hash) count += 1;
    return count;
  }

  #slot(): number {
    if (this.#size === this.#entries.length) {
      const grown = new Int32Array(this.#entries.length * 2);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#size += ENTRY;
    return this.#size - ENTRY;
  }
}
