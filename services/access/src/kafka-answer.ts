import { setTimeout as sleep } from 'node:timers/promises';

import { errorWord } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';

/** How long a request waits for Kafka. */
export const KAFKA_WAIT_MS = 5000;

/**
 * What Kafka answers, or that it does not: whoever asks is told within the time, and the process goes
 * on. Work that is late is left to end by itself.
 *
 * @throws SealstreamError KAFKA_UNREACHABLE without an answer in time or for any error of the client
 */
export async function kafkaAnswer<T>(work: Promise<T>, waitMs = KAFKA_WAIT_MS): Promise<T> {
  const settled = new AbortController();
  const late = sleep(waitMs, undefined, { signal: settled.signal }).then(() => {
    throw new SealstreamError('KAFKA_UNREACHABLE', { waitMs });
  });
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof SealstreamError) throw error;
    // The client's own words may quote addresses.
    throw new SealstreamError('KAFKA_UNREACHABLE', { reason: errorWord(error) });
  } finally {
    settled.abort();
  }
}
