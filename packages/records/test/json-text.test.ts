import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter, unescapeJson, writeJsonString } from '../src/index.ts';

function unescape(raw: string): { text: Buffer; lone: boolean } {
  const out = new ByteWriter(1);
  const bytes = Buffer.from(raw);
  const lone = unescapeJson(bytes, 1, bytes.length - 1, out);
  return { text: out.take(), lone };
}

function escape(text: Buffer): string {
  const out = new ByteWriter(1);
  writeJsonString(out, text);
  return out.take().toString();
}

const anyString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.string({ unit: 'grapheme' }),
);

describe('JSON strings', () => {
  test('unescaping agrees with JSON.parse, however the text was escaped', () => {
    const raw = fc.tuple(anyString, fc.func(fc.boolean())).map(([text, all]) => {
      if (!text.isWellFormed()) return JSON.stringify(text);
      return JSON.stringify(text).replace(/[\u{80}-\u{10ffff}]/gu, (c) =>
        all(c)
          ? c.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : c,
      );
    });
    fc.assert(
      fc.property(raw, (json) => {
        const { text, lone } = unescape(json);
        const parsed = JSON.parse(json) as string;
        expect(lone).toBe(!parsed.isWellFormed());
        if (!lone) expect(text.toString()).toBe(parsed);
      }),
      { numRuns: 1000 },
    );
  });

  test('escaping writes what JSON.stringify writes, lone surrogates included', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), (units) => {
        const json = JSON.stringify(String.fromCharCode(...units));
        expect(escape(unescape(json).text)).toBe(json);
      }),
      { numRuns: 1000 },
    );
  });

  test('every short escape is undone, and \\/ too', () => {
    expect(unescape('"\\"\\\\\\/\\b\\f\\n\\r\\t"').text.toString()).toBe('"\\/\b\f\n\r\t');
    expect(unescape('"\\ud83d\\ude00\\uD83D"').lone).toBe(true);
  });
});
