import { SealstreamError } from '@sealstream/contracts';

export interface ScanLimits {
  /** How many at once. */
  readonly most: number;
  /** How long one may take, in milliseconds. */
  readonly timeMs: number;
}

/**
 * Reads of whole topics, which cost the brokers much.
 *
 * Promises: no more than so many at once and none longer than its time; one that nobody waits for any more
 * ends.
 */
export class TopicScans {
  readonly #limits: ScanLimits;
  #running = 0;

  constructor(limits: ScanLimits) {
    this.#limits = limits;
  }

  /**
   * @param gone aborts when whoever asked went away
   * @param work throws the reason of the signal when that aborts
   * @throws SealstreamError TOO_MANY_REQUESTS, KEY_SCAN_CUT, and what the work throws
   */
  async within<T>(gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { most, timeMs } = this.#limits;
    if (this.#running >= most) throw new SealstreamError('TOO_MANY_REQUESTS', { scans: most });
    const ended = new AbortController();
    const cut = (why: string) => ended.abort(new SealstreamError('KEY_SCAN_CUT', { why, timeMs }));
    const onGone = () => cut('nobody waits for it');
    const late = setTimeout(() => cut('time'), timeMs);
    gone.addEventListener('abort', onGone);
    this.#running += 1;
    try {
      if (gone.aborted) onGone();
      return await work(ended.signal);
    } finally {
      this.#running -= 1;
      clearTimeout(late);
      gone.removeEventListener('abort', onGone);
    }
  }
}
