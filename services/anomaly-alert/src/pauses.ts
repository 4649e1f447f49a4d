import type { AuditEvent } from '@sealstream/contracts';
import { type Pause, type PausedAt, StagePauses, type WatchedStage } from '@sealstream/service';

import type { Condition, Rule } from './condition.ts';

/** Rule stage-paused: a partition of a stage is paused, and why. */
export class Pauses implements Rule {
  readonly #stages: readonly WatchedStage[];
  readonly #pauses: StagePauses;

  constructor(stages: readonly WatchedStage[], silentMs: number) {
    this.#stages = stages;
    this.#pauses = new StagePauses(stages, silentMs);
  }

  /** What the service of a topic says there. */
  take(service: string, event: AuditEvent, atMs: number): void {
    this.#pauses.take(service, event, atMs);
  }

  paused(at: PausedAt, pause: Pause): void {
    this.#pauses.paused(at, pause);
  }

  resumed(at: PausedAt): void {
    this.#pauses.resumed(at);
  }

  conditions(nowMs: number): Condition[] {
    return this.#stages.map((watched) => {
      const { dataset, stage, topic } = watched;
      const pauses = this.#pauses.of(watched, nowMs);
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
