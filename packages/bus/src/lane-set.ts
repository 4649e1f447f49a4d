import type { TopicPartition } from './group-protocol.ts';

/** One partition's work. */
export interface Lane {
  /** Resolves when the work has ended; never rejects. */
  start(): Promise<void>;
  /** Begins nothing new; resolves when the work has ended, or when the time is over. */
  stop(withinMs: number): Promise<void>;
}

interface Entry<L> {
  readonly at: TopicPartition;
  readonly lane: L;
  /** Resolves when the lane has ended or had its time to; null while it is wanted. */
  givenUp: Promise<void> | null;
  /** It had its time: the partition may be another's, whatever this lane still waits for. */
  isReleased: boolean;
  hasEnded: boolean;
}

/**
 * The lanes of a stage: one for each partition that is wanted, begun only when an earlier one of the
 * same partition has really ended, so that two of one process never fence each other.
 */
export class LaneSet<L extends Lane> {
  readonly #open: (at: TopicPartition) => L;
  readonly #entries = new Map<string, Entry<L>>();
  #wanted: ReadonlyMap<string, TopicPartition> = new Map();

  constructor(open: (at: TopicPartition) => L) {
    this.#open = open;
  }

  /** Lanes of partitions that are wanted. */
  get running(): L[] {
    const entries = [...this.#entries.values()];
    return entries.filter(({ givenUp }) => givenUp === null).map(({ lane }) => lane);
  }

  /** Partitions that are worked on, or whose giving up has not ended. */
  get held(): TopicPartition[] {
    const entries = [...this.#entries.values()];
    return entries.filter(({ isReleased }) => !isReleased).map(({ at }) => at);
  }

  /**
   * From now on exactly these. Lanes of others begin nothing new and end with the transaction under
   * way; resolves when they have, or when the time given is over.
   */
  async want(partitions: readonly TopicPartition[], withinMs: number): Promise<void> {
    this.#wanted = new Map(partitions.map((at) => [`${at.topic}/${at.partition}`, at]));
    const ending: Promise<void>[] = [];
    for (const [name, entry] of this.#entries) {
      if (this.#wanted.has(name) && entry.givenUp === null) continue;
      entry.givenUp ??= this.#giveUp(name, entry, withinMs);
      ending.push(entry.givenUp);
    }
    this.#openWanted();
    await Promise.all(ending);
  }

  #openWanted(): void {
    for (const [name, at] of this.#wanted) {
      if (this.#entries.has(name)) continue;
      const lane = this.#open(at);
      const entry = { at, lane, givenUp: null, isReleased: false, hasEnded: false };
      this.#entries.set(name, entry);
      void this.#run(name, entry);
    }
  }

  async #run(name: string, entry: Entry<L>): Promise<void> {
    await entry.lane.start();
    entry.hasEnded = true;
    this.#clear(name, entry);
  }

  async #giveUp(name: string, entry: Entry<L>, withinMs: number): Promise<void> {
    await entry.lane.stop(withinMs);
    entry.isReleased = true;
    this.#clear(name, entry);
  }

  /** A lane that ended by itself stays to be seen until it is given up. */
  #clear(name: string, entry: Entry<L>): void {
    if (!entry.hasEnded || !entry.isReleased) return;
    this.#entries.delete(name);
    this.#openWanted();
  }
}
