import { setTimeout as sleep } from 'node:timers/promises';
import { errorWord } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import { type FetchedPartition, fetchRequest, type FetchWish } from './wire/fetch-request.ts';

/** Somebody who wants records of one partition. */
export interface FetchSource {
  readonly topic: string;
  readonly partition: number;
  /** The only life of the topic to fetch from; without it whatever has the name now. */
  readonly topicId?: Buffer;
  /** Where to fetch next and how much; null while nothing more is wanted. */
  wish(): { offset: bigint; maxBytes: number } | null;
  /** Takes what came; never throws. */
  onFetched(fetched: FetchedPartition): void;
}

const MAX_WAIT_MS = 100;
const MAX_BYTES = 2 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const RETRY_MS = 100;
/** Below this many bytes an answer is taken for a trickle, and the next fetch waits a moment. */
const TRICKLE_BYTES = 16 * 1024;
const TRICKLE_WAIT_MS = 5;

const MOVED = new Set([3, 5, 6, 9, 56, 74, 75, 78]);
/** No topic with that id is there, or not yet: for a source with an id of its own to judge. */
const OTHER_TOPIC = new Set([100, 103]);

/**
 * One fetch under way for each broker, for all partitions that want records: who does not drain its
 * buffer is left out, so a slow partition holds back no other.
 */
export class Fetcher {
  readonly #link: KafkaLink;
  readonly #readCommitted: boolean;
  readonly #sources = new Set<FetchSource>();
  readonly #leaders = new Map<FetchSource, number>();
  readonly #topicIds = new Map<string, Buffer>();
  readonly #busy = new Set<number>();
  #isStopped = false;
  #turn = 0;

  constructor(link: KafkaLink, readCommitted: boolean) {
    this.#link = link;
    this.#readCommitted = readCommitted;
  }

  add(source: FetchSource): void {
    this.#sources.add(source);
    void this.#place(source);
  }

  remove(source: FetchSource): void {
    this.#sources.delete(source);
    this.#leaders.delete(source);
  }

  stop(): void {
    this.#isStopped = true;
    this.#sources.clear();
  }

  /** To be called when a source that had no wish has one again. */
  wake(): void {
    for (const node of new Set(this.#leaders.values())) this.#poll(node);
  }

  async #place(source: FetchSource): Promise<void> {
    while (this.#sources.has(source)) {
      try {
        const node = await this.#link.leader(source.topic, source.partition);
        this.#topicIds.set(source.topic, (await this.#link.topic(source.topic)).id);
        if (!this.#sources.has(source)) return;
        this.#leaders.set(source, node);
        this.#poll(node);
        return;
      } catch (error) {
        this.#link.logger.debug(
          { topic: source.topic, partition: source.partition, code: errorWord(error) },
          'looking for the leader',
        );
        await sleep(RETRY_MS);
      }
    }
  }

  #poll(node: number): void {
    if (this.#busy.has(node)) return;
    this.#busy.add(node);
    void this.#run(node);
  }

  async #run(node: number): Promise<void> {
    try {
      while (!this.#isStopped) {
        const wanted = this.#wanted(node);
        if (wanted.size === 0) return;
        const sizeBytes = await this.#fetch(node, wanted);
        if (sizeBytes > 0 && sizeBytes < TRICKLE_BYTES) await sleep(TRICKLE_WAIT_MS);
      }
    } finally {
      // In one step with the last look: a source that comes a moment later starts a new run.
      this.#busy.delete(node);
    }
  }

  #wanted(node: number): Map<string, { source: FetchSource; wish: FetchWish }> {
    const wanted: [string, { source: FetchSource; wish: FetchWish }][] = [];
    for (const [source, leader] of this.#leaders) {
      const wish = leader === node ? source.wish() : null;
      if (wish === null) continue;
      const topicId = source.topicId ?? this.#topicIds.get(source.topic);
      if (topicId === undefined) continue;
      const { partition } = source;
      const entry = { source, wish: { topicId, partition, ...wish } };
      wanted.push([nameOf({ topicId, partition }), entry]);
    }
    // Brokers fill an answer in the order asked for: each fetch begins with another partition.
    this.#turn += 1;
    const first = wanted.length === 0 ? 0 : this.#turn % wanted.length;
    return new Map([...wanted.slice(first), ...wanted.slice(0, first)]);
  }

  async #fetch(
    node: number,
    wanted: Map<string, { source: FetchSource; wish: FetchWish }>,
  ): Promise<number> {
    try {
      const wishes = [...wanted.values()].map((entry) => entry.wish);
      const answer = await this.#link.send(
        node,
        fetchRequest({
          wishes,
          readCommitted: this.#readCommitted,
          maxWaitMs: MAX_WAIT_MS,
          maxBytes: MAX_BYTES,
          timeoutMs: TIMEOUT_MS,
        }),
      );
      let sizeBytes = 0;
      for (const part of answer.partitions) {
        const entry = wanted.get(nameOf(part));
        sizeBytes += part.bytes.length;
        if (entry !== undefined) this.#deliver(entry.source, entry.wish, part);
      }
      return sizeBytes;
    } catch (error) {
      this.#link.logger.debug({ code: errorWord(error) }, 'fetch failed, trying again');
      for (const { source } of wanted.values()) this.#move(source);
      await sleep(RETRY_MS);
      return 0;
    }
  }

  #deliver(source: FetchSource, asked: FetchWish, part: FetchedPartition): void {
    const isOther = OTHER_TOPIC.has(part.errorCode) && source.topicId === undefined;
    if (MOVED.has(part.errorCode) || isOther) {
      this.#move(source);
      return;
    }
    // A source that was moved elsewhere meanwhile does not take an answer to an older question.
    const isSame = source.topicId === undefined || source.topicId.equals(asked.topicId);
    const isNext = source.wish()?.offset === asked.offset;
    if (this.#sources.has(source) && isSame && isNext) source.onFetched(part);
  }

  #move(source: FetchSource): void {
    this.#link.forgetTopic(source.topic);
    this.#leaders.delete(source);
    void sleep(RETRY_MS).then(() => this.#place(source));
  }
}

function nameOf({ partition, topicId }: Pick<FetchWish, 'partition' | 'topicId'>): string {
  return `${topicId.toString('latin1')}/${partition}`;
}
