import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const zip = (text: string) => valuesOf('zip', text);

describe('a post code', () => {
  test.each([
    'SW1A 1AA',
    'M1 1AE',
    'B33 8TH',
    'CR2 6XH',
    'DN55 1PT',
    'EC1A 1BB',
    'K1A 0B1',
    '12345-6789',
    '4000-123',
  ])('is found by its form alone: %s', (code) => {
    expect(zip(`at ${code}, then`)).toEqual([code]);
  });

  test.each([
    ['Denver, CO 80202', '80202'],
    ['Toronto\nON\n  12345', '12345'],
    ['D-10115 Berlin', '10115'],
    ['CH-8000 Basel', '8000'],
    ['1012 AB Amsterdam', '1012 AB'],
    ['ZIP: 394 13', '394 13'],
    ['my zip code is 35350', '35350'],
    ['PLZ 10115', '10115'],
    ['Main Street\nApt. 4\nReykjavik\n   700', '700'],
    ['springfield, il 62704', '62704'],
    ['Anna Muster\nHauptstr. 5a\n10115 Berlin\n', '10115'],
    ['9 Rue Neuve 12\n  69001 Saint-Genis Laval', '69001'],
  ])('of bare digits is found beside a word: %s', (text, code) => {
    expect(zip(text)).toEqual([code]);
  });

  test.each([
    '80202',
    'order 12345',
    '2017 AD',
    '1200 PM',
    'co 80202',
    'sw1a 1aa',
    'AB12',
    'A1 B2',
    '$35350',
    'R-4711',
    'to be or not, in 12345 ways',
    'look in, or 62704 will',
    'for all, ca 20000 came',
    'see this, id 12345',
    'Suite 5\n12345 Old Elm Street',
    'see page 5\n20000 leagues',
    'see page\n20000 Leagues',
    'Room 5\n10115 Berlin 7',
    'XXX-A-6789',
  ])('is none: %s', (text) => {
    expect(zip(text)).toEqual([]);
  });
});
