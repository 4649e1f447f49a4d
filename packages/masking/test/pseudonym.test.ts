import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cityNames,
  firstNames,
  lastNames,
  PSEUDONYM_LANGUAGES,
  streetNames,
} from '../src/name-lists.ts';
import { PSEUDONYM_KINDS } from '../src/pseudonym.ts';
import { maskOne } from './mask-one.ts';

const invented = (of: string, text: string, language?: string) =>
  maskOne('pseudonym', { of, ...(language && { language }) }, text);

describe('pseudonym', () => {
  test('is the same for equal values, and never the value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PSEUDONYM_KINDS),
        fc.string({ minLength: 1 }),
        (kind, text) => {
          const one = invented(kind, text);
          expect(invented(kind, text)).toBe(one);
          expect(one).not.toBe(text);
        },
      ),
    );
  });

  test('keeps shape: order of names, capitals, house number before or behind', () => {
    expect(invented('name', 'Alice Smith')).toMatch(/^\p{Lu}[^,]* \p{Lu}[^,]*$/u);
    expect(invented('name', 'Smith, Alice')).toMatch(/^\p{Lu}[^,]*, \p{Lu}[^,]*$/u);
    expect(invented('name', 'ALICE SMITH')).toMatch(/^[^\p{Ll}]+$/u);
    expect(invented('email', 'alice@email.com')).toMatch(
      /^[a-z]+\.[a-z]+\.[0-9a-z]{7}@example\.com$/,
    );
    expect(invented('street', '221 Baker Street')).toMatch(/^[1-9]\d\d \p{L}/u);
    expect(invented('street', 'Hauptstraße 7', 'de')).toMatch(/[\p{L}.] [1-9]$/u);
    expect(streetNames('en')).toContain(invented('street', 'Broadway'));
  });

  test('draws from the whole of a list', () => {
    const seen = new Set(
      Array.from({ length: 2000 }, (_, i) => invented('city', `city ${i}`, 'de')),
    );
    expect(seen.size).toBe(cityNames('de').length);
  });

  test('gives ten thousand mail addresses apart', () => {
    const seen = new Set(
      Array.from({ length: 10_000 }, (_, i) => invented('email', `a${i}@b.org`)),
    );
    expect(seen.size).toBe(10_000);
  });

  test('goes by lists that do not change unnoticed', () => {
    const digest = createHash('sha256');
    for (const language of PSEUDONYM_LANGUAGES) {
      const lists = [firstNames, lastNames, cityNames, streetNames].map((of) => of(language));
      for (const list of lists) expect(list.length).toBeGreaterThan(90);
      digest.update(JSON.stringify(lists));
    }
    expect(digest.digest('hex').slice(0, 16)).toBe('2663a0d517ac0d0c');
  });

  test('a text longer than a name is unfit', () => {
    expect(invented('name', 'x'.repeat(1001))).toBeUndefined();
  });
});
