import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, errorWord, type KafkaRecord, type ReadStart } from '@sealstream/bus';
import { type Logger, SealstreamError } from '@sealstream/contracts';

/** Partitions that were added are found when the read begins anew. */
const ANEW_MS = 60_000;
const RETRY_MS = 1000;
/** Many records come a second, few at a time: they are taken together. */
const REST_MS = 100;

export interface FeedOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly logger: Logger;
  readonly topics: readonly string[];
  /** Where a partition begins: its first record, or the first one of that time or later. */
  readonly from: 'earliest' | { readonly atMs: number };
  readonly onRecord: (topic: string, record: KafkaRecord) => void;
}

/**
 * Every committed record of some topics, from a point in the past and then as they come, without a
 * consumer group.
 *
 * Promises: open() resolves after everything that stood there at the call was handed over; a record
 * is handed over once, in order per partition; a read that fails is taken up where it was; added
 * partitions are found within a minute.
 */
export class TopicFeed {
  readonly #options: FeedOptions;
  readonly #positions = new Map<string, bigint>();
  readonly #stopping = new AbortController();
  #done: Promise<void> = Promise.resolve();

  private constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** @throws SealstreamError TOPIC_MISSING */
  static async open(options: FeedOptions): Promise<TopicFeed> {
    const feed = new TopicFeed(options);
    await feed.#read(await feed.#starts(options.from), 'end');
    feed.#done = feed.#follow();
    return feed;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  /** Where each partition goes on; one that was not seen before begins at `from`. */
  async #starts(from: FeedOptions['from']): Promise<ReadStart[]> {
    const { bus, topics } = this.#options;
    const found = await bus.admin.topics(topics);
    const missing = topics.find((name) => !found.some((topic) => topic.name === name));
    if (missing !== undefined) throw new SealstreamError('TOPIC_MISSING', { topic: missing });
    const places = found.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
    return Promise.all(
      places.map(async ({ partition, topic }) => {
        const known = this.#positions.get(`${topic}/${partition}`);
        if (known !== undefined) return { topic, partition, offset: known };
        if (from === 'earliest') return { topic, partition, offset: 'earliest' as const };
        // The end is asked first: what is written in between is then read, not passed over.
        const end = await bus.admin.offset(topic, partition, 'latest');
        const at = await bus.admin.offset(topic, partition, from);
        return { topic, partition, offset: at < 0n ? end : at };
      }),
    );
  }

  async #read(starts: readonly ReadStart[], until: 'end' | AbortSignal): Promise<void> {
    const { bus, onRecord } = this.#options;
    const bound = until === 'end' ? { until } : { signal: until };
    for await (const { nextOffset, partition, records, topic } of bus.read({
      starts,
      restMs: REST_MS,
      ...bound,
    })) {
      for (const record of records) onRecord(topic, record);
      this.#positions.set(`${topic}/${partition}`, nextOffset);
    }
    if (until !== 'end') return;
    // Partitions without a record have no chunk; they go on where they began.
    for (const { offset, partition, topic } of starts)
      if (typeof offset === 'bigint' && !this.#positions.has(`${topic}/${partition}`))
        this.#positions.set(`${topic}/${partition}`, offset);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const starts = await this.#starts('earliest');
        await this.#read(starts, AbortSignal.any([signal, AbortSignal.timeout(ANEW_MS)]));
      } catch (error) {
        const code = errorWord(error);
        this.#options.logger.warn({ code, topic: this.#options.topics[0] }, 'read taken up again');
        // What retention took is gone for this watcher too; it goes on with what is left.
        if (code === 'OFFSETS_LOST') this.#positions.clear();
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
