import { describe, expect, test } from 'vitest';
import { NATIONAL_IDS } from '../src/index.ts';
import { valuesOf } from './found.ts';

const id = (text: string) => valuesOf('national-id', text);

describe('a national number', () => {
  // Examples of the states' own papers, or made with their check digits.
  test.each([
    ['US ITIN', '912-70-1234'],
    ['Brazil CPF', '529.982.247-25'],
    ['Sweden personnummer', '811228-9874'],
    ['Belgium', '85.07.30-033.28'],
    ['France NIR', '2 55 08 14 168 025 38'],
    ['UK NINO', 'AB 12 34 56 C'],
    ['UK NINO', 'AB123456C'],
    ['Spain DNI', '12345678Z'],
    ['Spain DNI', '12345678-Z'],
  ])('of %s is found by form and check: %s', (_, number) => {
    expect(id(`it is ${number}.`)).toEqual([number]);
  });

  test.each([
    ['India Aadhaar', '2341 2341 2346'],
    ['Canada SIN', '046 454 286'],
    ['Poland PESEL', '44051401359'],
    ['Netherlands BSN', '111222333'],
    ['Denmark CPR', '070740-4285'],
    ['Brazil CPF', '52998224725'],
  ])('of %s needs a word beside it: %s', (_, number) => {
    expect(id(`number ${number}`)).toEqual([]);
    expect(id(`national id ${number}`)).toEqual([number]);
  });

  test.each([
    '529.982.247-26',
    '811228-9875',
    '85.07.30-033.29',
    '2 55 08 14 168 025 39',
    '12345678A',
    'GB123456C',
    'AB123456E',
    '111.111.111-11',
    'id 44051401358',
    'id 046 454 287',
    'id 2341 2341 2347',
    'id 111222334',
    'id 329999-4285',
    '912-10-1234',
  ])('with a wrong check is none: %s', (text) => {
    expect(id(text)).toEqual([]);
  });
});

test('every row of national numbers has its groups and as many separators between them', () => {
  for (const { gaps, groups, name } of NATIONAL_IDS)
    expect(gaps.length, name).toBe(groups.length - 1);
});
