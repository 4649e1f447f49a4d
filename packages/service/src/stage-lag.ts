/** One stage of one dataset and the topic that it reads. */
export interface WatchedStage {
  readonly dataset: string;
  readonly stage: string;
  readonly topic: string;
}

/** How one partition stood when it was asked. */
export interface LagSample {
  readonly partition: number;
  /** The last stable offset: transactions before it are decided. */
  readonly stable: bigint;
  /** The group's committed position. */
  readonly committed: bigint;
}

/** A stage's lag: the sum over its partitions, and the age of the oldest unread record. */
export interface Lag {
  readonly records: number;
  readonly ageMs: number;
  /** `partition:offset` of the oldest unread record. */
  readonly first: string | null;
}

const MOST_STEPS = 512;

/**
 * How far stages are behind: last stable offset minus committed position, in records and in time.
 *
 * Time is that since the last stable offset was first seen beyond the committed position, so no record
 * is read for it; whoever has just started can only say less than the truth. Transaction markers count
 * as records until the stage commits past them, at most half a second later. Memory is bounded; pure.
 */
export class StageLags {
  readonly #stages: readonly StageLag[];

  constructor(stages: readonly WatchedStage[]) {
    this.#stages = stages.map((watched) => new StageLag(watched));
  }

  /** New figures of every partition of a stage. */
  sample({ dataset, stage }: WatchedStage, samples: readonly LagSample[], nowMs: number): void {
    this.#find(dataset, stage)?.sample(samples, nowMs);
  }

  /** Figures could not be had: nothing is known until they can. */
  unknown({ dataset, stage }: WatchedStage): void {
    this.#find(dataset, stage)?.forget();
  }

  /** Of one stage; null while nothing is known. */
  of({ dataset, stage }: Pick<WatchedStage, 'dataset' | 'stage'>, nowMs: number): Lag | null {
    return this.#find(dataset, stage)?.lag(nowMs) ?? null;
  }

  #find(dataset: string, stage: string): StageLag | undefined {
    return this.#stages.find(
      ({ watched }) => watched.dataset === dataset && watched.stage === stage,
    );
  }
}

class StageLag {
  readonly watched: WatchedStage;
  readonly #partitions = new Map<number, PartitionLag>();
  #isKnown = false;

  constructor(watched: WatchedStage) {
    this.watched = watched;
  }

  sample(samples: readonly LagSample[], nowMs: number): void {
    this.#isKnown = true;
    for (const sample of samples) {
      const partition = this.#partitions.get(sample.partition) ?? new PartitionLag();
      this.#partitions.set(sample.partition, partition);
      partition.sample(sample, nowMs);
    }
  }

  forget(): void {
    this.#isKnown = false;
  }

  lag(nowMs: number): Lag | null {
    if (!this.#isKnown) return null;
    let [records, ageMs, first]: [number, number, string | null] = [0, 0, null];
    for (const [partition, { behindSinceMs, committed, records: behind }] of this.#partitions) {
      records += behind;
      if (behindSinceMs === null) continue;
      const itsAgeMs = nowMs - behindSinceMs;
      if (first === null || itsAgeMs > ageMs) first = `${partition}:${committed}`;
      ageMs = Math.max(ageMs, itsAgeMs);
    }
    return { records, ageMs, first };
  }
}

/** Remembers when the last stable offset took each of its values that are not yet committed. */
class PartitionLag {
  #steps: { readonly atMs: number; readonly stable: bigint }[] = [];
  records = 0;
  committed = 0n;

  get behindSinceMs(): number | null {
    return this.#steps[0]?.atMs ?? null;
  }

  sample({ committed, stable }: LagSample, nowMs: number): void {
    this.committed = committed;
    this.records = Number(stable > committed ? stable - committed : 0n);
    const last = this.#steps.at(-1);
    if (last === undefined || stable > last.stable) this.#steps.push({ atMs: nowMs, stable });
    this.#steps = this.#steps.filter((step) => step.stable > committed);
    // Thinned from the second on: the first says how old the oldest unread record is.
    if (this.#steps.length > MOST_STEPS)
      this.#steps = this.#steps.filter((_, index) => index === 0 || index % 2 === 1);
  }
}
