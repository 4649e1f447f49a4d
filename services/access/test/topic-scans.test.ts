import { describe, expect, test } from 'vitest';
import { TopicScans } from '../src/topic-scans.ts';

const here = () => new AbortController().signal;

/** Work that lasts until it is ended, as a read of topics does. */
const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });

describe('reads of whole topics', () => {
  test('end when their time is over, and when whoever asked goes away', async () => {
    const late = new TopicScans({ most: 1, timeMs: 20 }).within(here(), endless);
    await expect(late).rejects.toThrow(/KEY_SCAN_CUT.*why time/);
    const scans = new TopicScans({ most: 1, timeMs: 60_000 });
    const gone = new AbortController();
    const left = scans.within(gone.signal, endless);
    gone.abort();
    await expect(left).rejects.toThrow(/KEY_SCAN_CUT.*nobody waits/);
    // Who was away before it began, too.
    await expect(scans.within(gone.signal, endless)).rejects.toThrow(/KEY_SCAN_CUT/);
  });

  test('are no more than so many at once, and free their place however they end', async () => {
    const scans = new TopicScans({ most: 1, timeMs: 60_000 });
    const gone = new AbortController();
    const first = scans.within(gone.signal, endless);
    await expect(scans.within(here(), async () => 1)).rejects.toThrow(/TOO_MANY_REQUESTS/);
    gone.abort();
    await expect(first).rejects.toThrow(/KEY_SCAN_CUT/);
    expect(await scans.within(here(), async () => 2)).toBe(2);
    expect(await scans.within(here(), async () => 3)).toBe(3);
  });
});
