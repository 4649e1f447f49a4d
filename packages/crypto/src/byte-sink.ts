/**
 * Bytes that grow at their end, so that a result is written where it belongs and no buffer is made
 * for it. Whoever writes reserves room, sets bytes from `length` on, and then moves `length`.
 */
export interface ByteSink {
  /** Another buffer after a `reserve` that made it grow. */
  readonly bytes: Buffer;
  length: number;
  /** Makes room for `more` bytes behind `length`. */
  reserve(more: number): void;
}

/** A sink for one result of a length that is known when it is reserved. */
export class OneResult implements ByteSink {
  bytes: Buffer = Buffer.alloc(0);
  length = 0;

  reserve(more: number): void {
    this.bytes = Buffer.allocUnsafe(more);
  }
}

/** Below this many bytes a loop copies faster than a call into native code. */
const SHORT_COPY = 40;

/** Copies source[from, to) to `at` in `target`, where there is room. */
export function copyBytes(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): void {
  if (to - from > SHORT_COPY) {
    target.set(source.subarray(from, to), at);
    return;
  }
  const ahead = at - from;
  for (let i = from; i < to; i++) target[i + ahead] = source[i];
}
