import { ENCODINGS, type Encoding, encoded, formsOf } from './encodings.ts';

/** Bytes of the window that stands for a form of a value; the shortest form has as many. */
const WINDOW = 9;
const FACTOR = 0x01000193;
const SPREAD = 0x9e3779b1;
const FILTER_BITS = 26;
/** How many windows of a form are tried to find one that no other form has. */
const MOST_WINDOWS = 64;

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
  readonly #filter = new Int32Array(2 ** (FILTER_BITS - 5));
  readonly #heads: Int32Array;
  readonly #headBits: number;
  #size = 0;
  #next = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  /** value * 16 + encoding. */
  #owners = new Int32Array(1024);
  #windowAt = new Int32Array(1024);

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
      const bit = Math.imul(hash, SPREAD) >>> (32 - FILTER_BITS);
      if (((filter[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) this.#compare(bytes, at, hash, onHit);
      if (at === last) return;
      const entering = bytes[at + WINDOW] ?? 0;
      const leaving = Math.imul(LEAVING, bytes[at] ?? 0);
      hash = (Math.imul(hash, FACTOR) + entering - leaving) | 0;
    }
  }

  #compare(bytes: Buffer, at: number, hash: number, onHit: (hit: Hit) => void): void {
    const head = Math.imul(hash, SPREAD) >>> (32 - this.#headBits);
    for (let n = this.#heads[head] ?? -1; n >= 0; n = this.#next[n] ?? -1) {
      if (this.#hashes[n] !== hash) continue;
      const owner = this.#owners[n] ?? 0;
      const encoding = ENCODINGS[owner & 15];
      const value = owner >>> 4;
      const text = this.values[value];
      const start = at - (this.#windowAt[n] ?? 0);
      if (encoding === undefined || text === undefined || start < 0) continue;
      const form = encoded(text, encoding);
      const end = start + form.length;
      if (end <= bytes.length && form.equals(bytes.subarray(start, end)))
        onHit({ value, encoding, at: start, length: form.length });
    }
  }

  #add(form: Buffer, owner: number): void {
    const windows = Math.min(form.length - WINDOW + 1, MOST_WINDOWS);
    let best = { at: 0, hash: 0, shared: Number.POSITIVE_INFINITY };
    for (let at = 0; at < windows && best.shared > 0; at++) {
      const hash = hashAt(form, at);
      const shared = this.#sharers(hash);
      if (shared < best.shared) best = { at, hash, shared };
    }
    const slot = this.#slot();
    const spread = Math.imul(best.hash, SPREAD);
    const head = spread >>> (32 - this.#headBits);
    const bit = spread >>> (32 - FILTER_BITS);
    this.#hashes[slot] = best.hash;
    this.#owners[slot] = owner;
    this.#windowAt[slot] = best.at;
    this.#next[slot] = this.#heads[head] ?? -1;
    this.#heads[head] = slot;
    this.#filter[bit >>> 5] = (this.#filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  #sharers(hash: number): number {
    const head = Math.imul(hash, SPREAD) >>> (32 - this.#headBits);
    let count = 0;
    for (let n = this.#heads[head] ?? -1; n >= 0 && count < 1000; n = this.#next[n] ?? -1)
      if (this.#hashes[n] === hash) count += 1;
    return count;
  }

  #slot(): number {
    if (this.#size === this.#next.length) {
      const grown = (old: Int32Array<ArrayBuffer>) => {
        const array = new Int32Array(old.length * 2);
        array.set(old);
        return array;
      };
      this.#next = grown(this.#next);
      this.#hashes = grown(this.#hashes);
      this.#owners = grown(this.#owners);
      this.#windowAt = grown(this.#windowAt);
    }
    return this.#size++;
  }
}
