import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const bucket = (width: number, text: string) => maskOne('generalise', { bucket: width }, text);
const date = (keep: string, text: string) => maskOne('generalise', { date: keep }, text);

describe('bucket', () => {
  test.each([
    [50, '123.45', '100'],
    [50, '100', '100'],
    [50, '99.999', '50'],
    [50, '-0.01', '-50'],
    [50, '-50', '-50'],
    [50, '-50.000', '-50'],
    [50, '-51', '-100'],
    [50, '0', '0'],
    [50, '-0', '0'],
    [50, '-0.0', '0'],
    [50, '1.2345e2', '100'],
    [50, '-1E-300', '-50'],
    [50, '12345678901234567890123', '12345678901234567890100'],
    [0.1, '0.37', '0.3'],
    [0.1, '0.3', '0.3'],
    [0.1, '-0.31', '-0.4'],
    [0.5, '1', '1'],
    [2.5, '9', '7.5'],
    [1e21, '2.5e21', '2000000000000000000000'],
  ])('width %d: %s becomes %s', (width, text, lower) => {
    expect(bucket(width, text)).toBe(lower);
  });

  test('the lower bound is exact: at or below the value, less than a width away', () => {
    const number = fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(6));
    const decimal = (digits: bigint, scale: number) => {
      const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
      const dot = scale === 0 ? '' : `.${text.slice(-scale)}`;
      return `${digits < 0n ? '-' : ''}${text.slice(0, text.length - scale)}${dot}`;
    };
    fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 100_000 }), ([digits, scale], width) => {
        const lower = BigInt(bucket(width, decimal(digits, scale)) ?? '') * 10n ** BigInt(scale);
        expect(lower <= digits).toBe(true);
        expect(digits - lower < BigInt(width) * 10n ** BigInt(scale)).toBe(true);
        expect(lower % (BigInt(width) * 10n ** BigInt(scale))).toBe(0n);
      }),
    );
  });

  test('a number beyond 1,000 digits is unfit, however it is written', () => {
    expect(bucket(50, '1e1001')).toBeUndefined();
    expect(bucket(50, '1e-99999999999')).toBeUndefined();
    expect(bucket(50, '1'.repeat(1001))).toBeUndefined();
    expect(bucket(50, 'abc')).toBeUndefined();
    expect(bucket(50, '')).toBeUndefined();
  });
});

describe('zip', () => {
  const area = (text: string) => maskOne('generalise', { zip: 3 }, text);

  test.each([
    ['12345', '123'],
    ['12345-6789', '123'],
    ['123456789', '123'],
    ['03601', '000'],
    ['89301-0001', '000'],
  ])('%s becomes %s', (text, kept) => {
    expect(area(text)).toBe(kept);
  });

  test.each(['', '1234', '123456', 'K1A 0B1', '12345-', '１２３４５'])('%s is unfit', (text) => {
    expect(area(text)).toBeUndefined();
  });
});

describe('ageOver', () => {
  test.each([
    ['0', '0'],
    ['89', '89'],
    ['90', '90'],
    ['117', '90'],
    ['89.5', '89'],
    ['-1', undefined],
    ['1e2', undefined],
    ['', undefined],
  ])('%s becomes %s', (text, kept) => {
    expect(maskOne('generalise', { ageOver: 89 }, text)).toBe(kept);
  });
});

describe('date', () => {
  test.each([
    ['year', '1985-02-03', '1985'],
    ['month', '1985-02-03', '1985-02'],
    ['month', '2024-02-29T23:59:60.123Z', '2024-02'],
    ['year', '2024-02-29 08:00+01:00', '2024'],
  ])('%s of %s is %s', (keep, text, kept) => {
    expect(date(keep, text)).toBe(kept);
  });

  test.each([
    '',
    '1985',
    '1985-02',
    '03/02/1985',
    '1985-02-30',
    '1985-13-01',
    '2023-02-29',
    '1985-02-03x',
    '1985-02-03T25:00',
    ' 1985-02-03',
    '1985-02-03\n',
    '１９８５-02-03',
  ])('what is no ISO date is unfit: %j', (text) => {
    expect(date('year', text)).toBeUndefined();
  });
});

describe('hierarchy', () => {
  const CITIES = 'Lyon;France;Europe;*\nNice;France;Europe;*\nKöln;"Rhein";Europe;*\n';
  const at = (level: number, text: string, hierarchy = CITIES) =>
    maskOne('generalise', { hierarchy, level }, text);

  test.each([
    [1, 'Lyon', 'France'],
    [1, 'Köln', '"Rhein"'],
    [2, 'Nice', 'Europe'],
    [3, 'Nice', '*'],
  ])('at level %d %s becomes %s', (level, text, coarser) => {
    expect(at(level, text)).toBe(coarser);
  });

  test.each(['', 'lyon', 'Lyon ', 'France', 'Europe', '*', 'Lyon;France', 'Ko\u0308ln'])(
    'what is no first column of the file, byte for byte, is unfit: %j',
    (text) => {
      expect(at(1, text)).toBeUndefined();
    },
  );

  test('every value of a file becomes what stands so many columns behind it, and no other does', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9 é]{1,8}$/);
    const rows = fc.uniqueArray(word, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 3 }), word, (values, level, other) => {
        const columns = values.map((value, i) => [value, `a:${i % 3}`, `b:${i % 3}`, '*']);
        const file = columns.map((row) => row.join(';')).join('\n');
        for (const row of columns) expect(at(level, row[0], file)).toBe(row[level]);
        if (!values.includes(other)) expect(at(level, other, file)).toBeUndefined();
      }),
    );
  });
});
