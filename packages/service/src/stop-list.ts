import { setTimeout as sleep } from 'node:timers/promises';

/** What must be ended, in the reverse of the order in which it was begun. */
export class StopList {
  readonly #entries: { readonly name: string; readonly stop: () => Promise<void> }[] = [];

  add(name: string, stop: () => Promise<void>): void {
    this.#entries.push({ name, stop });
  }

  /**
   * Ends everything, one after the other; one that fails or is too slow holds back no other.
   *
   * @param withinMs for all of them together; after that the rest is asked to end, not waited for
   * @returns whether all of them ended in time and without an error
   */
  async stop(withinMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + withinMs;
    let isClean = true;
    for (const { stop } of this.#entries.splice(0).toReversed()) {
      const isStopped = await ended(stop, deadlineMs - performance.now());
      isClean &&= isStopped;
    }
    return isClean;
  }
}

async function ended(stop: () => Promise<void>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, withinMs), false, { signal: timer.signal }).catch(() => false);
  const stopped = stop().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([stopped, late]);
  } finally {
    timer.abort();
  }
}
