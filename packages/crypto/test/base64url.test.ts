import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodedLength, decodeInto, encodedLength, encodeInto } from '../src/base64url.ts';

function encode(bytes: Uint8Array): Buffer {
  const text = Buffer.alloc(encodedLength(bytes.length));
  encodeInto(Buffer.from(bytes), text, 0);
  return text;
}

function decode(text: Uint8Array): Buffer | undefined {
  const bytes = Buffer.alloc(Math.max(decodedLength(text.length), 0));
  return decodeInto(text, 0, text.length, bytes) ? bytes : undefined;
}

describe('base64url', () => {
  test('writes what Node writes and reads it back, short and long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700, size: 'max' }), (bytes) => {
        const text = encode(bytes);
        expect(text.toString()).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decode(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('one byte string has one text only: whatever is read, is written the same', () => {
    const byte = fc.constantFrom(...Buffer.from('ABCDwxyz0189-_=+/ \n\u00ff', 'latin1'));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 9 }), (text) => {
        const bytes = decode(Buffer.from(text));
        if (bytes !== undefined) expect(encode(bytes)).toEqual(Buffer.from(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['A', 'AB', 'ABC', 'AB==', 'AAA=', 'AA+A', 'AA/A', 'AA A', 'AAAA\n', 'AA\u00c0A'])(
    'refuses %j',
    (text) => {
      expect(decode(Buffer.from(text, 'latin1'))).toBeUndefined();
    },
  );
});
