import { describe, expect, test } from 'vitest';
import { found, valuesOf } from './found.ts';

const date = (text: string) => valuesOf('date', text);

describe('a date', () => {
  test.each([
    '2024-02-29',
    '2024/2/29',
    '29.2.2024',
    '29.02.2024',
    '2/29/2024',
    '29/2/2024',
    '2/29/24',
    '2000-04-16 11:34:35',
    '2000-04-16T11:34:35.123Z',
    '2000-04-16T11:34+02:00',
    '4/16/2000 11:34 PM',
    '12 May 2020',
    '12th of May, 2020',
    '12-May-2020',
    'May 12, 2020',
    'May 12th',
    'May 2020',
    'Sept 3, 1999',
    '3. März 2021',
    '3 de mayo de 2021',
    '14 juillet 1789',
    '5 февраля 2020',
  ])('is found in many forms: %s', (text) => {
    expect(date(`on ${text}, it`)).toEqual([text]);
  });

  test.each([
    '2024-02-30',
    '31.4.2024',
    '13/13/2024',
    '2024-00-10',
    '1.2.3.2024',
    '2024-02-2900',
    '12/2024',
    'may 12',
    '2 may hold',
    '45 May',
    'version 20240229',
  ])('is none: %s', (text) => {
    expect(date(text)).toEqual([]);
  });

  test('of two-digit years with dots or hyphens needs a word beside it', () => {
    expect(date('release 10.12.14')).toEqual([]);
    expect(date('born 10.12.84')).toEqual(['10.12.84']);
    expect(date('dob 19841210')).toEqual(['19841210']);
  });
});

describe('a period', () => {
  test('is a year behind a word, or in brackets, and a day of the week', () => {
    expect(found('since 1973, (2001) on Monday', 'period')).toEqual([
      ['period', '1973'],
      ['period', '2001'],
      ['period', 'Monday'],
    ]);
  });

  test('is no other number of four digits', () => {
    expect(found('in 1234 and 1973 pieces, in 2000-x', 'period')).toEqual([]);
  });
});
