import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from '../src/index.ts';

function read(text: string, chunkBytes: number, limit: number) {
  const reader = new LineReader(limit);
  const lines: [number, string, number, boolean][] = [];
  const onLine: Parameters<LineReader['push']>[1] = (line) => {
    lines.push([line.line, line.bytes.toString(), line.endLength, line.tooLong]);
  };
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes)
    reader.push(bytes.subarray(at, at + chunkBytes), onLine);
  reader.end(onLine);
  return { lines, bom: reader.bom };
}

test('lines and their ends put together again are the file, in chunks of any size', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\n', '{'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (file, size) => {
      const ends = ['', '\n', '\r\n'];
      const { lines } = read(file, size, 1000);
      expect(lines.map(([, line, end]) => line + ends[end]).join('')).toBe(file);
    }),
  );
});

test('a line over the limit is told and not kept; the next one is read', () => {
  for (const size of [1, 5, 100])
    expect(read('ab\r\n12345678901234\r\nc', size, 4).lines).toEqual([
      [1, 'ab', 2, false],
      [2, '', 2, true],
      [3, 'c', 0, false],
    ]);
});

test('a byte order mark at the start is stepped over', () => {
  expect(read('\ufeffab\n', 1, 10)).toEqual({ lines: [[1, 'ab', 1, false]], bom: true });
});
