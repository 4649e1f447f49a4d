/**
 * Monotonic milliseconds, read once for all that runs in one go without waiting. A batch asks for
 * keys many thousand times and waits for nothing meanwhile; so each batch still reads the time
 * anew, and what it costs to read it no longer counts per field.
 */
export function turnClock(read: () => number = () => performance.now()): () => number {
  let now: number | undefined;
  const forget = (): void => {
    now = undefined;
  };
  return () => {
    if (now === undefined) {
      now = read();
      queueMicrotask(forget);
    }
    return now;
  };
}
