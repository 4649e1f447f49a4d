import { setTimeout as sleep } from 'node:timers/promises';

import { SealstreamError } from '@sealstream/contracts';

export interface WaitOptions {
  /** How long to try; the last error is thrown after that. */
  readonly waitMs: number;
  readonly everyMs?: number;
  /** Told after each failed try. */
  readonly onWait?: (error: SealstreamError) => void;
}

/**
 * Does something as soon as what it needs is there: tries again while it fails with a retryable
 * error of ours, up to waitMs. Any other error passes at once.
 */
export async function untilAvailable<T>(
  action: () => Promise<T>,
  { everyMs = 500, onWait, waitMs }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof SealstreamError) || !error.retryable) throw error;
      if (performance.now() + everyMs > deadline) throw error;
      onWait?.(error);
      await sleep(everyMs);
    }
  }
}
