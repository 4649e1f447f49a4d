import { describe, expect, test } from 'vitest';
import { FORM_CLASSES, PiiScanner } from '../src/index.ts';
import { found, valuesOf } from './found.ts';

describe('a name of a person', () => {
  test.each([
    ['Mr. John J. Smith wrote', 'John J. Smith'],
    ['and Dr. Xyzzyq said', 'Xyzzyq'],
    ['my name is Rubija', 'Rubija'],
    ['Name: Toshimi Arata', 'Toshimi Arata'],
    ['then Maria van der Berg came', 'Maria van der Berg'],
    ['says Sofia Jansson.', 'Sofia Jansson'],
    ['with Élodie Dupont', 'Élodie Dupont'],
  ])('is found by list, title or word before it: %s', (text, name) => {
    expect(valuesOf('name', text)).toEqual([name]);
  });

  test.each([
    'The card is here',
    'Please call us',
    'What is it',
    "Don't do it",
    'on Monday in May',
  ])('is none: %s', (text) => {
    expect(valuesOf('name', text)).toEqual([]);
  });
});

test.each([
  ['at 12 Main Street, Apt. 5', '12 Main Street, Apt. 5'],
  ['in Puruntie 82 now', 'Puruntie 82'],
  ['P.O. Box 149', 'P.O. Box 149'],
  ['Hauptstraße 7', 'Hauptstraße 7'],
  ['at 20789 Allika 46, Suite 501', '20789 Allika 46, Suite 501'],
  ['at Lange Reihe 46 Apt. 5', 'Lange Reihe 46 Apt. 5'],
  ['see 12 45 Elm Road', '45 Elm Road'],
  ['we paid 20, Suite 5 is free', 'Suite 5'],
])('a street with its number is an address: %s', (text, address) => {
  expect(valuesOf('address', text)).toEqual([address]);
});

test.each([
  ['to 12 Main Street, Springfield, IL 62704 and', '12 Main Street, Springfield, IL'],
  ['12 Main Street\nApt. 5\nDenver\nCO 80202\n555-0100', '12 Main Street\nApt. 5\nDenver\nCO'],
  ['> 7 Rue Neuve 12\n> Villefranche de Lyon\n> France', '7 Rue Neuve 12\n> Villefranche de Lyon'],
  ['Hauptstraße 7, D-10115 Berlin', 'Hauptstraße 7'],
  ['at 12 Main Street in Kenya', '12 Main Street'],
  ['at 12 Main Street and Kenya', '12 Main Street'],
  ['12 Main Street. Then we all went to Springfield, IL 62704', '12 Main Street'],
  ['12 Main Street, call 555 Springfield, IL 62704', '12 Main Street'],
])('an address goes on over town and state up to its post code or country: %s', (text, address) => {
  expect(valuesOf('address', text)).toEqual([address]);
});

test('the post code and the country of an address are told by themselves', () => {
  expect(found('to 12 Main Street, Springfield, IL 62704')).toEqual([
    ['address', '12 Main Street, Springfield, IL'],
    ['zip', '62704'],
  ]);
  expect(found('to 12 Main Street, Old Harbour, Jamaica')).toEqual([
    ['address', '12 Main Street, Old Harbour'],
    ['place', 'Jamaica'],
  ]);
});

test('a legal form makes an organisation of the words before it', () => {
  expect(valuesOf('organisation', 'by Shepherd Ltd. and Abt Associates')).toEqual([
    'Shepherd Ltd.',
    'Abt Associates',
  ]);
  expect(valuesOf('organisation', 'the Group of Limited people')).toEqual([]);
});

test('countries are places, and so is what stands behind in or from', () => {
  expect(valuesOf('place', 'Estonia, Schweden and in Xanten')).toEqual([
    'Estonia',
    'Schweden',
    'Xanten',
  ]);
});

test('what words alone decide is looked for only when it is wanted', () => {
  const bytes = Buffer.from('Mr. John Smith, 12 Main Street, in Xanten');
  expect(new PiiScanner().scan(bytes)).toHaveLength(0);
  expect(FORM_CLASSES).not.toContain('name');
});
