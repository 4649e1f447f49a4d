import { randomBytes } from 'node:crypto';

import type { Bus } from '@sealstream/bus';
import { auditTopic, stageGroup } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  type ReplayChoice,
  type ReplayCounts,
  rejectedToAccepted,
  type StillBad,
} from '@sealstream/flow';
import type { CheckPlan, Dataset } from '@sealstream/policy';

import { runToEnd } from './bounded-run.ts';

/** One replay of the rejects that stand there now. */
export interface ReplayRun {
  /** Whose audit topic tells of it. */
  readonly program: 'cli' | 'access';
  readonly dataset: Dataset;
  /** Where each partition of the rejected topic ends; what comes later is not touched. */
  readonly ends: readonly bigint[];
  readonly choice: ReplayChoice;
  /** Of the purposes accepted, rejected, subject-index and, where producers seal, producer. */
  readonly keys: KeySource;
  readonly plan: CheckPlan;
  /** Brings keys that were missing. */
  readonly refresh: () => Promise<void>;
  /** How long a partition may be held up before the run gives up. */
  readonly patienceMs: number;
  readonly onProgress?: (done: number) => void;
}

/** What a replay did. */
export interface Replayed {
  readonly counts: ReplayCounts;
  /** Some of those that were tried and are still bad, where they stood before. */
  readonly stillBad: readonly StillBad[];
}

const STILL_BAD_MAX = 1000;

/**
 * Tries rejects again, exactly once: what is settled lies behind the position of the dataset's group
 * of replays, whichever program ran it.
 *
 * @throws SealstreamError why a partition was held up longer than patienceMs, or what ended the stage
 */
export async function runReplay(
  bus: Pick<Bus, 'admin' | 'stage'>,
  { choice, dataset, ends, keys, onProgress, patienceMs, plan, program, refresh }: ReplayRun,
): Promise<Replayed> {
  const { accepted, rejected } = dataset.topics;
  const counts: ReplayCounts = { accepted: 0, rejected: 0, kept: 0 };
  const stillBad: StillBad[] = [];
  // Only what is committed counts: a batch may be transformed more than once.
  const pending = new Map<number, Replayed>();
  // Each run is an emitter of its own: programs share the group, so one's ranges do not join.
  const emitter = `${program}/${randomBytes(6).toString('hex')}`;
  const transform = rejectedToAccepted(
    dataset,
    keys,
    choice,
    ({ partition }, made, bad) => pending.set(partition, { counts: made, stillBad: bad }),
    plan,
  );
  await runToEnd(bus, {
    group: stageGroup('replay', dataset.name),
    source: rejected,
    outputs: [accepted, rejected],
    events: auditTopic(program),
    ends,
    transform: (batch, out) => {
      const event = transform(batch, out);
      if (event instanceof Promise) return event;
      return { ...event, emitter: `${emitter}/${event.emitter}` };
    },
    refresh,
    patienceMs,
    onCommitted: ({ partition }) => {
      const made = pending.get(partition);
      if (made === undefined) return;
      counts.accepted += made.counts.accepted;
      counts.rejected += made.counts.rejected;
      counts.kept += made.counts.kept;
      stillBad.push(...made.stillBad.slice(0, STILL_BAD_MAX - stillBad.length));
      onProgress?.(counts.accepted + counts.rejected + counts.kept);
    },
  });
  return { counts, stillBad };
}
