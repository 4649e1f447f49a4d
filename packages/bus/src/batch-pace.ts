/** Limits of one stage's transactions. */
export interface PaceLimits {
  /** Most records of a transaction. */
  readonly batchRecords: number;
  /** Most fetched bytes of a transaction. */
  readonly batchBytes: number;
  /** Least time between the starts of two transactions, unless a batch is full. */
  readonly lingerMs: number;
  /** How long a transaction may take before the next ones become smaller. */
  readonly latencyMs: number;
}

/** The smallest share of the limits that slow transactions bring batches down to. */
const LEAST_SHARE = 1 / 16;
const GROWTH = 1.25;
/** The part of a partition's time that transactions which are not full may take. */
const BUSY = 0.5;
/** What the last transaction counts for in how long they take of late. */
const LAST = 0.25;
/** A record that costs so much more after batches shrank shows that their size was not the cause. */
const DEARER = 1.5;

/**
 * When the next transaction of a partition starts, and how much goes into it.
 *
 * A batch starts when it is full, or once `lingerMs` passed since the last one started: so a partition
 * has at most 1000 / lingerMs small transactions a second, and a record that comes after a pause waits
 * for nothing. Where small transactions take longer than half of that, since all cores are busy, they
 * start twice as long apart as they take (at most `latencyMs`): more of them at once would only wait for
 * each other.
 *
 * Full batches are as large as the limits while transactions take less than `latencyMs`, and shrink
 * while they take longer, unless smaller ones take as long: then it is not their size that is slow.
 * Pure: times come from outside, in milliseconds.
 */
export class BatchPace {
  readonly #limits: PaceLimits;
  #share = 1;
  /** What a byte cost when batches shrank last; no limit while they did not. */
  #costMs = Number.POSITIVE_INFINITY;
  /** How long small transactions take of late. */
  #tookMs = 0;
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  get maxRecords(): number {
    return Math.max(1, Math.floor(this.#limits.batchRecords * this.#share));
  }

  get maxBytes(): number {
    return Math.max(1, Math.floor(this.#limits.batchBytes * this.#share));
  }

  isFull(recordCount: number, sizeBytes: number): boolean {
    return recordCount >= this.maxRecords || sizeBytes >= this.maxBytes;
  }

  /** When a batch that is not full is due. */
  dueMs(lingerMs = this.#limits.lingerMs): number {
    const restMs = Math.min(this.#tookMs / BUSY, this.#limits.latencyMs);
    return this.#lastStartMs + Math.max(lingerMs, restMs);
  }

  onStarted(nowMs: number): void {
    this.#lastStartMs = nowMs;
  }

  /** Told what was committed and how long it took from its start. */
  onCommitted(recordCount: number, sizeBytes: number, tookMs: number): void {
    if (!this.isFull(recordCount, sizeBytes)) {
      this.#tookMs += (tookMs - this.#tookMs) * LAST;
      return;
    }
    const { latencyMs } = this.#limits;
    const costMs = tookMs / Math.max(1, sizeBytes);
    if (costMs > this.#costMs * DEARER) this.#grow(2);
    else if (tookMs > latencyMs) {
      this.#costMs = costMs;
      this.#share = Math.max(LEAST_SHARE, this.#share / 2);
    } else if (tookMs < latencyMs / 2) this.#grow(GROWTH);
  }

  #grow(factor: number): void {
    this.#costMs = Number.POSITIVE_INFINITY;
    this.#share = Math.min(1, this.#share * factor);
  }
}
