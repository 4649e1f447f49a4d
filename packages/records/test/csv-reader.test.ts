import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ByteWriter,
  CELL,
  CELL_STRIDE,
  CsvReader,
  undoubleQuotes,
  writeCsvCell,
} from '../src/index.ts';

interface Row {
  line: number;
  cells: string[];
  end: number;
  fault?: string;
}

function read(text: string | Buffer, chunkBytes = 1 << 16, limit = 1 << 20) {
  const reader = new CsvReader(limit);
  const rows: Row[] = [];
  const bytes = Buffer.from(text as string);
  const onRow: Parameters<CsvReader['push']>[1] = (row) => {
    const cells: string[] = [];
    for (let i = 0; row.fault === undefined && i < row.count; i++) {
      const [form, start, end] = row.cells.subarray(i * CELL_STRIDE);
      const out = new ByteWriter(1);
      if (form === CELL.doubled) undoubleQuotes(row.bytes, start, end, out);
      else out.copy(row.bytes, start, end);
      cells.push(out.take().toString());
    }
    rows.push({
      line: row.line,
      cells,
      end: row.endLength,
      ...(row.fault && { fault: row.fault.code }),
    });
  };
  for (let at = 0; at < bytes.length; at += chunkBytes)
    reader.push(bytes.subarray(at, at + chunkBytes), onRow);
  reader.end(onRow);
  return { rows, bom: reader.bom };
}

const cells = (text: string) => read(text).rows.map((row) => row.cells);

describe('CSV rows', () => {
  test('quotes, doubled quotes, commas and line ends inside quotes are read as RFC 4180 says', () => {
    expect(cells('a,b\r\n"x ""y"", z","1\r\n2"\n,\n')).toEqual([
      ['a', 'b'],
      ['x "y", z', '1\r\n2'],
      ['', ''],
    ]);
  });

  test('line numbers count the lines inside quoted cells', () => {
    expect(read('h\n"a\nb\n"\nc').rows.map((row) => row.line)).toEqual([1, 2, 5]);
  });

  test('the kind of each line end is told, and a missing last one', () => {
    expect(read('a\r\nb\nc').rows.map((row) => row.end)).toEqual([2, 1, 0]);
    expect(read('a\n').rows).toHaveLength(1);
    expect(read('').rows).toHaveLength(0);
  });

  test.each(['a"b,c\nd\n', '"a"b,c\nd\n', 'a\rb\nd\n', 'a"\r\nd\n', '"a"\rb\nd\n'])(
    'a row that breaks the grammar is a fault and the next one is read: %j',
    (text) => {
      const { rows } = read(text);
      expect(rows.map((row) => row.fault)).toEqual(['RECORD_INVALID_CSV', undefined]);
      expect(rows[1]?.cells).toEqual(['d']);
    },
  );

  test('a quote that is never closed is a fault', () => {
    expect(read('a\n"b\nc').rows.map((row) => row.fault)).toEqual([
      undefined,
      'RECORD_INVALID_CSV',
    ]);
  });

  test('a byte order mark is stepped over, in chunks of any size', () => {
    for (const size of [1, 2, 3, 100]) {
      expect(read('\ufeffa,b\n', size)).toMatchObject({ bom: true, rows: [{ cells: ['a', 'b'] }] });
      expect(read(Buffer.from([0xef]), size).rows).toHaveLength(1);
    }
  });

  test.each([1, 7, 64, 1 << 16])(
    'a row over the limit is told and not kept (chunks of %i)',
    (size) => {
      const long = 'x'.repeat(5000);
      for (const text of [`h\n${long},${long}\r\nz\n`, `h\n"${long}\n${long}"\r\nz\n`]) {
        const { rows } = read(text, size, 1000);
        expect(rows.map((row) => row.fault)).toEqual([undefined, 'RECORD_TOO_LARGE', undefined]);
        expect(rows.map((row) => row.end)).toEqual([1, 2, 1]);
        expect(rows[2]?.cells).toEqual(['z']);
      }
    },
  );

  test('any table that is written comes back, in chunks of any size', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\r', '\n', 'é', ' '),
      maxLength: 5,
    });
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 20 }), fc.boolean(), (rows, size, quoted) => {
        const out = new ByteWriter(1);
        for (const row of rows) {
          for (const [i, text] of row.entries()) {
            if (i > 0) out.byte(0x2c);
            writeCsvCell(out, quoted ? CELL.quoted : CELL.plain, Buffer.from(text));
          }
          out.byte(0x0a);
        }
        expect(read(out.take(), size).rows.map((row) => row.cells)).toEqual(rows);
      }),
    );
  });

  test('any bytes give the same rows whatever the chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\r', '\n'), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (csv, size) => {
        expect(read(csv, size)).toEqual(read(csv));
      }),
      { numRuns: 2000 },
    );
  });
});
