import { setTimeout as sleep } from 'node:timers/promises';
import { compareReaders, type Disagreements } from './checks/agreement.ts';
import { type AuditFindings, auditSettles, checkAudit, stageRanges } from './checks/audit.ts';
import { checkFlow, type FlowFindings } from './checks/flow.ts';
import { checkLeaks, type LeakFindings } from './checks/leaks.ts';
import { type FlowView, OUTPUTS, readOutputs } from './flow-watch.ts';
import type { FaultsSession } from './session.ts';

/** What was found of the outputs. */
export interface OutputFindings {
  readonly flow: FlowFindings;
  readonly kcat: Disagreements & { readonly records: number };
  /** What our reader saw while faults were done, against what stands there. */
  readonly reader: Disagreements;
  readonly outcomes: {
    readonly masked: number;
    readonly encrypted: number;
    readonly rejected: number;
  };
}

export interface FinalFindings extends OutputFindings {
  readonly audit: AuditFindings;
  readonly leaks: LeakFindings;
}

/** kcat may be asleep after a failure; it looks again within seconds. */
const KCAT_MS = 30_000;
const READ_MS = 30_000;
const LOOK_MS = 100;

const sizeOf = (topic: readonly (readonly unknown[])[]) =>
  topic.reduce((sum, records) => sum + records.length, 0);

async function checkReaders(session: FaultsSession, outputs: FlowView['outputs']) {
  const { topics } = session.ground.dataset;
  const kcat = { count: 0, first: undefined as string | undefined, records: 0 };
  const reader = { count: 0, first: undefined as string | undefined };
  for (const output of OUTPUTS) {
    const ours = outputs[output];
    const other = session.kcats.get(output);
    if (other === undefined) throw new RangeError(`nobody reads ${output}`);
    await other.reaches(
      ours.map((records) => records.at(-1)?.at ?? -1),
      KCAT_MS,
    );
    const views = [
      compareReaders(topics[output], ours, other.seen),
      ...other.earlier.map((seen) => compareReaders(topics[output], ours, seen, false)),
    ];
    for (const { count, first } of views) {
      kcat.count += count;
      kcat.first ??= first;
    }
    kcat.records += sizeOf(other.seen);
    const before = compareReaders(topics[output], ours, session.watch.view.outputs[output]);
    reader.count += before.count;
    reader.first ??= before.first;
  }
  return { kcat, reader };
}

/** Waits until our reader has read the outputs to their ends as they are now. */
async function caughtUp(session: FaultsSession): Promise<void> {
  const { bus, dataset, partitions } = session.ground;
  const deadline = performance.now() + READ_MS;
  for (const output of OUTPUTS)
    for (let partition = 0; partition < partitions; partition++) {
      const end = Number(await bus.admin.offset(dataset.topics[output], partition, 'latest'));
      while (session.watch.position(output, partition) < end && performance.now() < deadline)
        await sleep(LOOK_MS);
    }
}

/** Judges the outputs of a flow that has come to rest, reading them anew; and what others saw. */
export async function checkOutputs(session: FaultsSession): Promise<OutputFindings> {
  return (await outputsChecked(session)).findings;
}

async function outputsChecked(session: FaultsSession) {
  const { bus, dataset, partitions } = session.ground;
  await caughtUp(session);
  const outputs = await readOutputs({ bus, dataset, partitions }, session.watch.incarnation);
  const view: FlowView = { raw: session.watch.view.raw, outputs };
  const flow = checkFlow(view, session.ledger, await session.progress());
  const readers = await checkReaders(session, outputs);
  const { masked, encrypted, rejected } = outputs;
  const outcomes = {
    masked: sizeOf(masked),
    encrypted: sizeOf(encrypted),
    rejected: sizeOf(rejected),
  };
  const findings: OutputFindings = { flow, ...readers, outcomes };
  return { view, findings };
}

/**
 * Judges a run that has come to rest: the outputs read anew, by us and by kcat; the audit log; and
 * everything that was left behind, searched for plaintext. Ends the flow on the way, so that logs and
 * the audit log are whole.
 */
export async function checkAll(
  session: FaultsSession,
  onProgress: (what: string) => void,
): Promise<FinalFindings> {
  const { dataset, keys, place } = session.ground;
  onProgress('reading all outputs again');
  const { view, findings } = await outputsChecked(session);
  onProgress('verifying the audit log');
  const ranges = stageRanges(view, dataset.topics, session.audited);
  // What no stage has gone past cannot be accounted for, however long one waits.
  if (findings.flow.counts.pending === 0) await auditSettles(place.audit, keys.auditVkey, ranges);
  const metrics = await session.metrics();
  await session.stopFlow();
  const audit = await checkAudit(place.audit, keys.auditVkey, ranges);
  onProgress(`searching for ${session.watch.values.texts.length} values`);
  const leaks = await checkLeaks(session, metrics);
  return { ...findings, audit, leaks };
}
