import { type Condition, type Rule, seconds } from './condition.ts';

const ID = 'audit-stale/audit';

/**
 * Rule audit-stale: the audit service is alive while it signs a checkpoint at least every maxAgeMs.
 *
 * Before the first one the watcher's own start counts as the last, so that a fresh stack has time.
 * Only the age is judged here; signatures are verified by `sealstream audit verify`.
 */
export class CheckpointAge implements Rule {
  readonly #maxAgeMs: number;
  readonly #startedMs: number;
  #lastMs: number | null = null;

  constructor(startedMs: number, maxAgeMs: number) {
    this.#startedMs = startedMs;
    this.#maxAgeMs = maxAgeMs;
  }

  /** A checkpoint of that time; one that claims to be from the future is taken as of now. */
  checkpoint(atMs: number, nowMs: number): void {
    this.#lastMs = Math.max(Math.min(atMs, nowMs), this.#lastMs ?? 0);
  }

  /** null before the first one. */
  ageMs(nowMs: number): number | null {
    return this.#lastMs === null ? null : nowMs - this.#lastMs;
  }

  conditions(nowMs: number): Condition[] {
    const sinceMs = Math.max(this.#lastMs ?? 0, this.#lastMs === null ? this.#startedMs : 0);
    const isStale = nowMs - sinceMs >= this.#maxAgeMs;
    return [
      {
        id: ID,
        rule: 'audit-stale',
        service: 'audit',
        signal: isStale ? 'bad' : this.#lastMs === null ? 'hold' : 'good',
        expected: `a signed checkpoint younger than ${seconds(this.#maxAgeMs)}`,
        seen:
          this.#lastMs === null
            ? 'none since this watcher started'
            : `the newest is ${seconds(nowMs - this.#lastMs)} old`,
        sinceMs,
      },
    ];
  }
}
