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

/** How long a broker may wait for records before it answers that there are none. */
const WAIT_MS = 100;
/** The same once there were none: any record still ends the wait at once. */
const IDLE_WAIT_MS = 1000;
const MAX_BYTES = 2 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const RETRY_MS = 100;
/** Below this many bytes an answer is taken for a trickle, and the next fetch waits a moment. */
const TRICKLE_BYTES = 16 * 1024;
const TRICKLE_WAIT_MS = 5;
/** Between two looks at partitions that the waiting fetch does not ask for: at first, and at most. */
const BESIDE_MS = 10;
const BESIDE_MAX_MS = 80;

const MOVED = new Set([3, 5, 6, 9, 56, 74, 75, 78]);
/** No topic with that id is there, or not yet: for a source with an id of its own to judge. */
const OTHER_TOPIC = new Set([100, 103]);

/** What one fetch asks for, by name of the partition. */
type Wanted = Map<string, { readonly source: FetchSource; readonly wish: FetchWish }>;

/**
 * One fetch waits at each broker, for all partitions that want records: who does not drain its
 * buffer is left out, so a slow partition holds back no other.
 *
 * A partition that comes while a fetch waits for others does not wait with them: it is asked for
 * beside it, on the other connection and without waiting there, until the next fetch includes it. So
 * a fetch may wait for long, which is what keeps an idle process idle.
 */
export class Fetcher {
  readonly #link: KafkaLink;
  readonly #readCommitted: boolean;
  readonly #sources = new Set<FetchSource>();
  readonly #leaders = new Map<FetchSource, number>();
  readonly #topicIds = new Map<string, Buffer>();
  /** Which request has asked for a source and is not answered yet. */
  readonly #asked = new Map<FetchSource, Wanted>();
  readonly #busy = new Set<number>();
  /** Brokers at which a fetch waits, and those that are asked beside it. */
  readonly #waiting = new Set<number>();
  readonly #beside = new Set<number>();
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
    this.#asked.delete(source);
  }

  /** Ends what waits at brokers as well. */
  stop(): void {
    this.#isStopped = true;
    this.#sources.clear();
    this.#link.hangUpFetches();
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
    if (this.#waiting.has(node) && !this.#beside.has(node)) void this.#lookBeside(node);
    else if (!this.#busy.has(node)) void this.#run(node);
  }

  async #run(node: number): Promise<void> {
    let waitMs = WAIT_MS;
    this.#busy.add(node);
    try {
      while (!this.#isStopped) {
        const wanted = this.#wanted(node);
        if (wanted.size === 0) return;
        this.#waiting.add(node);
        const sizeBytes = await this.#fetch(node, wanted, waitMs);
        this.#waiting.delete(node);
        waitMs = sizeBytes === 0 ? IDLE_WAIT_MS : WAIT_MS;
        if (sizeBytes > 0 && sizeBytes < TRICKLE_BYTES) await sleep(TRICKLE_WAIT_MS);
      }
    } finally {
      // In one step with the last look: a source that comes a moment later starts a new run.
      this.#busy.delete(node);
    }
  }

  /** Asks for what the fetch that waits at a broker does not ask for, for as long as it waits. */
  async #lookBeside(node: number): Promise<void> {
    let pauseMs = BESIDE_MS;
    this.#beside.add(node);
    try {
      while (this.#waiting.has(node) && !this.#isStopped) {
        const wanted = this.#wanted(node);
        if (wanted.size === 0) return;
        const sizeBytes = await this.#fetch(node, wanted, 0);
        pauseMs = sizeBytes > 0 ? BESIDE_MS : Math.min(2 * pauseMs, BESIDE_MAX_MS);
        if (sizeBytes === 0) await sleep(pauseMs);
      }
    } finally {
      this.#beside.delete(node);
      // The other loop has ended if all that had a wish was asked for here.
      if (!this.#busy.has(node)) void this.#run(node);
    }
  }

  /** What has a wish that no request has taken up. */
  #wanted(node: number): Wanted {
    const wanted: [string, { source: FetchSource; wish: FetchWish }][] = [];
    for (const [source, leader] of this.#leaders) {
      const wish = leader === node && !this.#asked.has(source) ? source.wish() : null;
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

  /** Resolves to the bytes that came; never rejects. */
  async #fetch(node: number, wanted: Wanted, maxWaitMs: number): Promise<number> {
    for (const { source } of wanted.values()) this.#asked.set(source, wanted);
    try {
      const request = fetchRequest({
        wishes: Array.from(wanted.values(), (entry) => entry.wish),
        readCommitted: this.#readCommitted,
        maxWaitMs,
        maxBytes: MAX_BYTES,
        timeoutMs: TIMEOUT_MS,
      });
      const answer = await (maxWaitMs === 0
        ? this.#link.sendBesideFetches(node, request)
        : this.#link.send(node, request));
      this.#answered(wanted);
      let sizeBytes = 0;
      for (const part of answer.partitions) {
        const entry = wanted.get(nameOf(part));
        sizeBytes += part.bytes.length;
        if (entry !== undefined) this.#deliver(entry.source, entry.wish, part);
      }
      return sizeBytes;
    } catch (error) {
      this.#answered(wanted);
      if (this.#isStopped) return 0;
      this.#link.logger.debug({ code: errorWord(error) }, 'fetch failed, trying again');
      for (const { source } of wanted.values()) this.#move(source);
      await sleep(RETRY_MS);
      return 0;
    }
  }

  /** A source that was removed and came again meanwhile may have been asked for anew. */
  #answered(wanted: Wanted): void {
    for (const { source } of wanted.values())
      if (this.#asked.get(source) === wanted) this.#asked.delete(source);
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
