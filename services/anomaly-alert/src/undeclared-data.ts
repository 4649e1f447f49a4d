import type { BatchEvent } from '@sealstream/contracts';

import type { Condition, Rule } from './condition.ts';

interface Seen {
  readonly classes: ReadonlySet<string>;
  readonly records: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstOffset: string;
}

function seen(records: number, classes: ReadonlySet<string>): string {
  const what = records === 1 ? '1 record' : `${records} records`;
  return `${what} in which a field looks like ${[...classes].sort().join(', ')}`;
}

/**
 * Rule undeclared-personal-data: ingest accepted records with a field that the policy does not name
 * and that looks personal. It is dropped or sealed, so nothing is lost to readers; but somebody sends
 * what nobody has decided about. Stays until holdMs after the last such record.
 */
export class UndeclaredData implements Rule {
  readonly #holdMs: number;
  readonly #seen = new Map<string, Seen>();

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  batch({ dataset, partition, range, undeclared }: BatchEvent, atMs: number): void {
    const entries = Object.entries(undeclared ?? {});
    if (entries.length === 0) return;
    const before = this.#seen.get(dataset);
    // What was seen before the hold ended belongs to an alert that is over.
    const goesOn = before !== undefined && atMs - before.lastMs < this.#holdMs;
    const records = entries.reduce((sum, [, count]) => sum + count, 0);
    this.#seen.set(dataset, {
      classes: new Set([...(goesOn ? before.classes : []), ...entries.map(([name]) => name)]),
      records: (goesOn ? before.records : 0) + records,
      firstMs: goesOn ? before.firstMs : atMs,
      lastMs: atMs,
      firstOffset: goesOn ? before.firstOffset : `${partition}:${range.from}`,
    });
  }

  conditions(nowMs: number): Condition[] {
    return [...this.#seen].map(([dataset, { classes, firstMs, firstOffset, lastMs, records }]) => ({
      id: `undeclared-personal-data/${dataset}`,
      rule: 'undeclared-personal-data',
      dataset,
      signal: nowMs - lastMs < this.#holdMs ? 'bad' : 'good',
      expected: 'fields that the policy does not name hold nothing personal',
      seen: seen(records, classes),
      sinceMs: firstMs,
      firstOffset,
    }));
  }
}
