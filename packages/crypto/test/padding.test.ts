import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pad, paddedLength, unpaddedLength } from '../src/padding.ts';
import { paddings } from './vectors.ts';

describe('padding', () => {
  test.each(paddings)('%i bytes become %i', (bytes, padded) => {
    expect(paddedLength(bytes)).toBe(padded);
  });

  test('never shortens, adds at most 12 % above 64 bytes, and is stable', () => {
    fc.assert(
      fc.property(fc.integer({ min: 65, max: 16_000_000 }), (bytes) => {
        const padded = paddedLength(bytes);
        expect(padded).toBeGreaterThanOrEqual(bytes);
        expect(padded).toBeLessThanOrEqual(bytes * 1.12);
        expect(paddedLength(padded)).toBe(padded);
      }),
    );
  });

  test('comes off again, also from values that end in zeroes or in the mark', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0x80, 1), { maxLength: 40 }), (bytes) => {
        const block = Buffer.alloc(paddedLength(bytes.length + 1), 0xff);
        block.set(bytes);
        pad(block, bytes.length);
        expect(unpaddedLength(block)).toBe(bytes.length);
      }),
    );
  });

  test('without a mark there is no padding', () => {
    expect(unpaddedLength(Buffer.alloc(16))).toBe(-1);
    expect(unpaddedLength(Buffer.alloc(16, 1))).toBe(-1);
  });
});
