import type { SealstreamError } from '@sealstream/contracts';

const POLL_MS = 10_000;
/** After a failed read the next one comes sooner. */
const RETRY_MS = 1000;

/** What is read again and again, and how it stands. */
export interface Readable {
  /** Reads once; what comes of it shows in the rest. Never rejects. */
  read(): Promise<void>;
  /** Whether the last read failed. */
  hasFailed(): boolean;
  /** `true` when it can be used, or why waiting will not mend it. */
  readiness(): boolean | SealstreamError;
}

/**
 * Reads something by timer and whenever it is told of a change, and lets others wait until it can be
 * used.
 *
 * Promises: one read at a time; whoever tells of a change waits for a read that began after it.
 */
export class RepeatedRead {
  readonly #readable: Readable;
  readonly #pollMs: number;
  readonly #waiters = new Set<{ done: () => void; fail: (error: SealstreamError) => void }>();
  #running: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param pollMs default 10 seconds */
  constructor(readable: Readable, pollMs: number = POLL_MS) {
    this.#readable = readable;
    this.#pollMs = pollMs;
    this.#schedule();
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Resolves when it can be used; rejects when waiting will not mend it. */
  ready(): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiters.add({ done, fail });
      this.settle();
    });
  }

  /** Reads now; resolves when that is done, whatever came of it. */
  now(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running === undefined) {
      this.#running = this.#readable.read().finally(() => {
        this.#running = undefined;
        this.#schedule();
        this.settle();
      });
      return this.#running;
    }
    // What is being read may be older than the change that called: read once more after it.
    this.#again ??= this.#running.then(() => {
      this.#again = undefined;
      return this.now();
    });
    return this.#again;
  }

  /** No read begins after it. Idempotent. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Tells those who wait how it stands. */
  settle(): void {
    if (this.#waiters.size === 0) return;
    const readiness = this.#readable.readiness();
    if (readiness === false) return;
    for (const { done, fail } of this.#waiters)
      if (readiness === true) done();
      else fail(readiness);
    this.#waiters.clear();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const waitMs = this.#readable.hasFailed() ? Math.min(this.#pollMs, RETRY_MS) : this.#pollMs;
    this.#timer = setTimeout(() => void this.now(), waitMs).unref();
  }
}
