/** Zigzag varints of Kafka's record format: 32 bits as numbers, 64 bits as far as a number goes. */

const MOST_BYTES_64 = 10;
const TWO_28 = 2 ** 28;

/** Bytes of a 32-bit varint. */
export function varintSize(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0;
  if (rest < 0x80) return 1;
  if (rest < 0x4000) return 2;
  if (rest < 0x200000) return 3;
  return rest < 0x10000000 ? 4 : 5;
}

/** Writes a 32-bit varint at `at`; gives the place after it. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let to = at;
  while (rest > 0x7f) {
    bytes[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[to++] = rest;
  return to;
}

/** Bytes of a varint of an integer between -2^53 and 2^53. */
export function varlongSize(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return varintSize(value);
  let rest = zigzag(value);
  let size = 1;
  while (rest > 0x7fn) {
    rest >>= 7n;
    size += 1;
  }
  return size;
}

export function writeVarlong(bytes: Buffer, at: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(bytes, at, value);
  let rest = zigzag(value);
  let to = at;
  while (rest > 0x7fn) {
    bytes[to++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  bytes[to++] = Number(rest);
  return to;
}

function zigzag(value: number): bigint {
  const big = BigInt(value);
  return BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
}

/** Reads varints one after the other. Throws a RangeError past `end` and on one that is too long. */
export class VarintReader {
  bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** A signed 32-bit integer. */
  int(): number {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    for (let shift = 0; shift < 35 && at < end; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new RangeError('a varint is cut short or too long');
  }

  /** A signed 64-bit integer; beyond 2^53 the nearest number. */
  long(): number {
    const { bytes, end } = this;
    let { at } = this;
    let low = 0;
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const byte = bytes[at++];
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return (low >>> 1) ^ -(low & 1);
      }
    }
    let high = 0n;
    for (let index = 4; index < MOST_BYTES_64 && at < end; index += 1) {
      const byte = bytes[at++];
      high |= BigInt(byte & 0x7f) << BigInt((index - 4) * 7);
      if (byte >= 0x80) continue;
      this.at = at;
      const value = high * BigInt(TWO_28) + BigInt(low);
      return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)));
    }
    throw new RangeError('a varint is cut short or too long');
  }

  /** Passes over so many bytes; gives where they begin. */
  skip(sizeBytes: number): number {
    const from = this.at;
    if (sizeBytes < 0 || from + sizeBytes > this.end) throw new RangeError('a part is cut short');
    this.at = from + sizeBytes;
    return from;
  }
}
