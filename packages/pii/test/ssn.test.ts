import { describe, expect, test } from 'vitest';
import { isIssuableSsn } from '../src/ssn.ts';
import { found, valuesOf } from './found.ts';

const ssn = (text: string) => valuesOf('ssn', text);

describe('a social security number', () => {
  test.each(['123-45-6789', '001-01-0001', '899-99-9999', '665-12-3456'])(
    'with hyphens is found by its form alone: %s',
    (number) => {
      expect(ssn(`it is ${number}.`)).toEqual([number]);
    },
  );

  test.each(['123456789', '123 45 6789'])('written %s is found behind a word only', (number) => {
    expect(ssn(`the number ${number}`)).toEqual([]);
    expect(ssn(`SSN: ${number}`)).toEqual([number]);
    expect(ssn(`social security number is ${number}`)).toEqual([number]);
  });

  test.each([
    ['area 000', '000-12-3456'],
    ['area 666', '666-12-3456'],
    ['an area from 900 on', '900-12-3456'],
    ['group 00', '123-00-4567'],
    ['serial 0000', '123-45-0000'],
    ['the number of an advertisement', '078-05-1120'],
    ['a fourth group', '123-45-6789-1'],
    ['two kinds of separators', '123-45 6789'],
    ['a letter before it', 'x123-45-6789'],
  ])('with %s is none: %s', (_, text) => {
    expect(ssn(`ssn ${text}`)).toEqual([]);
  });
});

test.each(['card', 'phone', 'call', 'tax id', 'passport', 'licence', 'account', 'zip', 'born'])(
  'is nothing else behind the word %s',
  (word) => {
    expect(found(`${word} 123-45-6789 fax`)).toEqual([['ssn', '123-45-6789']]);
    for (const number of ['123-45-6789', '123 45 6789', '123456789'])
      expect(found(`${word} ssn ${number} fax`)).toEqual([['ssn', number]]);
  },
);

test('the rules of the SSA hold at their borders', () => {
  expect([1_01_0001, 665_01_0001, 667_01_0001, 899_99_9999].every(isIssuableSsn)).toBe(true);
  expect([0, 666_01_0001, 900_01_0001, 999_99_9999].some(isIssuableSsn)).toBe(false);
});
