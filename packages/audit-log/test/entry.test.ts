import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_ENTRY_BYTES } from '../src/bundle.ts';
import { decodeEntry, encodeOwn, encodeSourced } from '../src/entry.ts';

const source = { topic: 'audit.events.mask', partition: 3, offset: 9_007_199_254_740_993n };

test('the entry of a JSON value keeps its bytes and is itself one JSON object', () => {
  const value = Buffer.from('{ "a": 1.0,\t"a":"\\u00e9" }');
  const [entry] = encodeSourced(source, value);
  expect(entry?.toString()).toBe(
    '{"topic":"audit.events.mask","partition":3,"offset":"9007199254740993","event":{ "a": 1.0,\t"a":"\\u00e9" }}',
  );
  expect(() => JSON.parse(String(entry)) as unknown).not.toThrow();
  expect(decodeEntry(entry ?? Buffer.alloc(0))).toEqual({
    kind: 'sourced',
    ...source,
    value,
    part: 0,
    parts: 1,
  });
});

test('any value of any bytes comes back exactly, in entries below the limit', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
    fc.json().map((text) => Buffer.from(text)),
    fc.integer({ min: 40_000, max: 200_000 }).map((length) => Buffer.alloc(length, 'x')),
    fc
      .integer({ min: 40_000, max: 200_000 })
      .map((length) => Buffer.from(JSON.stringify('y'.repeat(length)))),
    fc.constantFrom(Buffer.from('null'), Buffer.from('\ufeff{}'), Buffer.alloc(0)),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      const entries = encodeSourced(source, value);
      expect(entries.every((entry) => entry.length <= MAX_ENTRY_BYTES)).toBe(true);
      const parts = entries.map((entry, at) => {
        const read = decodeEntry(entry);
        expect(() => JSON.parse(entry.toString()) as unknown).not.toThrow();
        if (read.kind !== 'sourced') throw new Error('not sourced');
        expect([read.part, read.parts, read.offset]).toEqual([at, entries.length, source.offset]);
        return read.value ?? Buffer.alloc(0);
      });
      expect(Buffer.concat(parts).equals(value)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a record without a value is not the same as one that says null', () => {
  const [none] = encodeSourced(source, null);
  const [said] = encodeSourced(source, Buffer.from('null'));
  expect(decodeEntry(none ?? Buffer.alloc(0))).toMatchObject({ value: null });
  expect(decodeEntry(said ?? Buffer.alloc(0))).toMatchObject({ value: Buffer.from('null') });
});

test('a value cannot pretend to come from elsewhere or from the log itself', () => {
  const pretender = encodeOwn({ type: 'heartbeat' });
  const [entry] = encodeSourced(source, pretender);
  expect(decodeEntry(entry ?? Buffer.alloc(0))).toMatchObject({ kind: 'sourced', ...source });
});

test('bytes of no known form are unreadable, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(decodeEntry(Buffer.from(bytes)).kind).toBe('unreadable');
    }),
  );
  const broken = '{"topic":"t","partition":0,"offset":"1","raw":"not base64!"}';
  expect(decodeEntry(Buffer.from(broken)).kind).toBe('unreadable');
});
