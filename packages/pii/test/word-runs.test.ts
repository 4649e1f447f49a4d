import { describe, expect, test } from 'vitest';
import { FORM_CLASSES, PiiScanner } from '../src/index.ts';
import { valuesOf } from './found.ts';

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
])('a street with its number is an address: %s', (text, address) => {
  expect(valuesOf('address', text)).toEqual([address]);
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
