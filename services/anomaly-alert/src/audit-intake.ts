import type { KafkaRecord } from '@sealstream/bus';
import type { BatchEvent, PlainEvent } from '@sealstream/contracts';
import { auditEventOf } from '@sealstream/service';

import type { AuditGaps } from './audit-gaps.ts';
import type { MissingOutcomes } from './missing-outcomes.ts';
import type { Pauses } from './pauses.ts';
import type { UndeclaredData } from './undeclared-data.ts';
import type { UnknownSchemaFields } from './unknown-schema-fields.ts';
import type { Throughput } from './throughput.ts';

export interface IntakeRules {
  readonly throughput: Throughput;
  readonly pauses: Pauses;
  readonly gaps: AuditGaps;
  readonly undeclared: UndeclaredData;
  readonly schemas: UnknownSchemaFields;
  readonly outcomes: MissingOutcomes;
}

/**
 * Feeds what services say on their audit topics to the rules.
 *
 * Promises: the service is the one whose topic it is, never what the payload says; an event that
 * does not parse is passed over and counted by the caller. Counts come from events of committed
 * transactions, never from offsets.
 */
export class AuditIntake {
  readonly #rules: IntakeRules;

  constructor(rules: IntakeRules) {
    this.#rules = rules;
  }

  /** Resolves to false when the record is no event that this version understands. */
  take(service: string, record: Pick<KafkaRecord, 'value'>, atMs: number): boolean {
    const event = auditEventOf(record.value);
    if (event === null) return false;
    this.#rules.pauses.take(service, event, atMs);
    if (event.type !== 'batch') {
      this.#plain(service, event, atMs);
      this.#rules.outcomes.event(service, event, atMs);
    } else if (event.stage === service) this.#batch(event, atMs);
    return true;
  }

  #batch(event: BatchEvent, atMs: number): void {
    const { outputs, partition, range, recordsIn, stage, topic } = event;
    const { throughput, undeclared } = this.#rules;
    if (stage === 'ingest') undeclared.batch(event, atMs);
    const next = `${partition}:${range.to}`;
    // Only raw is counted by who reads it; every other topic by who writes it.
    if (stage === 'ingest') throughput.count(topic, recordsIn, atMs, next);
    for (const [name, { records }] of Object.entries(outputs))
      throughput.count(name, records, atMs, next);
  }

  #plain(service: string, { dataset, details, emitter, type }: PlainEvent, atMs: number): void {
    const { gaps, schemas } = this.#rules;
    // All stages meet each schema; ingest is the first, and the one that judges for all.
    if (type === 'schema-met' && service === 'ingest') schemas.event({ dataset, details }, atMs);
    if (type !== 'gap') return;
    const what = text(details['kind']) ?? 'gap';
    const who = text(details['emitter']) ?? emitter;
    gaps.gap(text(details['service']) ?? service, {
      atMs,
      expected: `${who} goes on at ${text(details['expected']) ?? 'where it ended'}`,
      seen: `${what} of ${who}: ${text(details['seen']) ?? 'elsewhere'} came`,
    });
  }
}

function text(value: string | number | boolean | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : String(value).slice(0, 200);
}
