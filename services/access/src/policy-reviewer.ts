import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { SealstreamError } from '@sealstream/contracts';

import type { PolicyReview, ReviewOrder } from './policy-review.ts';

/** Some 8,000 fields take 3 s on a slow core. */
const REVIEW_MS = 20_000;
const HEAP_MIB = 512;
const WAITING_MAX = 8;
/** Answers that are remembered: what is asked for, agreed to and kept is compared at each step. */
const REMEMBERED = 8;

/** Where the thread's program is: beside this file, as source or built. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './policy-review-worker.ts' : './policy-review-worker.js',
  import.meta.url,
);

/**
 * Compares policies in a thread, one at a time.
 *
 * Promises: a text of any form costs 20 s and 512 MiB at most, and whoever asks for something else does not
 * wait for it.
 */
export class PolicyReviewer {
  readonly #known = new Map<string, Promise<PolicyReview>>();
  #worker: Worker | undefined;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param key of both texts: under the same the answer is the same
   * @throws SealstreamError TOO_MANY_REQUESTS, REQUEST_TOO_LARGE when it takes too long
   */
  review(key: string, order: ReviewOrder): Promise<PolicyReview> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#waiting >= WAITING_MAX)
      throw new SealstreamError('TOO_MANY_REQUESTS', { policies: WAITING_MAX });
    this.#waiting += 1;
    const review = this.#turn.then(() => this.#compared(order));
    this.#turn = review.catch(() => undefined);
    this.#known.set(key, review);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    // What failed for lack of time or memory may do better.
    review.catch(() => this.#known.delete(key)).finally(() => (this.#waiting -= 1));
    return review;
  }

  async #compared(order: ReviewOrder): Promise<PolicyReview> {
    const worker = (this.#worker ??= started());
    try {
      const answer = once(worker, 'message', { signal: AbortSignal.timeout(REVIEW_MS) });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window: a thread
      worker.postMessage(order);
      const [review] = (await answer) as [PolicyReview];
      return review;
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      // What went wrong in it may quote what it was given, so nothing of it is told.
      const { code, name } = error as { code?: string; name?: string };
      if (name !== 'AbortError' && code !== 'ERR_WORKER_OUT_OF_MEMORY')
        throw new SealstreamError('INTERNAL', { place: 'policy thread' });
      const hint = 'The policy takes too much time or memory to compare; propose a smaller one.';
      throw new SealstreamError('REQUEST_TOO_LARGE', { waitMs: REVIEW_MS }, hint);
    }
  }
}

function started(): Worker {
  const worker = new Worker(PROGRAM, {
    env: {},
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  // Whoever waits for an answer hears of it; without anybody it would end the process.
  worker.on('error', () => undefined);
  // A thread that waits keeps no process alive.
  worker.unref();
  return worker;
}
