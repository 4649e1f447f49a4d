import type { ByteSink } from '../src/byte-sink.ts';

/** A sink that gives room for exactly what was asked, so that a writer that takes more is found. */
export class GrowingBytes implements ByteSink {
  bytes: Buffer;
  length: number;

  constructor(before: string) {
    this.bytes = Buffer.from(before);
    this.length = this.bytes.length;
  }

  reserve(more: number): void {
    this.bytes = Buffer.concat([this.bytes.subarray(0, this.length)], this.length + more);
  }

  text(): string {
    return this.bytes.toString('utf8', 0, this.length);
  }
}
