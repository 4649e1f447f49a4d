import { createHash } from 'node:crypto';

/** Numbers that follow from a seed alone (sfc32), so that a run can be had again. Not for keys. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param stream another stream of the same seed has nothing to do with this one */
  constructor(seed: string, stream: number | string) {
    const hash = createHash('sha256').update(`${seed}\0${stream}`).digest();
    this.#a = hash.readInt32BE(0);
    this.#b = hash.readInt32BE(4);
    this.#c = hash.readInt32BE(8);
  }

  /** 32 bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 … limit − 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(share: number): boolean {
    return this.next() < share * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}

/** 2^64 - 59, a prime: it shares no factor with any space used here. */
const STRIDE = 18_446_744_073_709_551_557n;

/** A number below `space` that no other index below `space` gets under the same seed. */
export function spread(seed: string, what: string, index: number, space: number): number {
  const start = createHash('sha256').update(`${seed}\0${what}`).digest().readBigUInt64BE(0);
  return Number((start + BigInt(index) * STRIDE) % BigInt(space));
}
