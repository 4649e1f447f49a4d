import type { AlertEvent } from '@sealstream/contracts';

import type { Signal } from './alert-state.ts';

/** What a rule says about one thing that it watches, at one look. */
export interface Condition {
  /** The alert's id; the same in every watcher and after every restart. */
  readonly id: string;
  readonly rule: AlertEvent['rule'];
  readonly dataset?: string;
  readonly topic?: string;
  readonly service?: string;
  readonly signal: Signal;
  readonly expected: string;
  readonly seen: string;
  /** Since when it is so, where the rule knows better than the first bad look. */
  readonly sinceMs?: number;
  /** `partition:offset` where it begins to show. */
  readonly firstOffset?: string;
}

/** A rule over what it was fed; pure but for what it remembers. */
export interface Rule {
  /**
   * @param isActive whether the alert of that id is pending or firing; a rule whose own evidence
   *   ages away (a rate, say) stays bad while it is
   */
  conditions(nowMs: number, isActive: (id: string) => boolean): Condition[];
}

/** Seconds with at most one decimal, for people. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(ms < 60_000 ? 1 : 0)} s`;
}
