import { unsafe as aes } from '@noble/ciphers/aes.js';
import { SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';

/*
 * FF1, format-preserving encryption (NIST SP 800-38G Revision 1, Algorithms 7 and 8), over the AES of
 * @noble/ciphers. The rounds are written out here, since the library's own FF1 does them with BigInt,
 * ten times slower; its single block of AES is used, since a call of node:crypto for each of the ten
 * that one value needs takes four times as long (docs/performance.md). That AES looks things up in
 * tables: SECURITY.md says what follows.
 */

/** Fewest texts that a domain may hold: with fewer, they can all be tried (SP 800-38G Rev. 1). */
export const FF1_DOMAIN_MIN = 1_000_000;
const ROUNDS = 10;
const BLOCK = 16;
/** Longest tweak of which the first block is kept. */
const TWEAKS_KEPT = 64;
/** A remainder of less than this times 2^16 is exact in a double. */
const NUMBER_MAX = 2 ** 37;

/** What follows from the length of a text. */
interface Shape {
  /** Numerals of the left and of the right half. */
  readonly left: number;
  readonly right: number;
  /** radix to the power of each, as a number; for the fast way only. */
  readonly leftCount: number;
  readonly rightCount: number;
  readonly isFast: boolean;
  /** Bytes of the number of a half (b), and of what is added to it (d). */
  readonly halfBytes: number;
  readonly addedBytes: number;
  /** The first block of AES, by the length of the tweak. */
  readonly heads: (Uint8Array | undefined)[];
}

/**
 * FF1 under one AES key (16, 24 or 32 bytes) and one radix (2 to 256). Numerals are bytes below the
 * radix. It is unauthenticated: every text decrypts to something.
 *
 * Keeps the expanded key in guarded memory of its own, which is zeroed when it is collected.
 */
export class Ff1 {
  /** Expanded key, as the library takes it. */
  readonly #expanded: Uint32Array;
  readonly #radix: number;
  readonly #shapes: (Shape | undefined)[] = [];
  /** Of its own, so that it is aligned for words. */
  readonly #block = new Uint8Array(BLOCK);
  /** The last blocks of what a round feeds to AES, changed in each. */
  #last = Buffer.alloc(BLOCK);

  constructor(key: Buffer, radix: number) {
    // Precondition: a numeral is a byte.
    if (!(radix >= 2 && radix <= 256)) throw new SealstreamError('INTERNAL', { radix });
    const expanded = aes.expandKeyLE(key);
    const guarded = sodium.sodium_malloc(expanded.byteLength);
    this.#expanded = new Uint32Array(guarded.buffer, guarded.byteOffset, expanded.length);
    this.#expanded.set(expanded);
    expanded.fill(0);
    this.#radix = radix;
  }

  /** Replaces the numerals in place. Throws INTERNAL when there are fewer than 10^6 such texts. */
  encrypt(numerals: Uint8Array, tweak: Buffer): void {
    this.#run(numerals, tweak, false);
  }

  /** The way back. */
  decrypt(numerals: Uint8Array, tweak: Buffer): void {
    this.#run(numerals, tweak, true);
  }

  #run(numerals: Uint8Array, tweak: Buffer, back: boolean): void {
    const shape = this.#shapeOf(numerals.length);
    const chained = this.#begin(shape, tweak);
    if (shape.isFast) this.#fast(numerals, shape, chained, back);
    else this.#exact(numerals, shape, chained, back);
  }

  #shapeOf(length: number): Shape {
    const known = this.#shapes[length];
    if (known !== undefined) return known;
    const radix = BigInt(this.#radix);
    // Precondition: the domain is large enough.
    if (radix ** BigInt(length) < BigInt(FF1_DOMAIN_MIN))
      throw new SealstreamError('INTERNAL', { numerals: length });
    const left = Math.floor(length / 2);
    const right = length - left;
    const halfBytes = Math.ceil((radix ** BigInt(right) - 1n).toString(2).length / 8);
    const shape = {
      left,
      right,
      leftCount: this.#radix ** left,
      rightCount: this.#radix ** right,
      isFast: this.#radix ** right <= NUMBER_MAX,
      halfBytes,
      addedBytes: 4 * Math.ceil(halfBytes / 4) + 4,
      heads: [],
    };
    this.#shapes[length] = shape;
    return shape;
  }

  /** Chains all that is the same in each round, and leaves the rest in `#last`. */
  #begin(shape: Shape, tweak: Buffer): Uint8Array {
    const { halfBytes } = shape;
    const lastBytes = BLOCK * Math.ceil((halfBytes + 1) / BLOCK);
    const size = BLOCK * Math.ceil((tweak.length + halfBytes + 1) / BLOCK);
    const padded = Buffer.alloc(size);
    tweak.copy(padded);
    let chained = this.#head(shape, tweak.length);
    for (let at = 0; at < size - lastBytes; at += BLOCK) chained = this.#chain(chained, padded, at);
    this.#last = padded.subarray(size - lastBytes);
    // The rounds write into the block that it would be.
    return chained === this.#block ? Uint8Array.from(chained) : chained;
  }

  #head({ heads, left, right }: Shape, tweakBytes: number): Uint8Array {
    const known = heads[tweakBytes];
    if (known !== undefined) return known;
    const made = new Uint8Array(BLOCK);
    const head = Buffer.from(made.buffer);
    head.set([1, 2, 1, 0, this.#radix >> 8, this.#radix & 0xff, ROUNDS, left & 0xff]);
    head.writeUInt32BE(left + right, 8);
    head.writeUInt32BE(tweakBytes, 12);
    aes.encryptBlock(this.#expanded, made);
    if (tweakBytes <= TWEAKS_KEPT) heads[tweakBytes] = made;
    return made;
  }

  /** The same block each time: what stood in it is gone. */
  #chain(chained: Uint8Array, bytes: Buffer, at: number): Uint8Array {
    const block = this.#block;
    for (let i = 0; i < BLOCK; i++) block[i] = chained[i] ^ bytes[at + i];
    return aes.encryptBlock(this.#expanded, block);
  }

  /** What a round makes of its number and the half, which stands at the end of `#last`. */
  #round(begun: Uint8Array, round: number, halfBytes: number): Uint8Array {
    const last = this.#last;
    last[last.length - halfBytes - 1] = round;
    let chained = begun;
    for (let at = 0; at < last.length; at += BLOCK) chained = this.#chain(chained, last, at);
    return chained;
  }

  /** Halves as numbers: exact for halves of up to 2^37 texts. */
  #fast(numerals: Uint8Array, shape: Shape, begun: Uint8Array, back: boolean): void {
    const { addedBytes, halfBytes, left, leftCount, right, rightCount } = shape;
    let first = this.#number(numerals, 0, left);
    let second = this.#number(numerals, left, left + right);
    const last = this.#last;
    for (let step = 0; step < ROUNDS; step++) {
      const round = back ? ROUNDS - 1 - step : step;
      const count = round % 2 === 0 ? leftCount : rightCount;
      let fed = back ? first : second;
      for (let at = last.length - 1; at >= last.length - halfBytes; at--) {
        last[at] = fed % 256;
        fed = Math.floor(fed / 256);
      }
      const made = this.#round(begun, round, halfBytes);
      let added = 0;
      for (let at = 0; at < addedBytes; at += 2)
        added = (added * 65536 + made[at] * 256 + made[at + 1]) % count;
      if (back) {
        const found = (second - added + count) % count;
        second = first;
        first = found;
      } else {
        const found = (first + added) % count;
        first = second;
        second = found;
      }
    }
    this.#write(numerals, 0, left, first);
    this.#write(numerals, left, left + right, second);
  }

  #number(numerals: Uint8Array, from: number, to: number): number {
    let value = 0;
    for (let at = from; at < to; at++) value = value * this.#radix + numerals[at];
    return value;
  }

  #write(numerals: Uint8Array, from: number, to: number, value: number): void {
    let rest = value;
    for (let at = to - 1; at >= from; at--) {
      numerals[at] = rest % this.#radix;
      rest = Math.floor(rest / this.#radix);
    }
  }

  /** The same for halves of any length. */
  #exact(numerals: Uint8Array, shape: Shape, begun: Uint8Array, back: boolean): void {
    const { addedBytes, halfBytes, left, right } = shape;
    const radix = BigInt(this.#radix);
    const counts = [radix ** BigInt(left), radix ** BigInt(right)];
    let first = bigOf(numerals.subarray(0, left), radix);
    let second = bigOf(numerals.subarray(left), radix);
    const last = this.#last;
    for (let step = 0; step < ROUNDS; step++) {
      const round = back ? ROUNDS - 1 - step : step;
      const count = counts[round % 2];
      const fed = (back ? first : second).toString(16).padStart(halfBytes * 2, '0');
      last.write(fed, last.length - halfBytes, 'hex');
      const made = this.#lengthened(this.#round(begun, round, halfBytes), addedBytes);
      const added = BigInt(`0x${Buffer.from(made).toString('hex', 0, addedBytes)}`) % count;
      if (back) [first, second] = [(second - added + count) % count, first];
      else [first, second] = [second, (first + added) % count];
    }
    writeBig(numerals.subarray(0, left), first, radix);
    writeBig(numerals.subarray(left), second, radix);
  }

  /** Steps 6 iii: the block, and as many more made of it as are needed. */
  #lengthened(block: Uint8Array, sizeBytes: number): Uint8Array {
    const blocks = [block];
    for (let i = 1; i * BLOCK < sizeBytes; i++) {
      const next = Uint8Array.from(block);
      // Counters below 2^32: a text of so many blocks is not taken.
      for (let at = 0; at < 4; at++) next[15 - at] ^= (i >>> (8 * at)) & 0xff;
      blocks.push(aes.encryptBlock(this.#expanded, next));
    }
    return Buffer.concat(blocks);
  }
}

function bigOf(numerals: Uint8Array, radix: bigint): bigint {
  let value = 0n;
  for (const numeral of numerals) value = value * radix + BigInt(numeral);
  return value;
}

function writeBig(numerals: Uint8Array, value: bigint, radix: bigint): void {
  let rest = value;
  for (let at = numerals.length - 1; at >= 0; at--) {
    numerals[at] = Number(rest % radix);
    rest /= radix;
  }
}
