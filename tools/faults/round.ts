import { setTimeout as sleep } from 'node:timers/promises';
import { brokersAnswer } from '../stack/readiness.ts';
import { type FlowFindings } from './checks/flow.ts';
import { drainAndCheck, Interrupted } from './drain.ts';
import { INJECTIONS } from './injections/all.ts';
import { READY_MS } from './injections/injection.ts';
import { type PlannedFault, wordsOf } from './plan.ts';
import type { FaultsSession } from './session.ts';

const LOOK_MS = 250;

async function inject(session: FaultsSession, fault: PlannedFault): Promise<void> {
  await sleep(fault.atMs, undefined, { signal: session.signal });
  try {
    await INJECTIONS[fault.kind](session, fault);
  } catch (error) {
    throw new Error(`${wordsOf(fault)} could not be done: ${String(error)}`, { cause: error });
  }
}

/** Waits until servers answer and services work. */
async function recovered(session: FaultsSession): Promise<void> {
  const { brokers } = session.ground;
  for (const deadline = performance.now() + READY_MS; !(await brokersAnswer(brokers)); ) {
    if (performance.now() > deadline) throw new Error('the brokers do not answer again');
    await sleep(LOOK_MS);
  }
  await session.ready();
}

/** What a round found, and how long each part of it took, in milliseconds. */
export interface RoundOutcome {
  readonly findings: FlowFindings;
  readonly faultsMs: number;
  readonly mendedMs: number;
  readonly drainedMs: number;
}

/**
 * Does the faults of one round, waits until all is mended, lets the flow run dry and judges it.
 * Records are written from the beginning to when all is mended.
 */
export async function runRound(
  session: FaultsSession,
  faults: readonly PlannedFault[],
): Promise<RoundOutcome> {
  const beganMs = performance.now();
  session.producer.resume();
  const done = await Promise.allSettled(faults.map((fault) => inject(session, fault)));
  if (session.signal.aborted) throw new Interrupted();
  await session.ground.network.heal();
  const failed = done.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const doneMs = performance.now();
  await recovered(session);
  const mendedMs = performance.now();
  const findings = await drainAndCheck(session);
  return {
    findings,
    faultsMs: doneMs - beganMs,
    mendedMs: mendedMs - doneMs,
    drainedMs: performance.now() - mendedMs,
  };
}
