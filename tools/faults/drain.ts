import { setTimeout as sleep } from 'node:timers/promises';
import { checkFlow, type FlowFindings, type Progress } from './checks/flow.ts';
import type { FaultsSession } from './session.ts';

const LOOK_MS = 250;
/** A broker that comes back, a session that ends and a transaction that times out fit well in. */
const DRAIN_MS = 180_000;
/** Our readers are that far behind what was committed, at most. */
const READ_MS = 15_000;

/** The run was ended from outside. */
export class Interrupted extends Error {}

/** Whether all was read that there is, and each stage has gone past the last record of its source. */
async function isDrained(session: FaultsSession, progress: Progress): Promise<boolean> {
  const { ground, watch } = session;
  const { bus, dataset, partitions } = ground;
  const isRead = async (topic: 'raw' | 'accepted', partition: number) => {
    const end = await bus.admin.offset(dataset.topics[topic], partition, 'latest');
    return watch.position(topic, partition) >= Number(end);
  };
  const { raw, outputs } = watch.view;
  const lastOf = (records: readonly { readonly at: number }[]) => records.at(-1)?.at ?? -1;
  for (let partition = 0; partition < partitions; partition++) {
    if (!(await isRead('raw', partition)) || !(await isRead('accepted', partition))) return false;
    // By records, not by offsets: a plain client does not go past the markers of transactions.
    const isPast =
      progress.ingest[partition] > lastOf(raw[partition]) &&
      progress.mask[partition] > lastOf(outputs.accepted[partition]) &&
      progress.encrypt[partition] > lastOf(outputs.accepted[partition]);
    if (!isPast) return false;
  }
  return true;
}

/** Asking may itself meet what a fault left behind: then the answer is not yet. */
async function drained(session: FaultsSession): Promise<boolean> {
  for (const deadline = performance.now() + DRAIN_MS; ; await sleep(LOOK_MS)) {
    if (session.signal.aborted) throw new Interrupted();
    session.watch.requireReading();
    const is = await session
      .progress()
      .then((progress) => isDrained(session, progress))
      .catch(() => false);
    if (is || performance.now() > deadline) return is;
  }
}

/**
 * Lets the producer rest, waits until nothing is under way any more, and judges what our readers saw.
 * A flow that is not drained in time shows as `pending`.
 */
export async function drainAndCheck(session: FaultsSession): Promise<FlowFindings> {
  await session.producer.pause();
  await drained(session);
  for (const deadline = performance.now() + READ_MS; ; await sleep(LOOK_MS)) {
    const progress = await session.progress();
    const findings = checkFlow(session.watch.view, session.ledger, progress);
    const { lost, pending } = findings.counts;
    // What was committed a moment ago may not have been read yet.
    if ((lost === 0 && pending === 0) || performance.now() > deadline) return findings;
  }
}
