import type { Bus, KafkaRecord } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';

/** Offsets of the first step back, and of any. */
const STEP_FIRST = 64;
const STEP_MAX = 1024;
/** Steps are made so that one is about so many bytes. */
const STEP_BYTES = 4 * 1024 * 1024;

/** How much may be read, by several that share it. */
export class ReadBudget {
  /** Ends reads that get no answer. */
  readonly signal: AbortSignal;
  #records: number;
  #bytes: number;
  readonly #untilMs: number;

  constructor(most: { readonly records: number; readonly bytes: number; readonly ms: number }) {
    this.#records = most.records;
    this.#bytes = most.bytes;
    this.#untilMs = performance.now() + most.ms;
    // A step that has begun may go on for as long again.
    this.signal = AbortSignal.timeout(most.ms * 2);
  }

  get isSpent(): boolean {
    return this.#records <= 0 || this.#bytes <= 0 || performance.now() >= this.#untilMs;
  }

  count(bytes: number): void {
    this.#records -= 1;
    this.#bytes -= bytes;
  }
}

export interface BackwardStart {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is of interest. */
  readonly from: bigint;
  /** Behind the last one. */
  readonly before: bigint;
}

/** What is kept of a record. */
export interface PickedRecord<T> {
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly picked: T;
}

/**
 * The records of a partition from the newest back, in bounded steps.
 *
 * Promises: each committed record in [from, before) once, while the budget lasts; holds what was picked
 * of the records of one step, never the records.
 */
export class BackwardRecords<T> {
  readonly partition: number;
  readonly #bus: Pick<Bus, 'read'>;
  readonly #budget: ReadBudget;
  readonly #start: BackwardStart;
  readonly #pick: (record: KafkaRecord) => T;
  /** Everything from here on was read. */
  #readFrom: bigint;
  #step = STEP_FIRST;
  #held: PickedRecord<T>[] = [];
  #before: bigint;

  constructor(
    bus: Pick<Bus, 'read'>,
    start: BackwardStart,
    budget: ReadBudget,
    pick: (record: KafkaRecord) => T,
  ) {
    this.#bus = bus;
    this.#start = start;
    this.#budget = budget;
    this.#pick = pick;
    this.partition = start.partition;
    this.#readFrom = start.before;
    this.#before = start.before;
  }

  /** What stands at this offset and behind it was taken. */
  get before(): bigint {
    return this.#before;
  }

  /** Whether nothing is left. */
  get isDone(): boolean {
    return this.#before <= this.#start.from;
  }

  /**
   * The newest record that was not taken; undefined when there is none, or the budget is spent.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE when no answer comes for as long as the budget's time
   */
  async peek(): Promise<PickedRecord<T> | undefined> {
    while (this.#held.length === 0 && !this.isDone && !this.#budget.isSpent) await this.#back();
    return this.#held.at(-1);
  }

  take(): void {
    const record = this.#held.pop();
    this.#before = this.#held.length === 0 ? this.#readFrom : (record?.offset ?? this.#readFrom);
  }

  async #back(): Promise<void> {
    const { from, partition, topic } = this.#start;
    const { signal } = this.#budget;
    const end = this.#readFrom;
    const begin = end - BigInt(this.#step) > from ? end - BigInt(this.#step) : from;
    const starts = [{ topic, partition, offset: begin }];
    const found: PickedRecord<T>[] = [];
    let bytes = 0;
    let isWhole = false;
    for await (const chunk of this.#bus.read({ starts, until: 'end', signal })) {
      for (const record of chunk.records) {
        if (record.offset >= end) break;
        const { offset, timestamp } = record;
        found.push({ offset, atMs: Number(timestamp), picked: this.#pick(record) });
        const sizeBytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
        bytes += sizeBytes;
        this.#budget.count(sizeBytes);
      }
      isWhole = chunk.nextOffset >= end;
      if (isWhole) break;
    }
    if (!isWhole && signal.aborted) throw new SealstreamError('KAFKA_UNREACHABLE', { topic });
    const each = Math.max(1, bytes / Math.max(1, found.length));
    this.#step = Math.min(STEP_MAX, Math.max(1, Math.floor(STEP_BYTES / each)));
    this.#readFrom = begin;
    this.#held = found;
    if (found.length === 0) this.#before = begin;
  }
}
