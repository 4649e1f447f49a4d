/**
 * Reads the primitive types of Kafka's protocol. Reading past the end throws a RangeError, so a cut
 * answer never becomes a short one.
 */
export class ByteReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  #take(sizeBytes: number): number {
    const at = this.at;
    if (sizeBytes < 0 || at + sizeBytes > this.end) throw new RangeError('answer is cut short');
    this.at = at + sizeBytes;
    return at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.#take(8));
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#take(1)];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('varint is too long');
  }

  /** Zigzag-coded signed 32-bit integer. */
  varint(): number {
    const value = this.unsignedVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag-coded signed 64-bit integer. */
  varlong(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes[this.#take(1)];
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt((low >>> 1) ^ -(low & 1));
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#take(1)];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new RangeError('varlong is too long');
  }

  view(sizeBytes: number): Buffer {
    const at = this.#take(sizeBytes);
    return this.bytes.subarray(at, at + sizeBytes);
  }

  string(): string | null {
    const sizeBytes = this.int16();
    if (sizeBytes < 0) return null;
    return this.view(sizeBytes).toString('utf8');
  }

  compactString(): string | null {
    const sizeBytes = this.unsignedVarint() - 1;
    if (sizeBytes < 0) return null;
    return this.view(sizeBytes).toString('utf8');
  }

  array<T>(element: (reader: this) => T): T[] {
    return this.#elements(this.int32(), element);
  }

  compactArray<T>(element: (reader: this) => T): T[] {
    return this.#elements(this.unsignedVarint() - 1, element);
  }

  #elements<T>(count: number, element: (reader: this) => T): T[] {
    const all: T[] = [];
    for (let index = 0; index < count; index += 1) all.push(element(this));
    return all;
  }

  /** Tagged fields of a flexible version; none is used here. */
  skipTags(): void {
    for (let count = this.unsignedVarint(); count > 0; count -= 1) {
      this.unsignedVarint();
      this.#take(this.unsignedVarint());
    }
  }
}
