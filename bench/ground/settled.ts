import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 10_000;
const AGAIN_MS = 200;

/**
 * Checks what came out, again for up to ten seconds while the check throws: a broker answers a commit
 * before it has written the marker that ends the transaction, so a reader of committed records may
 * come too early for the last one.
 */
export async function settled(check: () => Promise<void>, withinMs = WITHIN_MS): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
