import { decodeEntry, parseEvent, readEntries, verifyLog } from '@sealstream/audit-log';
import type { BatchEvent } from '@sealstream/contracts';
import type { Verdict } from './check.ts';

/** What the batch events of one stage must account for. */
export interface StageRange {
  readonly stage: string;
  /** The topic that it reads. */
  readonly topic: string;
  readonly records: number;
  /** By partition: the offset after the last record; 0 for a partition without any. */
  readonly ends: readonly bigint[];
}

/** What of the log the ranges are judged by. */
export type RangeEvent = Pick<BatchEvent, 'stage' | 'topic' | 'partition' | 'range' | 'recordsIn'>;

/** The first thing that does not join, in words; undefined when the events account for all. */
export function rangeFault(
  events: readonly RangeEvent[],
  { stage, topic, records, ends }: StageRange,
): string | undefined {
  const own = events.filter((event) => event.stage === stage && event.topic === topic);
  for (const [partition, end] of ends.entries()) {
    let next = 0n;
    for (const { range } of own.filter((event) => event.partition === partition)) {
      if (BigInt(range.from) !== next)
        return `${stage} of ${topic}/${partition}: ${next} was next, ${range.from} came`;
      next = BigInt(range.to);
    }
    if (next < end) return `${stage} of ${topic}/${partition}: ends at ${next}, records at ${end}`;
  }
  const counted = own.reduce((sum, { recordsIn }) => sum + recordsIn, 0);
  if (counted === records) return undefined;
  return `${stage} of ${topic}: ${counted} records accounted for, ${records} are there`;
}

export interface AuditVerdict extends Verdict {
  /** Entries under the signed checkpoint. */
  readonly entries: number;
}

const TRIES = 3;

/** Batch events under the newest checkpoint of a log, in its order. */
export async function batchEvents(directory: string, vkey: string): Promise<BatchEvent[]> {
  const events: BatchEvent[] = [];
  for await (const { bytes } of readEntries(directory, vkey)) {
    const entry = decodeEntry(bytes);
    const event = entry.kind === 'sourced' ? parseEvent(entry.value) : null;
    if (event?.type === 'batch') events.push(event);
  }
  return events;
}

/** Verifies the log as anyone could who has the directory and the public key; then its ranges. */
export async function checkAudit(
  directory: string,
  vkey: string,
  stages: readonly StageRange[],
): Promise<AuditVerdict> {
  let report = await verifyLog(directory, vkey);
  // The log is being written: only what a later look finds again is a finding.
  for (let tries = 1; !report.ok && tries < TRIES; tries++)
    report = await verifyLog(directory, vkey);
  const expected = 'signatures verify, ranges join and account for every record';
  const log = 'audit';
  const [finding] = report.findings;
  if (!report.ok) {
    const first = finding?.file ?? finding?.emitter;
    const seen = finding?.message ?? 'it does not verify';
    return { ok: false, expected, seen, first, log, entries: report.size };
  }
  const events = await batchEvents(directory, vkey);
  const faults = stages.map((stage) => rangeFault(events, stage));
  const fault = faults.find((each) => each !== undefined);
  const seen = fault ?? `${report.size} entries verify`;
  return { ok: fault === undefined, expected, seen, first: fault, log, entries: report.size };
}
