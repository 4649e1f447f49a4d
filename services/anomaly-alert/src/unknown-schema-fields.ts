import type { PlainEvent } from '@sealstream/contracts';

import type { Condition, Rule } from './condition.ts';

interface Met {
  readonly schemas: ReadonlySet<number>;
  /** What was seen of the last one. */
  readonly last: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

const TEXT_MAX = 200;
/** Beyond it the number is told as a lower bound. */
const SCHEMAS_MAX = 100;

function seen({ last, schemas }: Met): string {
  if (schemas.size === 1) return last;
  const count = schemas.size < SCHEMAS_MAX ? schemas.size : `${SCHEMAS_MAX} or more`;
  return `${count} schemas; the last is ${last}`;
}

/**
 * Rule unknown-schema-fields: ingest met a schema with fields that the policy does not name, or whose
 * records cannot be treated and so are rejected. Somebody changed what is sent, and nobody has decided
 * about it. Stays until holdMs after the last such schema was met; an ingest that restarts meets anew
 * what records still name.
 */
export class UnknownSchemaFields implements Rule {
  readonly #holdMs: number;
  readonly #met = new Map<string, Met>();

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  event({ dataset, details }: Pick<PlainEvent, 'dataset' | 'details'>, atMs: number): void {
    const { problems, schemaId, unknown, unknownFields } = details;
    const what = problems ?? unknown;
    if (dataset === undefined || typeof schemaId !== 'number' || what === undefined) return;
    const becomes = problems === undefined ? `unknownFields: ${String(unknownFields)}` : 'rejected';
    const before = this.#met.get(dataset);
    // What was met before the hold ended belongs to an alert that is over.
    const goesOn = before !== undefined && atMs - before.lastMs < this.#holdMs;
    const schemas = new Set(goesOn ? before.schemas : []);
    if (schemas.size < SCHEMAS_MAX) schemas.add(schemaId);
    this.#met.set(dataset, {
      schemas,
      last: `schema ${schemaId} (${becomes}): ${String(what).slice(0, TEXT_MAX)}`,
      firstMs: goesOn ? before.firstMs : atMs,
      lastMs: atMs,
    });
  }

  conditions(nowMs: number): Condition[] {
    return [...this.#met].map(([dataset, met]) => ({
      id: `unknown-schema-fields/${dataset}`,
      rule: 'unknown-schema-fields',
      dataset,
      signal: nowMs - met.lastMs < this.#holdMs ? 'bad' : 'good',
      expected: 'the policy names every field of a schema',
      seen: seen(met),
      sinceMs: met.firstMs,
    }));
  }
}
