import type { WatchedStage } from '@sealstream/service';

import { type Condition, type Rule, seconds } from './condition.ts';

/**
 * Rule service-down: a service is alive while its consumer group has members.
 *
 * A service that was never seen alive is given graceMs from the start of the watcher, so that
 * starting everything at once is no alert. Where the group cannot be asked nothing changes.
 */
export class Liveness implements Rule {
  readonly #graceEndsMs: number;
  readonly #stages: { readonly watched: WatchedStage; members: number | null; aliveMs: number }[];

  constructor(stages: readonly WatchedStage[], startedMs: number, graceMs: number) {
    this.#graceEndsMs = startedMs + graceMs;
    this.#stages = stages.map((watched) => ({ watched, members: null, aliveMs: 0 }));
  }

  /** How many members the stage's group has; null when that could not be asked. */
  members(dataset: string, stage: string, members: number | null, nowMs: number): void {
    for (const entry of this.#stages) {
      if (entry.watched.dataset !== dataset || entry.watched.stage !== stage) continue;
      entry.members = members;
      if (members !== null && members > 0) entry.aliveMs = nowMs;
    }
  }

  /** For metrics: what is known now. */
  alive(): { readonly watched: WatchedStage; readonly isUp: boolean }[] {
    return this.#stages.flatMap(({ members, watched }) =>
      members === null ? [] : [{ watched, isUp: members > 0 }],
    );
  }

  conditions(nowMs: number): Condition[] {
    return this.#stages.map(({ aliveMs, members, watched }) => {
      const { dataset, stage } = watched;
      const isInGrace = aliveMs === 0 && nowMs < this.#graceEndsMs;
      return {
        id: `service-down/${dataset}/${stage}`,
        rule: 'service-down',
        dataset,
        service: stage,
        signal:
          members === null || (members === 0 && isInGrace) ? 'hold' : members > 0 ? 'good' : 'bad',
        expected: `at least one ${stage} process in its consumer group`,
        seen: seenOf(members, aliveMs, nowMs),
        ...(aliveMs === 0 ? {} : { sinceMs: aliveMs }),
      };
    });
  }
}

function seenOf(members: number | null, aliveMs: number, nowMs: number): string {
  if (members === null) return 'the group cannot be asked';
  if (members > 0) return `${members} in the group`;
  if (aliveMs === 0) return 'none since this watcher started';
  return `none; last seen ${seconds(nowMs - aliveMs)} ago`;
}
