import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import type { Fetcher, FetchSource } from './fetcher.ts';
import { refuse } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import { partitionOffset } from './offsets.ts';
import type { KafkaRecord } from './records.ts';
import type { FetchedPartition } from './wire/fetch-request.ts';
import { decodeRecordBatches } from './wire/record-batch-decoder.ts';

/** A partition to read, and from where. */
export interface ReadStart {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint | 'earliest' | 'latest';
}

export interface ReadOptions {
  readonly starts: readonly ReadStart[];
  /** `end`: stop where each partition's last stable offset stood at the call. Default: go on. */
  readonly until?: 'end';
  /**
   * Once all is read that was there, how long to wait before asking again; default 0. Who need not
   * know at once spares the broker a fetch for each few records that others write.
   */
  readonly restMs?: number;
  readonly signal?: AbortSignal;
}

/** Some records of one partition, in order. */
export interface ReadChunk {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** Where this partition goes on, control and aborted records passed. */
  readonly nextOffset: bigint;
  readonly lastStableOffset: bigint;
}

const QUEUE_CHUNKS = 4;
const LOOK_MS = 1000;
const OFFSET_OUT_OF_RANGE = 1;

class ReaderSource implements FetchSource {
  readonly topic: string;
  readonly partition: number;
  readonly end: bigint | null;
  position: bigint;
  /** Whether nothing was left behind what came last. */
  isCaughtUp = false;
  readonly #deliver: (chunk: ReadChunk) => void;
  readonly #fail: (error: unknown) => void;
  readonly #hasRoom: () => boolean;

  constructor(
    at: { topic: string; partition: number; position: bigint; end: bigint | null },
    deliver: (chunk: ReadChunk) => void,
    fail: (error: unknown) => void,
    hasRoom: () => boolean,
  ) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.position = at.position;
    this.end = at.end;
    this.#deliver = deliver;
    this.#fail = fail;
    this.#hasRoom = hasRoom;
  }

  get isDone(): boolean {
    return this.end !== null && this.position >= this.end;
  }

  wish(): { offset: bigint; maxBytes: number } | null {
    if (this.isDone || !this.#hasRoom()) return null;
    return { offset: this.position, maxBytes: 1024 * 1024 };
  }

  onFetched(part: FetchedPartition): void {
    try {
      const place = { topic: this.topic, partition: this.partition, from: this.position };
      if (part.errorCode === OFFSET_OUT_OF_RANGE) throw new SealstreamError('OFFSETS_LOST', place);
      refuse(part.errorCode);
      const { records, nextOffset } = decodeRecordBatches(part.bytes, this.position, part.aborted);
      this.isCaughtUp = nextOffset >= part.lastStableOffset;
      if (nextOffset === this.position) return;
      this.position = nextOffset;
      const { topic, partition, end } = this;
      const wanted = end === null ? records : records.slice(0, records.countBefore(end));
      const { lastStableOffset } = part;
      this.#deliver({ topic, partition, records: [...wanted], nextOffset, lastStableOffset });
    } catch (error) {
      this.#fail(error);
    }
  }
}

/**
 * Reads partitions without a group, committed records only, in order per partition. Ends at `until`
 * or when the signal aborts; throws OFFSETS_LOST when records at the position are gone.
 */
export async function* readPartitions(
  link: KafkaLink,
  fetcher: Fetcher,
  options: ReadOptions,
): AsyncGenerator<ReadChunk> {
  const queue: ReadChunk[] = [];
  let failure: unknown = null;
  let wake: () => void = () => undefined;
  let restUntilMs = 0;
  const deliver = (chunk: ReadChunk) => {
    queue.push(chunk);
    if (sources.every((source) => source.isCaughtUp))
      restUntilMs = performance.now() + (options.restMs ?? 0);
    wake();
  };
  const fail = (error: unknown) => {
    failure = error;
    wake();
  };
  const hasRoom = () =>
    queue.length < QUEUE_CHUNKS && failure === null && performance.now() >= restUntilMs;
  const sources = await Promise.all(
    options.starts.map(async ({ topic, partition, offset }) => {
      const at = (query: 'earliest' | 'latest') => partitionOffset(link, topic, partition, query);
      const position = typeof offset === 'bigint' ? offset : await at(offset);
      const end = options.until === 'end' ? await at('latest') : null;
      return new ReaderSource({ topic, partition, position, end }, deliver, fail, hasRoom);
    }),
  );
  options.signal?.addEventListener('abort', () => wake());
  for (const source of sources) fetcher.add(source);
  try {
    for (;;) {
      if (options.signal?.aborted === true) return;
      const chunk = queue.shift();
      if (chunk !== undefined) {
        if (queue.length === QUEUE_CHUNKS - 1) fetcher.wake();
        yield chunk;
        continue;
      }
      if (failure !== null) throw failure;
      if (sources.every((source) => source.isDone)) return;
      const signalled = new Promise<void>((resolve) => {
        wake = resolve;
      });
      fetcher.wake();
      const restMs = Math.ceil(restUntilMs - performance.now());
      await Promise.race([signalled, sleep(restMs > 0 ? restMs : LOOK_MS)]);
    }
  } finally {
    for (const source of sources) fetcher.remove(source);
  }
}
