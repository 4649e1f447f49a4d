import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const phone = (text: string) => valuesOf('phone', text);

describe('a telephone number', () => {
  // Numbers that regulators keep for films and books.
  test.each([
    '+1 212-555-0123',
    '+1-202-555-0156 x12',
    '(212) 555-0123',
    '212-555-0123',
    '212.555.0123',
    '1-800-555-0199',
    '212-555-0123 ext. 45',
    '001-212-555-0123',
    '+44 20 7946 0958',
    '+44 (0)20 7946 0958',
    '+447700900123',
    '020 7946 0958',
    '07700 900123',
    '+33 1 99 00 12 34',
    '01.99.00.12.34',
    '01 99 00 12 34',
    '+49 30 23125 014',
    '030 23125 014',
    '+46 8 465 004 12',
    '+61 2 5550 1234',
    '(02) 5550 1234',
    '+353 20 915 1234',
    '+91 98765 43210',
    '0044 20 7946 0958',
  ])('is found by its form alone: %s', (number) => {
    expect(phone(`reply: ${number}, please`)).toEqual([number]);
  });

  test.each(['467 3395', '416 60 039', '9472 7916', '71-33-52-22', '(37) 788-063', '2125550123'])(
    'that many other numbers look like needs a word beside it: %s',
    (number) => {
      expect(phone(`item ${number}`)).toEqual([]);
      expect(phone(`Phone: ${number}`)).toEqual([number]);
      expect(phone(`${number} (mobile)`)).toEqual([number]);
    },
  );

  test.each([
    '2024-02-29',
    '192.168.17.4',
    '1.234.567',
    '$212 555 0123',
    '+999 123 456 789',
    '+12 34',
    '123-45-6789',
    '112-555-0123',
    '1234567890123456789',
    '212-555-0123-44',
  ])('is none: %s', (text) => {
    expect(phone(text)).toEqual([]);
  });
});
