/** Below this many bytes a loop copies faster than a call into native code. */
const SHORT_COPY = 40;

/** One growing buffer, reused from record to record; `take` gives a copy of what was written. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;

  constructor(capacity = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  reset(): void {
    this.length = 0;
  }

  /** Makes room for `more` bytes after what stands. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  copy(source: Buffer, from = 0, to = source.length): void {
    const count = to - from;
    if (count <= 0) return;
    this.reserve(count);
    if (count > SHORT_COPY) {
      source.copy(this.bytes, this.length, from, to);
      this.length += count;
      return;
    }
    const { bytes } = this;
    let { length } = this;
    for (let i = from; i < to; i++) bytes[length++] = source[i];
    this.length = length;
  }

  /** What was written, as bytes of its own. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.length);
    this.bytes.copy(taken, 0, 0, this.length);
    return taken;
  }
}
