import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ff1 } from '../src/ff1.ts';
import { ff1Samples, hex } from './vectors.ts';

const key = randomBytes(32);

/** Fixed by whatever the numerals are. */
const numeralsOf = (radix: number, length: number, seed: string): Uint8Array => {
  const bytes = createHash('shake256', { outputLength: length }).update(seed).digest();
  return Uint8Array.from(bytes, (byte) => byte % radix);
};

describe('FF1', () => {
  test.each(ff1Samples)('gives what NIST publishes, and back: sample $id', (sample) => {
    const numerals = Uint8Array.from(sample.plaintext, (c) => sample.alphabet.indexOf(c));
    const ff1 = new Ff1(hex(sample.key), sample.radix);
    const tweak = hex(sample.tweak);
    const text = () => Array.from(numerals, (numeral) => sample.alphabet[numeral]).join('');
    ff1.encrypt(numerals, tweak);
    expect(text()).toBe(sample.ciphertext);
    ff1.decrypt(numerals, tweak);
    expect(text()).toBe(sample.plaintext);
  });

  test('comes back for every radix, length and tweak, by numbers and by BigInt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 256 }),
        fc.integer({ min: 20, max: 90 }),
        fc.uint8Array({ maxLength: 50 }),
        fc.string(),
        (radix, length, tweak, seed) => {
          const plain = numeralsOf(radix, length, seed);
          const numerals = Uint8Array.from(plain);
          const ff1 = new Ff1(key, radix);
          ff1.encrypt(numerals, Buffer.from(tweak));
          expect(numerals).not.toEqual(plain);
          expect(numerals.every((numeral) => numeral < radix)).toBe(true);
          ff1.decrypt(numerals, Buffer.from(tweak));
          expect(numerals).toEqual(plain);
        },
      ),
    );
  });

  test('gives no two texts the same one', () => {
    const ff1 = new Ff1(key, 10);
    const seen = new Set<number>();
    const numerals = new Uint8Array(6);
    const tweak = Buffer.from('411111 1111');
    for (let n = 0; n < 50_000; n += 1) {
      for (let at = 5, rest = n; at >= 0; at -= 1, rest = Math.floor(rest / 10))
        numerals[at] = rest % 10;
      ff1.encrypt(numerals, tweak);
      seen.add(numerals.reduce((value, digit) => value * 10 + digit, 0));
    }
    expect(seen.size).toBe(50_000);
  });

  test('differs by key, tweak and length', () => {
    const first = (secret: Buffer, tweak: string, length: number) => {
      const numerals = new Uint8Array(length);
      new Ff1(secret, 10).encrypt(numerals, Buffer.from(tweak));
      return Buffer.from(numerals).toString('hex', 0, 6);
    };
    const outcomes = [
      first(key, '', 16),
      first(randomBytes(32), '', 16),
      first(key, 'a', 16),
      first(key, '', 17),
    ];
    expect(new Set(outcomes).size).toBe(4);
  });

  test('refuses a domain in which every text can be tried', () => {
    expect(() => new Ff1(key, 10).encrypt(new Uint8Array(5), Buffer.alloc(0))).toThrow('INTERNAL');
    expect(() => new Ff1(key, 36).encrypt(new Uint8Array(3), Buffer.alloc(0))).toThrow('INTERNAL');
  });
});
