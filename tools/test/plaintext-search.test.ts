import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compressedBatches,
  type Finding,
  filesUnder,
  type Place,
  searchPlaces,
} from '../plaintext-search.ts';
import { ENCODINGS, encoded } from '../search/encodings.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealstream-search-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function found(values: readonly string[], ...places: Place[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  await searchPlaces(values, places, (finding) => findings.push(finding));
  return findings;
}

const bytes = (...parts: (string | Buffer)[]) => ({
  name: 'bytes',
  bytes: Buffer.concat(parts.map((part) => Buffer.from(part))),
});

const AWKWARD = 'Zoë said: "4\\5"\nto 東京 😀';

describe('a search', () => {
  test.each(ENCODINGS)('finds a value in the form %s, and where it stands', async (encoding) => {
    const form = encoded(AWKWARD, encoding);
    const findings = await found(['some other value', AWKWARD], bytes('before ', form, ' after'));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ value: 1, place: 'bytes', at: 7 });
  });

  test.each([0, 1, 2, 3, 4, 5])('finds a value in base64 behind %d other bytes', async (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const whole = Buffer.concat([
        randomBytes(before),
        Buffer.from('123-45-6789'),
        randomBytes(4),
      ]);
      expect(await found(['123-45-6789'], bytes(whole.toString(encoding)))).toHaveLength(1);
    }
  });

  test('finds a value in what JSON.stringify makes of it, also when that is quoted again', async () => {
    const once = JSON.stringify({ note: AWKWARD });
    expect(await found([AWKWARD], bytes(once))).toHaveLength(1);
    expect(await found([AWKWARD], bytes(JSON.stringify({ message: once })))).toHaveLength(1);
  });

  test('finds a value whatever stands around it, in every form', async () => {
    const value = fc.string({ minLength: 9, maxLength: 60, unit: 'grapheme' });
    const around = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(
        ...([value, fc.constantFrom(...ENCODINGS), around, around] as const),
        async (text, encoding, before, after) => {
          const findings = await found([text], bytes(before, encoded(text, encoding), after));
          expect(findings.map(({ at }) => at)).toContain(before.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('finds all of many values that begin and end alike', async () => {
    const values = Array.from({ length: 3000 }, (_, n) => `person.number${n}@mail.example`);
    const seen = new Set<number>();
    const text = values.map((value) => encoded(value, 'hex').toString()).join(' ');
    await searchPlaces(values, [bytes(text)], ({ value }) => seen.add(value));
    expect(seen.size).toBe(values.length);
  });

  test('does not take a value for found that differs in one character', async () => {
    const values = ['123-45-6789', 'anna.fischer@mail.example'];
    const near = '123-45-678X 123-45-6788 anna.fischer@mail.exampl anna-fischer@mail.example';
    expect(await found(values, bytes(near, randomBytes(100_000)))).toEqual([]);
  });

  test('finds a value across the pieces in which a file is read, and once', async () => {
    const value = randomUUID();
    const file = join(directory, 'large');
    const piece = 4 * 1024 * 1024;
    const large = Buffer.alloc(2 * piece + 100, '.');
    for (const at of [piece - 5, 2 * piece - 36]) large.write(value, at);
    writeFileSync(file, large);
    const findings = await found([value], { name: 'large', file });
    expect(findings.map(({ at }) => at)).toEqual([piece - 5, 2 * piece - 36]);
  });

  test('finds a value behind zeros that the broker laid out', async () => {
    const file = join(directory, 'sparse');
    writeFileSync(file, Buffer.concat([Buffer.alloc(9_000_000), Buffer.from('123-45-6789')]));
    expect(await found(['123-45-6789'], { name: 'sparse', file })).toHaveLength(1);
  });

  test('finds a form that ends in the first of many zeros', async () => {
    const file = join(directory, 'tail');
    const form = encoded('123-45-6789', 'utf16le');
    const before = Buffer.alloc(64 * 1024 * 3 - form.length + 1, '.');
    writeFileSync(file, Buffer.concat([before, form, Buffer.alloc(9_000_000)]));
    expect(await found(['123-45-6789'], { name: 'tail', file })).toHaveLength(1);
  });

  test('leaves out values that a place may hold', async () => {
    const place = { ...bytes('first value, second value'), mayHold: (n: number) => n === 0 };
    const findings = await found(['first value', 'second value'], place);
    expect(findings.map(({ value }) => value)).toEqual([1]);
  });

  test('takes a file that is gone for empty', async () => {
    expect(await found(['123-45-6789'], { name: 'gone', file: join(directory, 'no') })).toEqual([]);
    expect(filesUnder(join(directory, 'nowhere'))).toEqual([]);
  });

  test('refuses a value that is too short to be told from chance', async () => {
    await expect(found(['short'], bytes('short'))).rejects.toThrow('shorter than 9 bytes');
  });

  test('searches 40 MB for a million forms within seconds', { timeout: 60_000 }, async () => {
    const values = Array.from({ length: 80_000 }, (_, n) => `value ${n * 7919} ${n}@mail.example`);
    const haystack = bytes(randomBytes(40_000_000), values[77_777] ?? '');
    const start = performance.now();
    expect(await found(values, haystack)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

test('compressed batches in a segment file are counted', () => {
  const batch = (attributes: number, length: number) => {
    const header = Buffer.alloc(12 + length);
    header.writeInt32BE(length, 8);
    header.writeInt16BE(attributes, 21);
    return header;
  };
  const file = join(directory, '00000000000000000000.log');
  const transactional = 0x10;
  const parts = [
    batch(transactional, 60),
    batch(4, 90),
    batch(0, 49),
    batch(transactional | 2, 70),
  ];
  writeFileSync(file, Buffer.concat([...parts, Buffer.alloc(200)]));
  expect(compressedBatches(file)).toBe(2);
});
