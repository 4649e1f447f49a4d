import { describe, expect, test } from 'vitest';
import {
  protoMessageAt,
  ProtobufScanner,
  ProtobufShape,
  readMessageIndexes,
  readProtobufSchema,
  Shape,
} from '../src/index.ts';

const SCHEMA = `syntax = "proto3";
message M {
  string s = 1; int32 n = 2; M in = 3; repeated int32 l = 4; fixed32 f = 5; fixed64 d = 6;
  map<string, bytes> m = 7; bool b = 8; repeated fixed32 g = 9; bytes raw = 10;
  map<int32, int32> k = 11;
}`;
const NAMES = ['s', 'n', 'in', 'l', 'f', 'd', 'm', 'b', 'g', 'raw', 'k'];

function scannerOf(unknown: 'fault' | 'cut'): ProtobufScanner {
  const fields = NAMES.map((name) => ({
    path: `/${name}`,
    types: ['string', 'number', 'boolean', 'object', 'array'] as const,
    required: false,
    cut: false,
  }));
  const file = readProtobufSchema(SCHEMA);
  const shape = new Shape(fields, unknown);
  const met = new ProtobufShape(file, protoMessageAt(file, [0]), shape, []);
  expect(met.problems).toEqual([]);
  return new ProtobufScanner(met);
}

const strict = scannerOf('fault');
const lax = scannerOf('cut');

const nested = (depth: number): number[] => {
  let bytes: number[] = [];
  for (let n = 0; n < depth; n++) bytes = [0x1a, ...varint(bytes.length), ...bytes];
  return bytes;
};
const varint = (value: number) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7]);
const groups = (depth: number): number[] => [
  ...Array.from({ length: depth }, () => 0x7b),
  ...Array.from({ length: depth }, () => 0x7c),
];

describe('a Protobuf record that follows its schema is accepted', () => {
  test.each([
    ['empty', []],
    ['fields in any order, each as often as it likes', [0x10, 1, 0x0a, 1, 0x61, 0x10, 2]],
    ['a varint of ten bytes', [0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ['a tag and a length with more bytes than they need', [0x8a, 0x80, 0, 0x81, 0, 0x61]],
    ['numbers packed, one by one, and none', [0x22, 2, 1, 2, 0x20, 3, 0x22, 0]],
    ['fixed numbers', [0x2d, 1, 2, 3, 4, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x4a, 4, 1, 2, 3, 4]],
    ['an entry without key or value', [0x3a, 0]],
    ['64 levels', nested(63)],
    ['bytes that are no text', [0x52, 1, 0xff]],
  ])('%s', (_, bytes) => {
    expect(strict.scan(Buffer.from(bytes))).toBeUndefined();
  });
});

describe('a Protobuf record is refused with its byte', () => {
  test.each([
    ['a tag that is cut', [0x10, 1, 0x80], 'RECORD_INVALID_PROTOBUF', 2],
    ['a tag without a value', [0x0a], 'RECORD_INVALID_PROTOBUF', 1],
    ['a tag of more than 32 bits', [0x8a, 0x80, 0x80, 0x80, 0x10, 0], 'RECORD_INVALID_PROTOBUF', 0],
    ['a tag of six bytes', [0x8a, 0x80, 0x80, 0x80, 0x80, 0, 0], 'RECORD_INVALID_PROTOBUF', 0],
    ['number zero', [0x02, 0], 'RECORD_INVALID_PROTOBUF', 0],
    ['a varint that is cut', [0x10, 0x80], 'RECORD_INVALID_PROTOBUF', 1],
    [
      'a varint of more than 64 bits',
      [0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2],
      'RECORD_INVALID_PROTOBUF',
      1,
    ],
    [
      'a varint of eleven bytes',
      [0x10, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0],
      'RECORD_INVALID_PROTOBUF',
      1,
    ],
    ['a length beyond the end', [0x0a, 2, 0x61], 'RECORD_INVALID_PROTOBUF', 1],
    [
      'a length near 2^64',
      [0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
      'RECORD_INVALID_PROTOBUF',
      1,
    ],
    [
      'a length beyond the end of its message',
      [0x1a, 2, 0x0a, 1, 0x61],
      'RECORD_INVALID_PROTOBUF',
      3,
    ],
    ['a fixed number that is cut', [0x2d, 1, 2, 3], 'RECORD_INVALID_PROTOBUF', 1],
    ['a packed number that is cut', [0x22, 1, 0x80], 'RECORD_INVALID_PROTOBUF', 2],
    ['packed fixed numbers that are cut', [0x4a, 3, 1, 2, 3], 'RECORD_INVALID_PROTOBUF', 2],
    ['a text that is no UTF-8', [0x0a, 2, 0x61, 0xff], 'RECORD_INVALID_UTF8', 3],
    ['a key that is no UTF-8', [0x3a, 3, 0x0a, 1, 0xff], 'RECORD_INVALID_UTF8', 4],
    ['65 levels', nested(64), 'RECORD_TOO_DEEP', 128],
    ['a group in 64 levels', groups(65), 'RECORD_TOO_DEEP', 63],
    ['an unknown number', [0x60, 1], 'RECORD_UNKNOWN_FIELD', 0],
    ['a group', groups(1), 'RECORD_UNKNOWN_FIELD', 0],
    ['an unknown number inside an entry', [0x3a, 2, 0x18, 1], 'RECORD_UNKNOWN_FIELD', 2],
    ['what comes cut behind an unknown number', [0x60, 1, 0x0a], 'RECORD_INVALID_PROTOBUF', 3],
    ['a group without an end', [0x7b, 0x08, 1], 'RECORD_INVALID_PROTOBUF', 0],
    ['a group that ends as another', [0x7b, 0x74], 'RECORD_INVALID_PROTOBUF', 1],
    ['the end of a group that never began', [0x7c], 'RECORD_INVALID_PROTOBUF', 1],
    ['a type that the wire does not have', [0x0e, 0], 'RECORD_INVALID_PROTOBUF', 1],
  ])('%s', (_, bytes, code, byte) => {
    expect(strict.scan(Buffer.from(bytes))).toMatchObject({ code, byte });
    const about = Buffer.from([9, 9, ...bytes, 9]);
    expect(strict.scan(about, 2, about.length - 1)).toMatchObject({ code, byte });
    if (code === 'RECORD_UNKNOWN_FIELD') expect(lax.scan(Buffer.from(bytes))).toBeUndefined();
    else expect(lax.scan(Buffer.from(bytes))).toMatchObject({ code, byte });
  });

  test.each([
    ['a number as text', [0x12, 1, 0x31], '/n'],
    ['a text as number', [0x08, 1], '/s'],
    ['a message as number', [0x18, 1], '/in'],
    ['a boolean as fixed', [0x45, 1, 0, 0, 0], '/b'],
    ['a text as group', [0x0b, 0x0c], '/s'],
    ['elements of another size', [0x25, 1, 0, 0, 0], '/l'],
    ['an entry that is none', [0x38, 1], '/m'],
    ['a key that is a number', [0x3a, 2, 0x08, 1], '/m'],
    ['a key that is packed', [0x5a, 3, 0x0a, 1, 7], '/k'],
  ])('where a field has another type on the wire: %s', (_, bytes, path) => {
    const byte = bytes.length > 3 && (path === '/m' || path === '/k') ? 2 : 0;
    const fault = { code: 'RECORD_INVALID_PROTOBUF', byte, path };
    for (const scanner of [strict, lax]) expect(scanner.scan(Buffer.from(bytes))).toEqual(fault);
  });
});

describe('what stands before a message in the wire format', () => {
  test.each([
    [[0], [0], 1],
    [[2, 0], [0], 2],
    [[2, 2], [1], 2],
    [[4, 2, 0x80, 1], [1, 64], 4],
    [[6, 0, 2, 0], [0, 1, 0], 4],
  ])('%j is %j', (bytes, indexes, end) => {
    expect(readMessageIndexes(Buffer.from([7, ...bytes]), 1, bytes.length + 1)).toEqual({
      indexes,
      end: end + 1,
    });
  });

  test.each([
    ['nothing, which is an empty message', []],
    ['the tag of the first field, as a number', [8, 1]],
    ['the tag of the first field, as a text', [0x0a, 1, 0x61]],
    ['the tag of a field with a large number', [0x82, 1, 0]],
  ])('%s names no message', (_, bytes) => {
    const none = { indexes: [], end: 1 };
    expect(readMessageIndexes(Buffer.from([7, ...bytes]), 1, bytes.length + 1)).toEqual(none);
  });

  test.each([
    ['fewer indexes than the count', [4, 2]],
    ['a count below zero', [1]],
    ['an index below zero', [2, 1]],
    ['an index of far too many bytes', [2, 0x80, 0x80, 0x80, 0]],
  ])('%s is refused', (_, bytes) => {
    expect(readMessageIndexes(Buffer.from(bytes), 0, bytes.length)).toBeUndefined();
  });
});
