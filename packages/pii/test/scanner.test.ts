import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PII_CLASS_NAMES, PiiScanner } from '../src/index.ts';
import { found } from './found.ts';

const scanner = new PiiScanner({ classes: PII_CLASS_NAMES });
const scan = (bytes: Buffer) => scanner.scan(bytes).objects();

/** Pieces that values are made of, so that random texts come close to them. */
const PIECES = [
  [
    '4111',
    ' 1111',
    '1111 ',
    '-45-',
    '6789',
    '123',
    '@',
    'a@b.co',
    '://',
    '::',
    '.',
    ' ',
    '(',
    ')',
    '+',
  ],
  [
    'GB29',
    'NWBK',
    'May',
    ' of ',
    'Mr. ',
    'John',
    ' Smith',
    'é',
    '漢',
    '’',
    '\u00a0',
    '\n',
    'x',
    '0',
    '9',
  ],
  [
    '12 Main Street',
    'Apt. 5',
    'SW1A 1AA',
    ' old',
    'zip ',
    'card ',
    '2024-02-29',
    'T10:00',
    'www.',
    '.com',
  ],
  [
    "'s ",
    "'t",
    'Ltd',
    ' in ',
    'Box ',
    'passport ',
    '-',
    'AB 12 34 56 C',
    'x12',
    '1012 AB',
    'ssn ',
    '/',
    'T',
  ],
].flat();
const pieces = fc.array(
  fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 3 })),
  { maxLength: 40 },
);
const texts = pieces.map((all) => Buffer.from(all.join('')));
const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

describe('what is found', () => {
  test('is sorted, disjoint and inside the text, with scores of 1 to 100', () => {
    fc.assert(
      fc.property(fc.oneof(texts, anyBytes), (bytes) => {
        let end = 0;
        for (const { from, score, to } of scan(bytes)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(100);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('begins and ends at borders of characters of a valid text', () => {
    const isInside = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
    fc.assert(
      fc.property(texts, (bytes) => {
        for (const { from, to } of scan(bytes)) {
          expect(isInside(bytes[from])).toBe(false);
          expect(isInside(bytes[to])).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('is the same in a part of a larger buffer as in a copy of that part', () => {
    fc.assert(
      fc.property(texts, texts, texts, (before, bytes, after) => {
        const all = Buffer.concat([before, bytes, after]);
        const inside = scanner.scan(all, before.length, before.length + bytes.length).objects();
        const moved = inside.map((it) => ({
          ...it,
          from: it.from - before.length,
          to: it.to - before.length,
        }));
        expect(moved).toEqual(scan(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  test('does not depend on what was scanned before', () => {
    fc.assert(
      fc.property(texts, texts, (first, second) => {
        const fresh = new PiiScanner({ classes: PII_CLASS_NAMES }).scan(second).objects();
        scan(first);
        expect(scan(second)).toEqual(fresh);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a planted value', () => {
  const VALUES = [
    ['card', '4111 1111 1111 1111'],
    ['card', '378282246310005'],
    ['iban', 'DE89370400440532013000'],
    ['ssn', '123-45-6789'],
    ['email', 'some.name@mail-host.org'],
    ['ip', '192.168.17.4'],
    ['ip', '2001:db8::1'],
    ['url', 'https://host.org/path'],
    ['date', '2024-02-29'],
    ['phone', '+44 20 7946 0958'],
  ] as const;
  const words = fc.stringMatching(/^[a-z]{4,9}( [a-z]{4,9}){0,5}$/);
  const separators = fc.constantFrom(
    ' ',
    '\n',
    '\t',
    ', ',
    '; ',
    ' "',
    " '",
    ' <',
    ' [',
    '|',
    '>',
    '。',
    '\u00a0',
  );

  test.each(VALUES)('of %s is found wherever it stands between separators: %s', (name, value) => {
    fc.assert(
      fc.property(words, separators, separators, words, (before, left, right, after) => {
        expect(found(`${before}${left}${value}${right}${after}`)).toContainEqual([name, value]);
      }),
      { numRuns: 200 },
    );
  });

  test('is found at the very start and end, and alone', () => {
    for (const [name, value] of VALUES) expect(found(value)).toEqual([[name, value]]);
  });

  test('is not found when its class is not wanted', () => {
    for (const [name, value] of VALUES) {
      const others = PII_CLASS_NAMES.filter((other) => other !== name);
      expect(found(value, ...others).filter(([other]) => other === name)).toEqual([]);
    }
  });
});

/** The same bytes, which count how often one of them is read. */
function counting(bytes: Buffer): { readonly text: Buffer; readonly reads: () => number } {
  let reads = 0;
  const text = new Proxy(bytes, {
    get: (target, key) => {
      reads += 1;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { text, reads: () => reads };
}

const HOSTILE: Readonly<Record<string, string>> = {
  digits: '1',
  zeros: '0',
  ats: '@',
  dots: '.',
  colons: ':',
  hyphens: '-',
  letters: 'a',
  capitals: 'A',
  'digits and spaces': '4 ',
  'groups of four': '4111 ',
  'groups with hyphens': '12-',
  'dotted numbers': '1.',
  'addresses without an end': 'a@',
  'addresses with dots': 'a@b.',
  addresses: 'a@b.co ',
  'domains with colons': 'a.com:',
  schemes: 'a://',
  'schemes and marks': 'a://!.',
  'hexadecimal groups': 'ab:',
  'double colons': '1::',
  months: 'May 1 ',
  'words for everything': 'card phone zip 12345 ',
  names: 'John Smith ',
  initials: 'J. ',
  streets: '1 Main Street ',
  'IBAN beginnings': 'GB29 ',
  'broken characters': '\u00e9\u2019',
  www: 'www.',
};

describe('hostile texts', () => {
  test.each(Object.entries(HOSTILE))('%s take time in proportion to their length', (_, unit) => {
    const readsOf = (length: number) => {
      const { text, reads } = counting(Buffer.from(unit.repeat(Math.ceil(length / unit.length))));
      scanner.scan(text, 0, length);
      return reads();
    };
    const half = readsOf(4000);
    const whole = readsOf(8000);
    expect(whole).toBeLessThan(half * 2.2 + 2000);
    expect(whole / 8000).toBeLessThan(250);
  });

  test.each(Object.entries(HOSTILE))('a megabyte of %s is scanned', (_, unit) => {
    const bytes = Buffer.from(unit.repeat(Math.ceil(1_000_000 / unit.length)));
    expect(scanner.scan(bytes).length).toBeLessThanOrEqual(bytes.length);
  });
});

test('no text makes a scan throw, so no error can hold a value', () => {
  fc.assert(
    fc.property(fc.oneof(texts, anyBytes), (bytes) => void scan(bytes)),
    { numRuns: 2000 },
  );
});
