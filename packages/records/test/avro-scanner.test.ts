import { describe, expect, test } from 'vitest';
import {
  AVRO_SPAN,
  AvroScanner,
  AvroShape,
  KIND,
  type Outcome,
  readAvroSchema,
  Shape,
  type ValueType,
} from '../src/index.ts';

const ANY: readonly ValueType[] = ['string', 'number', 'boolean', 'object', 'array'];
const TEXT: Outcome = { becomes: 'text', nullStays: false };

interface Given {
  readonly path: string;
  readonly cut?: boolean;
  readonly required?: boolean;
  readonly types?: readonly ValueType[];
}

function scannerOf(schema: unknown, fields: readonly Given[]): AvroScanner {
  const shape = new Shape(
    fields.map((field) => ({ types: ANY, required: false, cut: false, ...field })),
    'fault',
  );
  const met = new AvroShape(
    readAvroSchema(JSON.stringify(schema)),
    shape,
    fields.map(() => TEXT),
  );
  expect(met.problems).toEqual([]);
  return new AvroScanner(met.root);
}

const record = (type: unknown) => ({ type: 'record', name: 'R', fields: [{ name: 'f', type }] });
const F = [{ path: '/f' }];
const scan = (type: unknown, bytes: number[], fields: readonly Given[] = F) =>
  scannerOf(record(type), fields).scan(Buffer.from(bytes));

const TOO_LONG = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];

describe('bytes that do not follow their schema are RECORD_INVALID_AVRO, and tell where', () => {
  test.each<[string, unknown, number[], number]>([
    ['a number without an end', 'long', [0x80], 0],
    ['a number of more than 64 bits', 'long', TOO_LONG, 0],
    ['a number of more than 32 bits', 'int', [0x80, 0x80, 0x80, 0x80, 0x10], 0],
    ['a boolean that is neither', 'boolean', [2], 0],
    ['a double that is cut', 'double', [1, 2, 3, 4, 5, 6, 7], 0],
    ['a string below nothing', 'string', [1], 0],
    ['a string longer than the record', 'string', [6, 0x61, 0x62], 1],
    ['a string of nearly 2^63 bytes', 'string', [0xfe, ...TOO_LONG.slice(2), 1], 9],
    ['a symbol that there is not', { type: 'enum', name: 'E', symbols: ['A'] }, [2], 0],
    ['a branch that there is not', ['null', 'int'], [4], 0],
    ['a branch below nothing', ['null', 'int'], [1], 0],
    ['a fixed that is cut', { type: 'fixed', name: 'X', size: 3 }, [1, 2], 0],
    ['more elements than bytes', { type: 'array', items: 'null' }, [0xfe, 0xff, 0xff, 0x7f, 0], 0],
    ['a block that is longer than it says', { type: 'array', items: 'int' }, [3, 2, 4, 4, 0], 0],
    ['a block that is shorter than it says', { type: 'array', items: 'int' }, [1, 4, 2, 0], 0],
    ['a block longer than the record', { type: 'array', items: 'int' }, [1, 8, 4, 0], 0],
    ['a block without an end', { type: 'array', items: 'int' }, [2, 4], 2],
    ['bytes behind the end', 'int', [2, 0], 1],
  ])('%s', (_, type, bytes, byte) => {
    expect(scan(type, bytes)).toEqual({ code: 'RECORD_INVALID_AVRO', byte });
  });

  test('text that is no UTF-8 is told, in strings and in names of a map, kept or not', () => {
    expect(scan('string', [2, 0xff])).toEqual({ code: 'RECORD_INVALID_UTF8', byte: 1 });
    const map = { type: 'map', values: 'int' };
    expect(scan(map, [2, 4, 0x61, 0xc3, 2, 0])).toEqual({ code: 'RECORD_INVALID_UTF8', byte: 3 });
  });
});

describe('spans', () => {
  test('of a field cover the number of its branch', () => {
    const scanner = scannerOf(record(['null', 'int']), F);
    expect(scanner.scan(Buffer.from([9, 2, 6, 9]), 1, 3)).toBeUndefined();
    expect(scanner.count).toBe(1);
    expect(scanner.spans[0]).toMatchObject({ kind: KIND.number, start: 1, inside: 2, end: 3 });
  });

  test('of blocks with a size tell how many elements they hold, where these will change', () => {
    const items = { type: 'array', items: 'string' };
    const bytes = [3, 8, 2, 0x61, 2, 0x62, 2, 2, 0x63, 0];
    const scanner = scannerOf(record(items), [{ path: '/f/*' }]);
    expect(scanner.scan(Buffer.from(bytes))).toBeUndefined();
    expect(scanner.spans.slice(0, scanner.count).map(({ kind }) => kind)).toEqual([
      AVRO_SPAN.sized,
      KIND.string,
      KIND.string,
      KIND.string,
    ]);
    expect(scanner.spans[0]).toMatchObject({ start: 0, end: 2, count: 2 });
  });

  test('of what is left out come behind those of what is in it', () => {
    const scanner = scannerOf(record('string'), [{ path: '/f', cut: true }]);
    scanner.scan(Buffer.from([2, 0x61]));
    expect(scanner.spans.slice(0, scanner.count).map(({ kind }) => kind)).toEqual([
      KIND.string,
      KIND.cut,
    ]);
  });
});

describe('values that do not fit the shape', () => {
  test('a branch of another type is RECORD_WRONG_TYPE, with the pattern of the shape', () => {
    const only = [{ path: '/f', types: ['string'] as const }];
    expect(scan(['string', 'int'], [0, 2, 0x61], only)).toBeUndefined();
    const wrong = { code: 'RECORD_WRONG_TYPE', byte: 0, path: '/f' };
    expect(scan(['string', 'int'], [2, 4], only)).toEqual(wrong);
    const inner = { ...record('int'), name: 'Inner' };
    expect(scan(['int', inner], [0, 4], [{ path: '/f/f' }])).toEqual({ ...wrong, byte: 1 });
  });

  test('null where a value is required is RECORD_MISSING_FIELD, also where fields should be', () => {
    const missing = { code: 'RECORD_MISSING_FIELD', byte: 0 };
    const required = { path: '/f', required: true };
    expect(scan(['null', 'int'], [0], [required])).toEqual({ ...missing, path: '/f' });
    const inner = { type: 'record', name: 'I', fields: [{ name: 'g', type: 'int' }] };
    const inside = [{ path: '/f/g', required: true }];
    expect(scan(['null', inner], [0], inside)).toEqual({ ...missing, path: '/f' });
  });

  test('what does not follow the schema wins over what does not fit', () => {
    const only = [{ path: '/f', types: ['string'] as const }];
    expect(scan(['string', 'int'], [2, 4, 9], only)).toMatchObject({ code: 'RECORD_INVALID_AVRO' });
  });
});

describe('a schema that cannot be read is SCHEMA_UNREADABLE', () => {
  const field = (type: unknown) => JSON.stringify(record(type));
  test.each([
    ['no JSON', '{'],
    ['a name that is not defined', field('Other')],
    ['a type that there is not', field({ type: 'thing' })],
    ['a union in a union', field([['null'], 'int'])],
    ['two branches of one type', field(['int', { type: 'int', logicalType: 'date' }])],
    ['no branch', field([])],
    ['a name that is none', field({ type: 'fixed', name: 'a-b', size: 1 })],
    ['a size below nothing', field({ type: 'fixed', name: 'a', size: -1 })],
    ['a name defined twice', field([{ type: 'fixed', name: 'R', size: 1 }])],
    [
      'a field that stands twice',
      JSON.stringify({
        ...record('int'),
        fields: [
          { name: 'a', type: 'int' },
          { name: 'a', type: 'int' },
        ],
      }),
    ],
    ['nested too deep', `${'{"type":"array","items":'.repeat(80)}"int"${'}'.repeat(80)}`],
  ])('%s', (_, text) => {
    expect(() => readAvroSchema(text)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_UNREADABLE' }) as Error,
    );
  });

  test('and names of other schemas are found when these are given', () => {
    const other = JSON.stringify({ type: 'fixed', name: 'Other', namespace: 'x', size: 1 });
    expect(readAvroSchema(field('x.Other'), [other])).toMatchObject({ is: 'record' });
  });
});
