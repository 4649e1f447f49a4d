/** Longest length of which a view is kept; a longer one is made when it is asked for. */
const KEPT_VIEWS = 8192;

/**
 * Working memory that is used again: `first(n)` is a view of its first n bytes. Native code takes
 * views of an exact length, and making one costs more than copying a short record.
 *
 * What stands in it stands until the next use; nothing in it may be kept.
 */
export class Scratch {
  #bytes: Buffer;
  #views: (Buffer | undefined)[] = [];

  constructor(sizeBytes = 4096) {
    this.#bytes = Buffer.alloc(sizeBytes);
  }

  /** The first `sizeBytes` bytes; what stood in them may be gone when the memory had to grow. */
  first(sizeBytes: number): Buffer {
    const kept = this.#views[sizeBytes];
    if (kept !== undefined) return kept;
    if (sizeBytes > this.#bytes.length) {
      this.#bytes = Buffer.alloc(Math.max(sizeBytes, this.#bytes.length * 2));
      this.#views = [];
    }
    const view = this.#bytes.subarray(0, sizeBytes);
    if (sizeBytes <= KEPT_VIEWS) this.#views[sizeBytes] = view;
    return view;
  }
}
