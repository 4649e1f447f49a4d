import type { KafkaRecord } from '@sealstream/bus';
import { AuditEvent, type BatchEvent, type PlainEvent } from '@sealstream/contracts';

import type { AuditGaps } from './audit-gaps.ts';
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
    const event = parsed(record.value);
    if (event === null) return false;
    if (event.type !== 'batch') this.#plain(service, event, atMs);
    else if (event.stage === service) this.#batch(event, atMs);
    return true;
  }

  #batch(event: BatchEvent, atMs: number): void {
    const { dataset, outputs, partition, range, recordsIn, stage, topic } = event;
    const { pauses, throughput, undeclared } = this.#rules;
    if (stage === 'ingest') undeclared.batch(event, atMs);
    const next = `${partition}:${range.to}`;
    // Only raw is counted by who reads it; every other topic by who writes it.
    if (stage === 'ingest') throughput.count(topic, recordsIn, atMs, next);
    for (const [name, { records }] of Object.entries(outputs))
      throughput.count(name, records, atMs, next);
    pauses.resumed({ dataset, stage, partition });
  }

  #plain(service: string, { dataset, details, emitter, type }: PlainEvent, atMs: number): void {
    const { gaps, pauses, schemas } = this.#rules;
    // All stages meet each schema; ingest is the first, and the one that judges for all.
    if (type === 'schema-met' && service === 'ingest') schemas.event({ dataset, details }, atMs);
    if (type === 'gap') {
      const what = text(details['kind']) ?? 'gap';
      const who = text(details['emitter']) ?? emitter;
      gaps.gap(text(details['service']) ?? service, {
        atMs,
        expected: `${who} goes on at ${text(details['expected']) ?? 'where it ended'}`,
        seen: `${what} of ${who}: ${text(details['seen']) ?? 'elsewhere'} came`,
      });
      return;
    }
    const { partition } = details;
    if (dataset === undefined || typeof partition !== 'number') return;
    const at = { dataset, stage: service, partition };
    if (type === 'resumed') pauses.resumed(at);
    if (type !== 'paused') return;
    const sinceMs = Date.parse(text(details['since']) ?? '');
    pauses.paused(at, {
      code: text(details['code']) ?? 'unknown',
      sinceMs: Number.isNaN(sinceMs) ? atMs : Math.min(sinceMs, atMs),
      toldMs: atMs,
    });
  }
}

function parsed(value: Buffer | null): AuditEvent | null {
  try {
    const { data } = AuditEvent.safeParse(JSON.parse(value?.toString('utf8') ?? ''));
    return data ?? null;
  } catch {
    return null;
  }
}

function text(value: string | number | boolean | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : String(value).slice(0, 200);
}
