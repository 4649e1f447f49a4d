/** Where a record stood on raw. */
export interface Origin {
  readonly partition: number;
  readonly offset: bigint;
}

/** What a reader of committed records did not see once and in order. */
export interface Verdict {
  /** Written, and never seen. */
  readonly lost: number;
  /** Seen again, each time. */
  readonly doubled: number;
  /** Seen for the first time after a later one, or in another partition than they came from. */
  readonly reordered: number;
}

/** A stretch of time, by performance.now(). */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a reader of committed records saw of an output topic, and when. */
export class Sightings {
  /** How often each raw record was seen, by partition and offset. */
  readonly #times: readonly number[][];
  readonly #highest: bigint[];
  /** When something new was seen in each partition. */
  readonly #momentsMs: readonly number[][];
  #different = 0;
  #reordered = 0;

  constructor(partitions: number) {
    this.#times = Array.from({ length: partitions }, () => []);
    this.#highest = Array.from({ length: partitions }, () => -1n);
    this.#momentsMs = Array.from({ length: partitions }, () => []);
  }

  /** A record stands in this partition of the output, behind all that were added before. */
  add(partition: number, origin: Origin, atMs: number): void {
    const times = this.#times[origin.partition];
    const index = Number(origin.offset);
    const before = times[index] ?? 0;
    times[index] = before + 1;
    if (before > 0) return;
    this.#different += 1;
    const isBehind = origin.offset < this.#highest[origin.partition];
    if (isBehind || partition !== origin.partition) this.#reordered += 1;
    else this.#highest[partition] = origin.offset;
    const moments = this.#momentsMs[partition];
    if (moments.at(-1) !== atMs) moments.push(atMs);
  }

  /** Raw records that were seen at all. */
  get different(): number {
    return this.#different;
  }

  /** Whether each partition was seen. */
  get isEverywhere(): boolean {
    return this.#momentsMs.every((moments) => moments.length > 0);
  }

  /** @param written how many records each partition of raw got, at the offsets from 0 on */
  judge(written: readonly number[]): Verdict {
    let lost = 0;
    let doubled = 0;
    for (const [partition, count] of written.entries())
      for (let offset = 0; offset < count; offset += 1)
        if (this.#times[partition][offset] === undefined) lost += 1;
    for (const times of this.#times) for (const count of times) doubled += (count ?? 1) - 1;
    return { lost, doubled, reordered: this.#reordered };
  }

  /**
   * The longest time in milliseconds between two sightings in one of these partitions, from the last
   * one before the span on, and up to the span's end where a pause lasts longer: what follows then is
   * of another cause.
   *
   * Precondition: something is written to each partition all the while.
   *
   * Throws RangeError when no partition is named, or one was not seen before the span.
   */
  longestPauseMs(partitions: readonly number[], { fromMs, untilMs }: Span): number {
    if (partitions.length === 0) throw new RangeError('no partition to look at');
    const pauses = partitions.map((partition) => {
      const moments = this.#momentsMs[partition];
      const first = moments.findLastIndex((atMs) => atMs <= fromMs);
      if (first < 0) throw new RangeError(`partition ${partition} was not seen before`);
      let longest = 0;
      for (let n = first; n < moments.length && moments[n] < untilMs; n += 1)
        longest = Math.max(longest, Math.min(moments[n + 1] ?? untilMs, untilMs) - moments[n]);
      return longest;
    });
    return Math.max(...pauses);
  }
}
