import { describe, expect, test } from 'vitest';
import { passesLuhn } from '../src/card.ts';
import { valuesOf } from './found.ts';

const card = (text: string) => valuesOf('card', text);

describe('a card number', () => {
  // Test numbers that the networks and payment services publish.
  test.each([
    ['Visa', '4111111111111111'],
    ['Visa of 19 digits', '4000000000000000006'],
    ['Mastercard', '5555555555554444'],
    ['Mastercard of the 2-series', '2223003122003222'],
    ['Mastercard at the end of the 2-series', '2720990000000007'],
    ['American Express', '378282246310005'],
    ['Diners Club', '30569309025904'],
    ['Diners Club 36', '36227206271667'],
    ['Discover', '6011111111111117'],
    ['JCB', '3530111333300000'],
    ['UnionPay', '6200000000000005'],
    ['UnionPay of 19 digits', '6205500000000000004'],
    ['Maestro', '6759649826438453'],
    ['Mir', '2200000000000053'],
  ])('of %s is found by its form alone: %s', (_, number) => {
    expect(card(`paid ${number}, thanks`)).toEqual([number]);
  });

  test.each([
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '3782 822463 10005',
    '3056 930902 5904',
    '4000 0000 0000 0000 006',
  ])('is found in groups: %s', (number) => {
    expect(card(`(${number})`)).toEqual([number]);
  });

  test('is found with no-break spaces and dashes between its groups', () => {
    expect(card('4111 1111 1111 1111')).toEqual(['4111 1111 1111 1111']);
    expect(card('4111–1111–1111–1111')).toEqual(['4111–1111–1111–1111']);
  });

  test.each([
    ['when it expires', '4111 1111 1111 1111/12/27'],
    ['its security code', '4111111111111111/123'],
    ['a date', '4111 1111 1111 1111/2024-01-02'],
    ['a number of another form', '4111 1111 1111 1111-12'],
  ])('is found with %s behind it', (_, text) => {
    expect(card(text)).toEqual([text.slice(0, text.lastIndexOf('1111') + 4)]);
  });

  test.each(['12/4111 1111 1111 1111', '7-4111 1111 1111 1111'])(
    'is found behind a number: %s',
    (text) => {
      expect(card(text)).toEqual(['4111 1111 1111 1111']);
    },
  );

  test.each([
    ['that fails Luhn', '4111111111111112'],
    ['of no issuer', '9111111111111110'],
    ['of a length that its issuer has not', '411111111111116'],
    ['that is the tail of a longer chain', '12-4111-1111-1111-1111'],
    ['with letters before it', 'A4111111111111111'],
    ['with letters behind it', '4111111111111111a'],
    ['with dots', '4111.1111.1111.1111'],
    ['with two kinds of separators', '4111-1111 1111-1111'],
    ['of 20 digits', '41111111111111110000'],
  ])('%s is none: %s', (_, text) => {
    expect(card(text)).toEqual([]);
  });

  test('of 13 digits or of a rare range counts for less without a word beside it', () => {
    expect(card('4222222222222')).toEqual(['4222222222222']);
    expect(card('6304000000000000')).toEqual(['6304000000000000']);
    expect(card('601100000004')).toEqual([]);
  });

  test('of a new range is believed behind a word for card, if Luhn holds', () => {
    expect(card('my card is 9111111111111110')).toEqual(['9111111111111110']);
    expect(card('my card is 9111111111111111')).toEqual([]);
  });
});

test('Luhn passes over separators, and tells every single wrong digit', () => {
  const number = Buffer.from('4111 1111-1111 1111');
  expect(passesLuhn(number, 0, number.length)).toBe(true);
  for (let at = 0; at < number.length; at++) {
    if (number[at] < 0x30) continue;
    const wrong = Buffer.from(number);
    wrong[at] = 0x30 + ((wrong[at] - 0x30 + 3) % 10);
    expect(passesLuhn(wrong, 0, wrong.length)).toBe(false);
  }
});
