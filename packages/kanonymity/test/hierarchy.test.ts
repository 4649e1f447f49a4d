import { describe, expect, test } from 'vitest';
import { Hierarchy, HierarchyError } from '../src/index.ts';

const COUNTRIES = ['Kenya;Africa;*', 'Togo;Africa;*', 'Peru;America;*', ''].join('\n');

function errorOf(text: string, separator?: string): HierarchyError {
  try {
    Hierarchy.parse(text, separator);
  } catch (error) {
    if (error instanceof HierarchyError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('a hierarchy', () => {
  test('joins two values at the lowest text that is above both', () => {
    const hierarchy = Hierarchy.parse(COUNTRIES);
    const of = (text: string) => hierarchy.leafOf(text) ?? -1;
    const join = (one: string, other: string) =>
      hierarchy.textOf(hierarchy.join(of(one), of(other)));
    expect(join('Kenya', 'Kenya')).toBe('Kenya');
    expect(join('Kenya', 'Togo')).toBe('Africa');
    expect(join('Peru', 'Togo')).toBe('*');
    expect(hierarchy.leafOf('Chad')).toBeUndefined();
  });

  test('loses nothing with a raw value, all with *, and in between by the leaves', () => {
    const hierarchy = Hierarchy.parse(COUNTRIES);
    const kenya = hierarchy.leafOf('Kenya') ?? -1;
    const africa = hierarchy.join(kenya, hierarchy.leafOf('Togo') ?? -1);
    const root = hierarchy.join(kenya, hierarchy.leafOf('Peru') ?? -1);
    expect([kenya, africa, root].map((node) => hierarchy.lossOf(node))).toEqual([0, 0.5, 1]);
  });

  test('has a column of the file at each level above a raw value, and * at the last', () => {
    const hierarchy = Hierarchy.parse(
      'Lyon;France;Europe;*\nNice;France;Europe;*\nLima;Peru;America;*',
    );
    expect(hierarchy.levels).toBe(3);
    const texts = (leaf: string) =>
      [0, 1, 2, 3].map((level) =>
        hierarchy.textOf(hierarchy.above(hierarchy.leafOf(leaf) ?? -1, level)),
      );
    expect(texts('Nice')).toEqual(['Nice', 'France', 'Europe', '*']);
    expect(texts('Lima')).toEqual(['Lima', 'Peru', 'America', '*']);
  });

  test('is read with another separator, with CRLF, and with lines in any order', () => {
    const hierarchy = Hierarchy.parse('Kenya,Africa,*\r\nPeru,America,*\r\nTogo,Africa,*\r\n', ',');
    const africa = hierarchy.join(hierarchy.leafOf('Togo') ?? -1, hierarchy.leafOf('Kenya') ?? -1);
    expect(hierarchy.textOf(africa)).toBe('Africa');
    expect(hierarchy.leavesOf(africa)).toBe(2);
  });

  test('may repeat a text on the way up while it means the same raw values', () => {
    const hierarchy = Hierarchy.parse('Chile;Chile;*\nPeru;Andes;*\nBolivia;Andes;*');
    expect(hierarchy.lossOf(hierarchy.leafOf('Chile') ?? -1)).toBe(0);
  });

  test.each([
    ['nothing', '', 1, /no value/],
    ['a line with fewer columns', 'Kenya;Africa;*\nTogo;*', 2, /2 columns, where the first has 3/],
    ['a line of one column', '*', 1, /the least/],
    ['a line that does not end with *', 'Kenya;Africa;*\nTogo;Africa;World', 2, /end with \*/],
    ['* before the end', 'Kenya;*;*', 1, /before the last/],
    ['an empty column', 'Kenya;Africa;*\nTogo;;*', 2, /empty/],
    ['a raw value twice', 'Kenya;Africa;*\nTogo;Africa;*\nKenya;Africa;*', 3, /line before/],
    ['a text under two others', 'A;x;y;*\nB;x;z;*', 2, /column 2 stands under two/],
    ['a text of two meanings', 'Kenya;Africa;*\nAfrica;Other;*\nTogo;Africa;*', 2, /means some/],
  ])('with %s is refused with the line', (_, text, line, message) => {
    const error = errorOf(text);
    expect(error.line).toBe(line);
    expect(error.message).toMatch(message);
  });

  test('is refused without telling a value', () => {
    for (const text of ['S3cretA;x;y;*\nS3cretB;x;z;*', 'S3cretA;S3cretC;*\nS3cretA;S3cretC;*'])
      expect(errorOf(text).message).not.toContain('S3cret');
  });
});
