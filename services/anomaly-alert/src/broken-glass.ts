import type { PlainEvent } from '@sealstream/contracts';

import type { Condition, Rule } from './condition.ts';

interface Breaks {
  readonly count: number;
  /** What was done, by whom and why, the last time. */
  readonly last: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

const TEXT_MAX = 200;

/**
 * Rule break-glass: somebody went around access with the operator's own credentials.
 *
 * It may have been right, and somebody else has to say so: it stays until holdMs after the last time.
 */
export class BrokenGlass implements Rule {
  readonly #holdMs: number;
  #breaks: Breaks | undefined;

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  event({ actor, details }: Pick<PlainEvent, 'actor' | 'details'>, atMs: number): void {
    const before = this.#breaks;
    // What happened before the hold ended belongs to an alert that is over.
    const goesOn = before !== undefined && atMs - before.lastMs < this.#holdMs;
    const { command, reason } = details;
    this.#breaks = {
      count: (goesOn ? before.count : 0) + 1,
      last: `${text(command)} by ${text(actor)}: ${text(reason)}`,
      firstMs: goesOn ? before.firstMs : atMs,
      lastMs: atMs,
    };
  }

  conditions(nowMs: number): Condition[] {
    const breaks = this.#breaks;
    if (breaks === undefined) return [];
    const { count, firstMs, last, lastMs } = breaks;
    return [
      {
        id: 'break-glass/cli',
        rule: 'break-glass',
        service: 'cli',
        signal: nowMs - lastMs < this.#holdMs ? 'bad' : 'good',
        expected: 'commands go through access',
        seen: count === 1 ? last : `${count} times; the last: ${last}`,
        sinceMs: firstMs,
      },
    ];
  }
}

function text(value: string | number | boolean | undefined): string {
  return String(value ?? 'unknown').slice(0, TEXT_MAX);
}
