import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus, StageOptions } from '@sealstream/bus';
import { type ErrorCode, ERRORS, SealstreamError } from '@sealstream/contracts';
import type { FetchedBatch, FlowTransform } from '@sealstream/flow';

const POLL_MS = 100;

/** Work on the records that a topic has now, and on none that come later. */
export interface BoundedRun {
  readonly group: string;
  readonly source: string;
  /** Topic of the batch events, which are in the transactions of the outputs. */
  readonly events: string;
  /** Topics that the transform writes to, without the one for events. */
  readonly outputs: readonly string[];
  /** Per partition: where the work ends. */
  readonly ends: readonly bigint[];
  readonly transform: FlowTransform;
  /** Brings keys that were missing. */
  readonly refresh: () => Promise<void>;
  /** How long a partition may be held up before the run gives up. */
  readonly patienceMs: number;
  readonly onCommitted: (batch: FetchedBatch) => void;
}

/** Where each partition of a topic ends now: up to there everything is decided. */
export async function endsOf(bus: Pick<Bus, 'admin'>, topic: string): Promise<bigint[]> {
  const partitions = await bus.admin.partitionCount(topic);
  if (partitions === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
  return Promise.all(
    Array.from({ length: partitions }, (_, partition) =>
      bus.admin.offset(topic, partition, 'latest'),
    ),
  );
}

/**
 * Runs an exactly-once stage until the group has committed every end. Cut short at any point, the
 * next run of the same group goes on where this one's last transaction ended.
 *
 * @throws SealstreamError why a partition was held up longer than patienceMs, or what ended it
 */
export async function runToEnd(bus: Pick<Bus, 'admin' | 'stage'>, run: BoundedRun): Promise<void> {
  const { ends, events, group, outputs, source } = run;
  const patience = new Patience(run.patienceMs);
  const stage = await bus.stage({
    name: group,
    groupId: group,
    source,
    outputs: [...outputs, events],
    until: new Map(ends.map((end, partition) => [partition, end])),
    lingerMs: 0,
    transform: (batch, out) => {
      const event = run.transform(batch, out);
      if (event instanceof Promise) return event;
      const value = Buffer.from(JSON.stringify(event));
      out.to(events).push({ key: Buffer.from(event.emitter), value });
      return undefined;
    },
    recover: () => run.refresh(),
    observer: {
      onCommitted: (batch) => {
        patience.onCommitted(batch.partition);
        run.onCommitted(batch);
      },
      onPaused: (partition, code) => patience.onPaused(partition, code),
    },
  } satisfies StageOptions);
  try {
    while (!(await isDone(bus, run))) {
      patience.check();
      await Promise.race([sleep(POLL_MS), stage.failed]);
    }
  } finally {
    await stage.stop();
  }
}

async function isDone(
  { admin }: Pick<Bus, 'admin'>,
  { ends, group, source }: BoundedRun,
): Promise<boolean> {
  const positions = await Promise.all(
    ends.map(async (_, partition) => {
      const { offset } = await admin.committed(group, source, partition);
      // Where there is nothing to do, nothing is ever committed.
      return offset < 0n ? admin.offset(source, partition, 'earliest') : offset;
    }),
  );
  return ends.every((end, partition) => positions[partition] >= end);
}

/** Ends the wait for a partition that something of ours holds up and that commits nothing. */
class Patience {
  readonly #patienceMs: number;
  readonly #held = new Map<number, { readonly sinceMs: number; readonly code: string }>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Told at every try again, so the first time counts. */
  onPaused(partition: number, code: string): void {
    if (!this.#held.has(partition)) this.#held.set(partition, { sinceMs: performance.now(), code });
  }

  onCommitted(partition: number): void {
    this.#held.delete(partition);
  }

  /** @throws SealstreamError what holds a partition up for too long */
  check(): void {
    for (const [partition, { code, sinceMs }] of this.#held) {
      if (performance.now() - sinceMs < this.#patienceMs) continue;
      const known = code in ERRORS ? (code as ErrorCode) : 'TRANSACTION_FAILED';
      throw new SealstreamError(known, { partition });
    }
  }
}
