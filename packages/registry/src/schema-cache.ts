interface Entry<T> {
  readonly value: Promise<T>;
  /** When it stops to count, by the clock of `performance`; never when undefined. */
  untilMs?: number;
}

/**
 * Remembers what was asked for last, so many at most: the one that nobody asked for longest goes first.
 * Who asks for what is being fetched waits for the same answer. What failed is forgotten at once, or
 * after a while where `keepFailureMs` says so, since a flood of bad ids must not become a flood of
 * requests.
 */
export class SchemaCache<T> {
  readonly #entries = new Map<number, Entry<T>>();
  readonly #limit: number;
  readonly #keepFailureMs: (error: unknown) => number;

  constructor(limit: number, keepFailureMs: (error: unknown) => number) {
    this.#limit = limit;
    this.#keepFailureMs = keepFailureMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: number, fetch: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(id);
    if (known !== undefined) {
      this.#entries.delete(id);
      if (known.untilMs === undefined || performance.now() < known.untilMs) {
        this.#entries.set(id, known);
        return known.value;
      }
    }
    const entry: Entry<T> = { value: fetch() };
    entry.value.catch((error: unknown) => {
      const keepMs = this.#keepFailureMs(error);
      if (keepMs > 0) entry.untilMs = performance.now() + keepMs;
      else if (this.#entries.get(id) === entry) this.#entries.delete(id);
    });
    this.#entries.set(id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#limit && oldest !== undefined) this.#entries.delete(oldest);
    return entry.value;
  }
}
