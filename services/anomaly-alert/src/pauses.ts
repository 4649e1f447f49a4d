import type { Condition, Rule } from './condition.ts';
import type { WatchedStage } from './lag.ts';

/** One partition of a stage. */
export interface PausedAt {
  readonly dataset: string;
  readonly stage: string;
  readonly partition: number;
}

interface Pause {
  readonly code: string;
  readonly sinceMs: number;
  /** When the service last said so. */
  readonly toldMs: number;
}

/**
 * Rule stage-paused: a partition of a stage is paused, and why.
 *
 * A pause begins with a `paused` event, which the service repeats while it lasts. It ends with
 * `resumed`, with a batch of that partition from whoever owns it now, or when it was not repeated
 * for silentMs: the process that said it is gone, and the next owner says what is so.
 */
export class Pauses implements Rule {
  readonly #silentMs: number;
  readonly #stages: { readonly watched: WatchedStage; readonly pauses: Map<number, Pause> }[];

  constructor(stages: readonly WatchedStage[], silentMs: number) {
    this.#silentMs = silentMs;
    this.#stages = stages.map((watched) => ({ watched, pauses: new Map() }));
  }

  paused(at: PausedAt, pause: Pause): void {
    this.#find(at)?.pauses.set(at.partition, pause);
  }

  resumed(at: PausedAt): void {
    this.#find(at)?.pauses.delete(at.partition);
  }

  conditions(nowMs: number): Condition[] {
    return this.#stages.map(({ pauses, watched: { dataset, stage, topic } }) => {
      for (const [partition, { toldMs }] of pauses)
        if (nowMs - toldMs >= this.#silentMs) pauses.delete(partition);
      const sinceMs = Math.min(...[...pauses.values()].map((pause) => pause.sinceMs));
      return {
        id: `stage-paused/${dataset}/${stage}`,
        rule: 'stage-paused',
        dataset,
        topic,
        service: stage,
        signal: pauses.size > 0 ? 'bad' : 'good',
        expected: 'no partition paused',
        seen: seenOf(pauses),
        ...(pauses.size > 0 ? { sinceMs } : {}),
      };
    });
  }

  #find({ dataset, stage }: PausedAt) {
    return this.#stages.find(
      ({ watched }) => watched.dataset === dataset && watched.stage === stage,
    );
  }
}

function seenOf(pauses: ReadonlyMap<number, Pause>): string {
  if (pauses.size === 0) return 'none';
  const byCode = Map.groupBy(pauses, ([, { code }]) => code);
  return [...byCode]
    .map(([code, paused]) => {
      const partitions = paused.map(([number]) => number).sort((a, b) => a - b);
      return `${code} on partition ${partitions.join(', ')}`;
    })
    .join('; ');
}
