import { floatText, writeAvroFloat } from './avro-numbers.ts';
import type { ByteWriter } from './byte-writer.ts';
import { WIRE } from './protobuf-wire.ts';

/** How each scalar type stands on the wire; of whole numbers their bits. */
const SCALARS = {
  double: { wire: WIRE.fixed64 },
  float: { wire: WIRE.fixed32 },
  int32: { wire: WIRE.varint, bits: 32, isSigned: true },
  int64: { wire: WIRE.varint, bits: 64, isSigned: true },
  uint32: { wire: WIRE.varint, bits: 32, isSigned: false },
  uint64: { wire: WIRE.varint, bits: 64, isSigned: false },
  sint32: { wire: WIRE.varint, bits: 32, isSigned: true, isZigzag: true },
  sint64: { wire: WIRE.varint, bits: 64, isSigned: true, isZigzag: true },
  fixed32: { wire: WIRE.fixed32, bits: 32, isSigned: false },
  fixed64: { wire: WIRE.fixed64, bits: 64, isSigned: false },
  sfixed32: { wire: WIRE.fixed32, bits: 32, isSigned: true },
  sfixed64: { wire: WIRE.fixed64, bits: 64, isSigned: true },
  bool: { wire: WIRE.varint },
  string: { wire: WIRE.bytes },
  bytes: { wire: WIRE.bytes },
} as const;
export type ProtoScalar = keyof typeof SCALARS;

interface Scalar {
  readonly wire: number;
  readonly bits?: number;
  readonly isSigned?: boolean;
  readonly isZigzag?: boolean;
}

const WHOLE = /^-?\d{1,40}$/;

export const isProtoScalar = (word: string): word is ProtoScalar => Object.hasOwn(SCALARS, word);

const scalar = (is: ProtoScalar): Scalar => SCALARS[is];

export const isWholeScalar = (is: ProtoScalar): boolean => scalar(is).bits !== undefined;

export const isMapKey = (word: string): word is ProtoScalar =>
  isProtoScalar(word) && (isWholeScalar(word) || word === 'bool' || word === 'string');

/** The type on the wire of one value. */
export function protoWire(is: ProtoScalar | 'enum' | 'message'): number {
  if (is === 'enum') return WIRE.varint;
  return is === 'message' ? WIRE.bytes : scalar(is).wire;
}

/** The varint at `at`, which was read before and is a good one. */
function varint(bytes: Buffer, at: number): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 64n; shift += 7n) {
    const byte = bytes[at++];
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return BigInt.asUintN(64, value);
}

/** The whole number at `at`; what has more bits than its type is cut off, as every reader does. */
function wholeNumber(
  bytes: Buffer,
  at: number,
  { wire, bits, isSigned, isZigzag }: Scalar,
): bigint {
  const size = bits ?? 64;
  let raw: bigint;
  if (wire === WIRE.fixed32) raw = BigInt(bytes.readUInt32LE(at));
  else raw = wire === WIRE.fixed64 ? bytes.readBigUInt64LE(at) : varint(bytes, at);
  if (isZigzag !== true)
    return isSigned === true ? BigInt.asIntN(size, raw) : BigInt.asUintN(size, raw);
  const cut = BigInt.asUintN(size, raw);
  return (cut & 1n) === 0n ? cut >> 1n : -((cut + 1n) >> 1n);
}

/** The number of an enum's value. */
export const enumNumber = (bytes: Buffer, at: number): number =>
  Number(BigInt.asIntN(32, varint(bytes, at)));

/** Text of a number or boolean at `at`: whole numbers exactly, others as short as they can be. */
export function scalarText(bytes: Buffer, at: number, is: ProtoScalar): string {
  if (is === 'bool') return varint(bytes, at) === 0n ? 'false' : 'true';
  if (is === 'float') return floatText(bytes.readFloatLE(at), is);
  if (is === 'double') return floatText(bytes.readDoubleLE(at), is);
  return String(wholeNumber(bytes, at, scalar(is)));
}

/** Whether the text of a number is one of JSON's: NaN and the infinities are none. */
export function isFiniteScalar(bytes: Buffer, at: number, is: ProtoScalar): boolean {
  if (is === 'float') return Number.isFinite(bytes.readFloatLE(at));
  return is !== 'double' || Number.isFinite(bytes.readDoubleLE(at));
}

function writeFloat(out: ByteWriter, text: string, is: 'float' | 'double'): boolean {
  const value = Number(text);
  if (!Number.isFinite(is === 'float' ? Math.fround(value) : value)) return false;
  writeAvroFloat(out, value, is);
  return true;
}

/** Writes the number that a text is as the value of a type, without its tag; false when it does not fit. */
export function writeProtoNumber(out: ByteWriter, text: string, is: ProtoScalar): boolean {
  if (is === 'float' || is === 'double') return writeFloat(out, text, is);
  const { bits, isSigned, isZigzag, wire } = scalar(is);
  if (bits === undefined || !WHOLE.test(text)) return false;
  const value = BigInt(text);
  const fits = isSigned === true ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (fits !== value) return false;
  if (wire === WIRE.varint) {
    // A negative number that is not in zigzag form always has ten bytes.
    const zigzag = value >= 0n ? value << 1n : -(value << 1n) - 1n;
    let rest = BigInt.asUintN(64, isZigzag === true ? zigzag : value);
    for (; rest >= 0x80n; rest >>= 7n) out.byte(Number(rest & 0x7fn) | 0x80);
    out.byte(Number(rest));
    return true;
  }
  const size = bits / 8;
  out.reserve(size);
  if (size === 4) out.bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)), out.length);
  else out.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), out.length);
  out.length += size;
  return true;
}
