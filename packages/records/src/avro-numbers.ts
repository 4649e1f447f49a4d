import type { ByteWriter } from './byte-writer.ts';

const INT_MIN = -(2n ** 31n);
const INT_MAX = 2n ** 31n - 1n;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
const WHOLE = /^-?\d{1,40}$/;
const DECIMAL = /^(-?\d{1,1000})(?:\.(\d{1,1000}))?$/;

/** The whole number that stands at `at`, which was read before and is a good one. */
export function avroLong(bytes: Buffer, at: number): bigint {
  let raw = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++];
    raw |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return (raw & 1n) === 0n ? raw >> 1n : -((raw + 1n) >> 1n);
  }
}

/** The place behind the whole number at `at`. */
export function behindLong(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] >= 0x80) end++;
  return end + 1;
}

/** Writes a whole number above or equal to zero: a length, a count, the number of a branch. */
export function writeAvroCount(out: ByteWriter, value: number): void {
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.byte((rest % 0x80) | 0x80);
  out.byte(rest);
}

function writeLong(out: ByteWriter, value: bigint): void {
  let rest = value >= 0n ? value << 1n : -(value << 1n) - 1n;
  for (; rest >= 0x80n; rest >>= 7n) out.byte(Number(rest & 0x7fn) | 0x80);
  out.byte(Number(rest));
}

/** Writes the whole number that a text is; false when it is none, or does not fit. */
export function writeAvroWhole(out: ByteWriter, text: string, is: 'int' | 'long'): boolean {
  if (!WHOLE.test(text)) return false;
  const value = BigInt(text);
  const [least, most] = is === 'int' ? [INT_MIN, INT_MAX] : [LONG_MIN, LONG_MAX];
  if (value < least || value > most) return false;
  writeLong(out, value);
  return true;
}

export function writeAvroFloat(out: ByteWriter, value: number, is: 'float' | 'double'): void {
  const size = is === 'float' ? 4 : 8;
  out.reserve(size);
  if (is === 'float') out.bytes.writeFloatLE(value, out.length);
  else out.bytes.writeDoubleLE(value, out.length);
  out.length += size;
}

/** Text of a float: the shortest that gives this very float again. */
export function floatText(value: number, is: 'float' | 'double'): string {
  if (Object.is(value, -0)) return '-0';
  if (is === 'double' || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Exact text of a decimal: its digits with the point where `scale` says. */
export function decimalText(bytes: Buffer, from: number, to: number, scale: number): string {
  let unscaled = 0n;
  for (let at = from; at < to; at++) unscaled = (unscaled << 8n) | BigInt(bytes[at]);
  if (to > from) unscaled = BigInt.asIntN((to - from) * 8, unscaled);
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (scale === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * The bytes of the decimal that a text is: as many as `size`, or as few as can be. Undefined when it is
 * none, or has more digits behind the point than `scale`, or does not fit.
 */
export function decimalBytes(text: string, scale: number, size?: number): Buffer | undefined {
  const [, whole, given = ''] = DECIMAL.exec(text) ?? [];
  const fraction = given.replace(/0+$/, '');
  if (whole === undefined || fraction.length > scale) return undefined;
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0'));
  let length = size ?? 1;
  for (; BigInt.asIntN(length * 8, unscaled) !== unscaled; length++)
    if (length === size) return undefined;
  const hex = BigInt.asUintN(length * 8, unscaled).toString(16);
  return Buffer.from(hex.padStart(length * 2, '0').slice(-length * 2), 'hex');
}
