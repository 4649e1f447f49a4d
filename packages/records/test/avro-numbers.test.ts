import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  avroLong,
  behindLong,
  decimalBytes,
  decimalText,
  floatText,
  writeAvroCount,
  writeAvroWhole,
} from '../src/avro-numbers.ts';
import { ByteWriter } from '../src/index.ts';

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('numbers', () => {
  test('every whole number of 64 bits is read as it was written', () => {
    fc.assert(
      fc.property(long, (value) => {
        const out = new ByteWriter();
        expect(writeAvroWhole(out, String(value), 'long')).toBe(true);
        expect(avroLong(out.bytes, 0)).toBe(value);
        expect(behindLong(out.bytes, 0)).toBe(out.length);
      }),
    );
  });

  test('a count is written as a whole number is', () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        const [one, other] = [new ByteWriter(), new ByteWriter()];
        writeAvroCount(one, value);
        writeAvroWhole(other, String(value), 'long');
        expect(one.take()).toEqual(other.take());
      }),
    );
  });

  test.each(['2147483648', '-2147483649', '1.5', '', '1e3', '+1', 'NaN'])(
    '%s is no int',
    (text) => {
      expect(writeAvroWhole(new ByteWriter(), text, 'int')).toBe(false);
    },
  );

  test('the text of a float gives the same float, and no shorter one does', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const text = floatText(value, 'float');
        expect(Math.fround(Number(text))).toBe(value);
        // JavaScript writes -0 as 0.
        expect(text.length).toBeLessThanOrEqual(Object.is(value, -0) ? 2 : String(value).length);
      }),
    );
    expect(floatText(Math.fround(0.1), 'float')).toBe('0.1');
  });

  test('a decimal is read as it was written, as bytes and as a fixed', () => {
    fc.assert(
      fc.property(long, fc.nat(20), fc.constantFrom(undefined, 8, 12), (unscaled, scale, size) => {
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
        const at = digits.length - scale;
        const point = scale === 0 ? '' : `.${digits.slice(at)}`;
        const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, at)}${point}`;
        const bytes = decimalBytes(text, scale, size) ?? Buffer.alloc(0);
        expect(decimalText(bytes, 0, bytes.length, scale)).toBe(text);
        if (size !== undefined) expect(bytes).toHaveLength(size);
      }),
    );
  });

  test('a decimal that does not fit is none', () => {
    expect(decimalBytes('1.001', 2)).toBeUndefined();
    expect(decimalBytes('1.10', 1)).toEqual(Buffer.from([11]));
    expect(decimalBytes('128', 0, 1)).toBeUndefined();
    expect(decimalBytes('-128', 0, 1)).toEqual(Buffer.from([0x80]));
  });
});
