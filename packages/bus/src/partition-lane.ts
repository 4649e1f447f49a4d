import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { BatchPace } from './batch-pace.ts';
import type { Fetcher, FetchSource } from './fetcher.ts';
import { errorWord, finalRefusal, isFenced, refuse } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import { LaneBuffer, type TakenRecords } from './lane-buffer.ts';
import { startOfLane } from './lane-start.ts';
import type {
  LaneState,
  LaneStatus,
  StageBatch,
  StageLimits,
  StageOptions,
} from './stage-options.ts';
import { StageOutputs } from './stage-outputs.ts';
import { topicLimit } from './topic-settings.ts';
import type { PartitionOutput, TransactionSession } from './transaction-session.ts';
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
  /** Number of the last question put to the group. */
  asked(): number;
  /** Number of the last question whose answer confirmed that this partition is ours. */
  confirmed(): number;
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
  #topicId: Buffer = Buffer.alloc(16);
  #lostAt: bigint | null = null;
  /** Last question to the group when another session ended ours; null while none did. */
  #fencedAt: number | null = null;
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

  /** Resolves when the lane has ended; never rejects. */
  start(): Promise<void> {
    this.#done = this.#run();
    return this.#done;
  }

  /** Ends after the transaction under way, or without waiting for it when that takes too long. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    this.#signal();
    const bound = new AbortController();
    const late = sleep(withinMs, undefined, { signal: bound.signal }).catch(() => undefined);
    await Promise.race([this.#done, late]);
    bound.abort();
  }

  /** Fetches are for this life of the topic, so that no other one's records are taken for its. */
  get topicId(): Buffer {
    return this.#topicId;
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
      if (range.nextOffset > this.#buffer.nextOffset) this.#buffer.push(range, range.sizeBytes);
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
    const records = range.records.slice(0, range.records.countBefore(until));
    return { ...range, records, nextOffset: until };
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
    this.#context.options.closed?.(this.partition);
  }

  async #open(): Promise<TransactionSession> {
    const { link, options, limits } = this.#context;
    await this.#ownershipConfirmed();
    const begin = await startOfLane(link, this, options, limits, this.#stopping.signal);
    const { accounted, logEnd, logStart, position } = begin;
    if (position < logStart || position > logEnd) throw this.#lost(logStart, position);
    this.#committed = position;
    this.#accounted = accounted;
    this.#topicId = begin.topicId;
    this.#lastStable = logEnd;
    this.#buffer = new LaneBuffer(position);
    this.#failure = null;
    await options.opened?.(this.partition, this.#stopping.signal);
    return begin.session;
  }

  /**
   * Precondition: after being fenced, the group has confirmed since that the partition is ours. Only
   * what was asked after the fencing counts: an older answer may have waited in a socket.
   */
  async #ownershipConfirmed(): Promise<void> {
    while (this.#fencedAt !== null && this.#context.confirmed() <= this.#fencedAt) {
      this.#stopping.signal.throwIfAborted();
      await sleep(50);
    }
    this.#fencedAt = null;
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
    const idleMs = Math.min(IDLE_COMMIT_MS, this.#untilWantedMs());
    if (this.#buffer.nextOffset === this.#committed) await this.#signalled(idleMs);
    const isWanted = this.#buffer.recordCount > 0 || this.#untilWantedMs() <= 0;
    if (!isWanted && this.#buffer.nextOffset === this.#committed) return null;
    const dueMs = pace.dueMs(isWanted ? undefined : IDLE_COMMIT_MS);
    while (!isFull() && performance.now() < dueMs && !this.#isStopped && this.#failure === null) {
      await this.#signalled(dueMs - performance.now());
    }
    if (this.#isStopped || this.#failure !== null || this.#context.pausedBy() !== '') return null;
    return this.#buffer.take(pace.maxRecords, pace.maxBytes);
  }

  /** How long the transform can wait without a record; for ever, when it does not say. */
  #untilWantedMs(): number {
    const atMs = this.#context.options.wantedMs?.(this.partition);
    return atMs === undefined ? Infinity : Math.max(0, atMs - Date.now());
  }

  async #commit(session: TransactionSession, taken: TakenRecords): Promise<void> {
    const startMs = performance.now();
    this.#pace.onStarted(startMs);
    if (taken.records.length === 0 && this.#untilWantedMs() > 0) {
      // Only markers and aborted records: the offset moves, the accounted range does not.
      await session.commit([], taken.nextOffset, this.#accounted.toString());
      this.#committed = taken.nextOffset;
      return;
    }
    const batch: StageBatch = {
      topic: this.topic,
      partition: this.partition,
      incarnation: this.#topicId.subarray(0, 4),
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
      const lacking = options.transform({ ...batch, oversized }, this.#outputs);
      if (lacking !== undefined) {
        await lacking;
        continue;
      }
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
    const { partition, topic } = this;
    const reason = finalRefusal(error, { topic, partition }) ?? error;
    const code = errorWord(reason);
    if (isFenced(error)) this.#fencedAt = this.#context.asked();
    const isOurs = reason instanceof SealstreamError;
    options.observer?.onAborted?.(partition, code, isFenced(error));
    link.logger.warn({ topic, partition, code }, 'batch not committed');
    if (isOurs && !reason.retryable) {
      this.#enter('paused', code);
      this.#stopping.abort();
      this.#context.fail(reason);
      return;
    }
    // What the broker refuses now and then passes by itself; what is ours has a name to show.
    if (isOurs) this.#enter('paused', code);
    else this.#state = 'starting';
    await this.#recover(error);
    await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Whatever recovering itself meets: the batch is tried again and says what is still missing. */
  async #recover(error: unknown): Promise<void> {
    try {
      await this.#context.options.recover?.(error);
    } catch (reason) {
      this.#context.link.logger.warn({ code: errorWord(reason) }, 'not recovered');
    }
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
