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
  /**
   * Where a partition begins: its first record, the first one of that time or later, or so many
   * offsets before its end.
   */
  readonly from: 'earliest' | { readonly atMs: number } | { readonly newest: number };
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
  readonly #waiting = new Set<() => void>();
  #isWhole = true;
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

  /** Whether nothing that stood on the topics at the start was left out. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Resolves once everything that stands on the topics at the call was handed over.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE when that is not so within withinMs
   */
  async caughtUp(withinMs: number): Promise<void> {
    const late = new AbortController();
    const lateness = sleep(withinMs, undefined, { signal: late.signal }).then(() => {
      throw new SealstreamError('KAFKA_UNREACHABLE', { topic: this.#options.topics[0] });
    });
    lateness.catch(() => undefined);
    try {
      const ends = await Promise.race([this.#ends(), lateness]);
      while (ends.some(({ at, end }) => (this.#positions.get(at) ?? 0n) < end))
        await Promise.race([this.#moved(late.signal), lateness]);
    } catch (error) {
      if (error instanceof SealstreamError) throw error;
      throw new SealstreamError('KAFKA_UNREACHABLE', { topic: this.#options.topics[0] });
    } finally {
      late.abort();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  /** Where each partition goes on; one that was not seen before begins at `from`. */
  async #starts(from: FeedOptions['from']): Promise<(ReadStart & { readonly offset: bigint })[]> {
    const { bus, topics } = this.#options;
    const found = await bus.admin.topics(topics);
    const missing = topics.find((name) => !found.some((topic) => topic.name === name));
    if (missing !== undefined) throw new SealstreamError('TOPIC_MISSING', { topic: missing });
    const places = found.flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
    return Promise.all(places.map((place) => this.#start(place, from)));
  }

  async #start(
    { partition, topic }: { readonly topic: string; readonly partition: number },
    from: FeedOptions['from'],
  ): Promise<ReadStart & { readonly offset: bigint }> {
    const known = this.#positions.get(`${topic}/${partition}`);
    if (known !== undefined) return { topic, partition, offset: known };
    const { admin } = this.#options.bus;
    const first = await admin.offset(topic, partition, 'earliest');
    if (from === 'earliest') return { topic, partition, offset: first };
    // The end is asked first: what is written in between is then read, not passed over.
    const end = await admin.offset(topic, partition, 'latest');
    const offset =
      'newest' in from ? end - BigInt(from.newest) : await this.#at(topic, partition, from, end);
    if (offset > first) this.#isWhole = false;
    return { topic, partition, offset: offset > first ? offset : first };
  }

  async #at(
    topic: string,
    partition: number,
    from: { readonly atMs: number },
    end: bigint,
  ): Promise<bigint> {
    const at = await this.#options.bus.admin.offset(topic, partition, from);
    return at < 0n ? end : at;
  }

  async #ends(): Promise<{ readonly at: string; readonly end: bigint }[]> {
    const { admin } = this.#options.bus;
    const found = await admin.topics(this.#options.topics);
    const ends = found.map(async ({ name, partitions }) => {
      // Partitions that were added are the feed's from its next beginning on.
      const own = partitions
        .map(({ partition }) => partition)
        .filter((partition) => this.#positions.has(`${name}/${partition}`));
      const latest = own.length === 0 ? [] : await admin.offsets(name, own, 'latest');
      return own.map((partition, n) => ({ at: `${name}/${partition}`, end: latest[n] }));
    });
    return (await Promise.all(ends)).flat();
  }

  /** Resolves when anything was handed over. */
  async #moved(signal: AbortSignal): Promise<void> {
    const moved = Promise.withResolvers<void>();
    this.#waiting.add(moved.resolve);
    signal.addEventListener('abort', () => moved.resolve(), { once: true });
    await moved.promise;
    this.#waiting.delete(moved.resolve);
  }

  async #read(
    starts: readonly (ReadStart & { readonly offset: bigint })[],
    until: 'end' | AbortSignal,
  ): Promise<void> {
    const { bus, onRecord } = this.#options;
    const bound = until === 'end' ? { until } : { signal: until };
    for await (const { nextOffset, partition, records, topic } of bus.read({
      starts,
      restMs: REST_MS,
      ...bound,
    })) {
      for (const record of records) onRecord(topic, record);
      this.#positions.set(`${topic}/${partition}`, nextOffset);
      for (const tell of this.#waiting) tell();
    }
    if (until !== 'end') return;
    // Partitions without a record have no chunk; they go on where they began.
    for (const { offset, partition, topic } of starts)
      if (!this.#positions.has(`${topic}/${partition}`))
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
