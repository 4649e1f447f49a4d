import { setTimeout as sleep } from 'node:timers/promises';
import { verifyLog } from '@sealstream/audit-log';
import { SealstreamError } from '@sealstream/contracts';
import { batchEvents, rangeFault, type StageRange } from '../../demo/checks/audit.ts';
import type { FlowView } from '../flow-watch.ts';
import type { StageName } from '../kinds.ts';

export interface AuditFindings {
  readonly count: number;
  readonly first: string | undefined;
  /** Entries under the signed checkpoint. */
  readonly entries: number;
}

/** The log is written within seconds of the events; a restart of its service takes some more. */
const SETTLE_MS = 60_000;
const LOOK_MS = 500;

/** What the batch events of each stage have to account for. */
export function stageRanges(
  { raw, outputs }: FlowView,
  topics: { readonly raw: string; readonly accepted: string },
  stages: readonly StageName[],
): StageRange[] {
  const rangeOf = (
    stage: StageName,
    topic: string,
    source: readonly (readonly { at: number }[])[],
  ) => ({
    stage,
    topic,
    records: source.reduce((sum, records) => sum + records.length, 0),
    ends: source.map((records) => BigInt((records.at(-1)?.at ?? -1) + 1)),
  });
  return stages.map((stage) =>
    stage === 'ingest'
      ? rangeOf(stage, topics.raw, raw)
      : rangeOf(stage, topics.accepted, outputs.accepted),
  );
}

/** Waits until the signed log accounts for all; the check says what it lacks when it never does. */
export async function auditSettles(
  directory: string,
  vkey: string,
  ranges: readonly StageRange[],
): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (performance.now() < deadline) {
    try {
      const events = await batchEvents(directory, vkey);
      if (ranges.every((range) => rangeFault(events, range) === undefined)) return;
    } catch (error) {
      // It may be written at this moment, or not yet be repaired.
      if (!(error instanceof SealstreamError)) throw error;
    }
    await sleep(LOOK_MS);
  }
}

/**
 * Verifies the log as `sealstream audit verify` does, and that the ranges of each stage join without
 * a gap from the first record to the last. The log must not be written meanwhile.
 */
export async function checkAudit(
  directory: string,
  vkey: string,
  ranges: readonly StageRange[],
): Promise<AuditFindings> {
  const { findings, findingCount, size } = await verifyLog(directory, vkey);
  const events = await batchEvents(directory, vkey).catch(() => []);
  const faults = ranges.map((range) => rangeFault(events, range)).filter((f) => f !== undefined);
  const [first] = [...findings.map(({ message }) => message), ...faults];
  return { count: findingCount + faults.length, first, entries: size };
}
