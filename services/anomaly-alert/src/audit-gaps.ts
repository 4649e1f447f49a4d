import type { Condition, Rule } from './condition.ts';

interface Gap {
  readonly expected: string;
  readonly seen: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Rule audit-gap: the audit service found a gap or a repeat in what an emitter said.
 *
 * A gap does not mend itself, so the alert stays until holdMs after the last one: long enough that
 * somebody has looked.
 */
export class AuditGaps implements Rule {
  readonly #holdMs: number;
  readonly #gaps = new Map<string, Gap>();

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  /** A gap of an emitter of that service. */
  gap(service: string, { atMs, expected, seen }: { atMs: number; expected: string; seen: string }) {
    const firstMs = this.#gaps.get(service)?.firstMs ?? atMs;
    this.#gaps.set(service, { expected, seen, firstMs, lastMs: atMs });
  }

  conditions(nowMs: number): Condition[] {
    return [...this.#gaps].map(([service, gap]) => ({
      id: `audit-gap/${service}`,
      rule: 'audit-gap',
      service,
      signal: nowMs - gap.lastMs < this.#holdMs ? 'bad' : 'good',
      expected: gap.expected,
      seen: gap.seen,
      sinceMs: gap.firstMs,
    }));
  }
}
