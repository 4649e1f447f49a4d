import { expect, test } from 'vitest';
import { found, valuesOf } from './found.ts';

test('licence, passport and account are found only behind a word for them', () => {
  expect(found("driver's license number is 2270-66-1551", 'licence')).toEqual([
    ['licence', '2270-66-1551'],
  ]);
  expect(found('Passport no. C01X00T47, passport 123456789', 'passport')).toEqual([
    ['passport', 'C01X00T47'],
    ['passport', '123456789'],
  ]);
  expect(found('account number 12345678', 'account')).toEqual([['account', '12345678']]);
  expect(found('the number C1234567 and 12345678', 'licence', 'passport', 'account')).toEqual([]);
});

test.each([
  ['This 74 year old female', '74'],
  ['a 35-year-old male', '35'],
  ["i'm 26 y/o.", '26'],
  ['at the age of 61', '61'],
  ['he just turned 47', '47'],
  ['aged 8', '8'],
])('an age is found beside a word: %s', (text, age) => {
  expect(valuesOf('age', text)).toEqual([age]);
});

test.each(['74 pieces', 'for 35 years', 'aged 121', 'in 2 years, old', 'age 1.5'])(
  'no age: %s',
  (text) => {
    expect(valuesOf('age', text)).toEqual([]);
  },
);
