/**
 * Writes the primitive types of Kafka's protocol into one growing buffer.
 *
 * Source: Apache Kafka protocol guide, "Protocol Primitive Types"; compact types are those of the
 * flexible versions (KIP-482).
 */
export class ByteWriter {
  #bytes: Buffer;
  #end = 0;

  constructor(sizeBytes = 512) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  #room(sizeBytes: number): number {
    const at = this.#end;
    this.#end += sizeBytes;
    if (this.#end > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#end, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#room(8);
    this.#bytes.writeBigInt64BE(value, at);
    return this;
  }

  unsignedVarint(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((((rest & 0x7f) | 0x80) << 24) >> 24);
      rest >>>= 7;
    }
    return this.int8(rest);
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const sizeBytes = Buffer.byteLength(value);
    this.int16(sizeBytes);
    const at = this.#room(sizeBytes);
    this.#bytes.write(value, at);
    return this;
  }

  compactString(value: string): this {
    const sizeBytes = Buffer.byteLength(value);
    this.unsignedVarint(sizeBytes + 1);
    const at = this.#room(sizeBytes);
    this.#bytes.write(value, at);
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.int32(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** What was written so far. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }
}
