import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { BatchPace } from './batch-pace.ts';
import type { Fetcher, FetchSource } from './fetcher.ts';
import { errorWord, isFenced, refuse } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import { LaneBuffer, type TakenRecords } from './lane-buffer.ts';
import { partitionOffset } from './offsets.ts';
import type {
  LaneState,
  LaneStatus,
  StageBatch,
  StageLimits,
  StageOptions,
} from './stage-options.ts';
import { StageOutputs } from './stage-outputs.ts';
import { topicLimit } from './topic-settings.ts';
import { type PartitionOutput, TransactionSession } from './transaction-session.ts';
import type { FetchedPartition } from './wire/fetch-request.ts';
import { type DecodedRange, decodeRecordBatches } from './wire/record-batch-decoder.ts';

const RETRY_MS = 200;
const RETRY_MAX_MS = 3000;
const IDLE_COMMIT_MS = 500;
const OFFSET_OUT_OF_RANGE = 1;
/** Asked for at once; a batch that is larger still comes whole. */
const FETCH_BYTES = 512 * 1024;

/** What a lane needs from its stage. */
export interface LaneContext {
  readonly link: KafkaLink;
  readonly fetcher: Fetcher;
  readonly options: StageOptions;
  readonly limits: StageLimits;
  /** When the group last confirmed that this partition is ours. */
  confirmedAt(): number;
  /** The operator's wish that nothing goes on; '' when there is none. */
  pausedBy(): string;
  /** Ends the stage: an error that trying again does not mend. */
  fail(error: unknown): void;
}

/**
 * One partition of a stage while this process owns it: fetch, transform, one transaction a batch.
 *
 * Order: a new session (which ends what an earlier owner left open), then the committed offset, then
 * the first fetch from there. After any doubt the same again, so only the committed offset is ever
 * believed and what was fetched ahead is thrown away.
 */
export class PartitionLane implements FetchSource {
  readonly topic: string;
  readonly partition: number;
  readonly #context: LaneContext;
  #buffer = new LaneBuffer(0n);
  #outputs: StageOutputs;
  readonly #pace: BatchPace;
  #isFetching = false;
  #failure: unknown = null;
  #state: LaneState = 'starting';
  #code = '';
  #committed = -1n;
  #accounted = 0n;
  #lastStable = 0n;
  #incarnation: Buffer = Buffer.alloc(4);
  #lostAt: bigint | null = null;
  #fencedAt = 0;
  #signal: () => void = () => undefined;
  readonly #stopping = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(topic: string, partition: number, context: LaneContext) {
    this.topic = topic;
    this.partition = partition;
    this.#context = context;
    this.#outputs = new StageOutputs(context.options.outputs);
    this.#pace = new BatchPace(context.limits);
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Ends after the transaction under way, or without waiting for it when that takes too long. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    this.#signal();
    await Promise.race([this.#done, sleep(withinMs)]);
  }

  status(): LaneStatus {
    return {
      partition: this.partition,
      state: this.#state,
      code: this.#code,
      committed: this.#committed,
      lastStableOffset: this.#lastStable,
      oldestWaiting: this.#buffer.oldestMs,
    };
  }

  /** Lets a lane that waits look again, after the operator's wish changed. */
  nudge(): void {
    this.#signal();
  }

  wish(): { offset: bigint; maxBytes: number } | null {
    if (!this.#isFetching) return null;
    const room = this.#context.limits.bufferBytes - this.#buffer.sizeBytes;
    const until = this.#context.options.until?.get(this.partition);
    if (until !== undefined && this.#buffer.nextOffset >= until) return null;
    return room <= 0 ? null : { offset: this.#buffer.nextOffset, maxBytes: FETCH_BYTES };
  }

  onFetched(part: FetchedPartition): void {
    try {
      if (part.errorCode === OFFSET_OUT_OF_RANGE) throw this.#lost(part.logStartOffset);
      refuse(part.errorCode);
      this.#lastStable = part.lastStableOffset;
      const range = this.#wanted(
        decodeRecordBatches(part.bytes, this.#buffer.nextOffset, part.aborted),
      );
      if (range.nextOffset > this.#buffer.nextOffset) this.#buffer.push(range, part.bytes.length);
    } catch (error) {
      this.#isFetching = false;
      this.#failure = error;
    }
    this.#signal();
  }

  /** Without what stands at or after the end of work that ends. */
  #wanted(range: DecodedRange): DecodedRange {
    const until = this.#context.options.until?.get(this.partition);
    if (until === undefined || range.nextOffset <= until) return range;
    const { records } = range;
    return { records: records.slice(0, records.countBefore(until)), nextOffset: until };
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    let waitMs = RETRY_MS;
    while (!this.#isStopped) {
      try {
        const session = await this.#open();
        await this.#work(session, () => {
          waitMs = RETRY_MS;
        });
      } catch (error) {
        this.#stopFetching();
        // A request that got no answer may still be on its way to a socket, with these bytes.
        this.#outputs = new StageOutputs(this.#context.options.outputs);
        if (this.#isStopped) break;
        await this.#afterFailure(error, waitMs);
        waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
      }
    }
    this.#stopFetching();
    this.#state = 'stopped';
  }

  async #open(): Promise<TransactionSession> {
    const { link, options, limits } = this.#context;
    await this.#ownershipConfirmed();
    await this.#checkOutputs();
    const session = await TransactionSession.open(link, {
      transactionalId: `${options.groupId}.${this.topic}.${this.partition}`,
      groupId: options.groupId,
      source: { topic: this.topic, partition: this.partition },
      transactionTimeoutMs: limits.transactionTimeoutMs,
    });
    const committed = await session.committed();
    const [start, end] = await Promise.all([
      partitionOffset(link, this.topic, this.partition, 'earliest'),
      partitionOffset(link, this.topic, this.partition, 'latest'),
    ]);
    const first = options.startFrom === 'latest' ? end : start;
    const position = committed.offset < 0n ? first : committed.offset;
    if (position < start || position > end) throw this.#lost(start, position);
    this.#committed = position;
    // Precondition: the metadata is the end of the last accounted range, when it is ours.
    this.#accounted = /^\d{1,19}$/.test(committed.metadata) ? BigInt(committed.metadata) : position;
    this.#incarnation = (await link.topic(this.topic)).id.subarray(0, 4);
    this.#lastStable = end;
    this.#buffer = new LaneBuffer(position);
    this.#failure = null;
    return session;
  }

  /** Precondition: after being fenced, the group has confirmed since that the partition is ours. */
  async #ownershipConfirmed(): Promise<void> {
    while (this.#fencedAt > 0 && this.#context.confirmedAt() <= this.#fencedAt) {
      if (this.#isStopped) return;
      await sleep(50);
    }
    this.#fencedAt = 0;
  }

  async #checkOutputs(): Promise<void> {
    for (const name of this.#context.options.outputs) {
      const topic = await this.#context.link.topic(name);
      if (topic.partitions.length <= this.partition) {
        this.#context.link.forgetTopic(name);
        throw new SealstreamError('TOPIC_TOO_FEW_PARTITIONS', { topic: name });
      }
    }
  }

  #lost(logStart: bigint, position = this.#buffer.nextOffset): SealstreamError {
    // Told once: the lane comes back here at every try until somebody sets the offset.
    if (this.#lostAt !== position) {
      this.#context.options.observer?.onLost?.(this.partition, position, logStart);
    }
    this.#lostAt = position;
    const place = { topic: this.topic, partition: this.partition, from: position, to: logStart };
    return new SealstreamError('OFFSETS_LOST', place);
  }

  #stopFetching(): void {
    this.#isFetching = false;
    this.#context.fetcher.remove(this);
  }

  async #work(session: TransactionSession, onProgress: () => void): Promise<void> {
    this.#isFetching = true;
    this.#context.fetcher.add(this);
    while (!this.#isStopped) {
      if (this.#failure !== null) throw this.#failure;
      const pausedBy = this.#context.pausedBy();
      if (pausedBy !== '') {
        this.#enter('paused', pausedBy);
        await this.#signalled(1000);
        continue;
      }
      const taken = await this.#nextRecords();
      if (taken === null) {
        this.#enter('running', '');
        continue;
      }
      await this.#commit(session, taken);
      this.#enter('running', '');
      onProgress();
      this.#context.fetcher.wake();
    }
  }

  /** The next batch, once it is full or its time has come; null when there is nothing yet. */
  async #nextRecords(): Promise<TakenRecords | null> {
    const pace = this.#pace;
    const isFull = () => pace.isFull(this.#buffer.recordCount, this.#buffer.sizeBytes);
    if (this.#buffer.nextOffset === this.#committed) await this.#signalled(IDLE_COMMIT_MS);
    const hasRecords = this.#buffer.recordCount > 0;
    if (!hasRecords && this.#buffer.nextOffset === this.#committed) return null;
    const dueMs = pace.dueMs(hasRecords ? undefined : IDLE_COMMIT_MS);
    while (!isFull() && Date.now() < dueMs && !this.#isStopped && this.#failure === null) {
      await this.#signalled(dueMs - Date.now());
    }
    if (this.#isStopped || this.#failure !== null || this.#context.pausedBy() !== '') return null;
    return this.#buffer.take(pace.maxRecords, pace.maxBytes);
  }

  async #commit(session: TransactionSession, taken: TakenRecords): Promise<void> {
    const startMs = performance.now();
    this.#pace.onStarted(Date.now());
    if (taken.records.length === 0) {
      // Only markers and aborted records: the offset moves, the accounted range does not.
      await session.commit([], taken.nextOffset, this.#accounted.toString());
      this.#committed = taken.nextOffset;
      return;
    }
    const batch: StageBatch = {
      topic: this.topic,
      partition: this.partition,
      incarnation: this.#incarnation,
      records: taken.records,
      from: this.#accounted,
      to: taken.nextOffset,
      oversized: new Set(),
    };
    await this.#transform(batch);
    await session.commit(this.#written(), taken.nextOffset, taken.nextOffset.toString());
    this.#committed = taken.nextOffset;
    this.#accounted = taken.nextOffset;
    const tookMs = performance.now() - startMs;
    this.#pace.onCommitted(taken.records.length, taken.sizeBytes, tookMs);
    const outputs = [...this.#outputs.filled()].map(([topic, records]) => ({ topic, records }));
    this.#context.options.observer?.onCommitted?.(batch, outputs, tookMs / 1000);
  }

  /** Leaves what the batch becomes in `#outputs`; asks again when records are too large. */
  async #transform(batch: StageBatch): Promise<void> {
    const { link, options } = this.#context;
    const limits = new Map<string, number>();
    for (const topic of options.outputs) limits.set(topic, await topicLimit(link, topic));
    const oversized = new Set<number>();
    for (;;) {
      this.#outputs.reset(limits, Date.now());
      options.transform({ ...batch, oversized }, this.#outputs);
      const over = this.#outputs.oversized();
      if (over === undefined) return;
      const known = over.offsets.some((offset) => offset < 0 || oversized.has(offset));
      if (known) throw new SealstreamError('TOPIC_LIMITS', { topic: over.topic });
      for (const offset of over.offsets) oversized.add(offset);
    }
  }

  #written(): PartitionOutput[] {
    const { partition } = this;
    return [...this.#outputs.filled()].map(([topic, writer]) => {
      return { topic, partition, batches: writer.pieces() };
    });
  }

  async #afterFailure(error: unknown, waitMs: number): Promise<void> {
    const { options, link } = this.#context;
    const code = errorWord(error);
    if (isFenced(error)) this.#fencedAt = Date.now();
    const isOurs = error instanceof SealstreamError;
    options.observer?.onAborted?.(this.partition, code, isFenced(error));
    link.logger.warn({ topic: this.topic, partition: this.partition, code }, 'batch not committed');
    if (isOurs && !error.retryable) {
      this.#enter('paused', code);
      this.#stopping.abort();
      this.#context.fail(error);
      return;
    }
    // What the broker refuses now and then passes by itself; what is ours has a name to show.
    if (isOurs) this.#enter('paused', code);
    else this.#state = 'starting';
    await options.recover?.(error);
    await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #enter(state: LaneState, code: string): void {
    if (this.#state === state && this.#code === code) return;
    this.#state = state;
    this.#code = code;
    if (state === 'paused') this.#context.options.observer?.onPaused?.(this.partition, code);
    if (state === 'running') this.#context.options.observer?.onRunning?.(this.partition);
  }

  async #signalled(ms: number): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      this.#signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#signal = () => undefined;
  }
}
