import type { Bus, LaneStatus, Stage, StageObserver, StageOptions } from '@sealstream/bus';
import { stageGroup } from '@sealstream/contracts';

import type { Metrics } from './metrics.ts';
import { ObservedStage, type StageObserverOptions } from './stage-observer.ts';

const SHOW_EVERY_MS = 5000;

/** A stage of the flow, as a service asks for it. */
export interface StageRequest
  extends Pick<StageObserverOptions, 'dataset' | 'rejectedTopic' | 'stage'>,
    Omit<StageOptions, 'groupId' | 'name' | 'observer'> {
  /** Told as well, after the shared metrics; such as what a service counts by itself. */
  readonly onCommitted?: NonNullable<StageObserver['onCommitted']>;
}

export interface StageContext
  extends Pick<StageObserverOptions, 'audit' | 'health' | 'logger' | 'metrics'> {
  readonly bus: Pick<Bus, 'stage'>;
  /** Told when the stage ended by itself. */
  readonly onFailed: (error: unknown) => void;
}

export interface RunningStage {
  readonly stage: Stage;
  /** Finishes what is in work, within the time given. */
  stop(withinMs: number): Promise<void>;
}

/**
 * Starts a stage in the consumer group of its name, with shared metrics, health and audit events.
 *
 * @throws SealstreamError TOPIC_MISSING
 */
export async function runStage(
  request: StageRequest,
  context: StageContext,
): Promise<RunningStage> {
  const { dataset, onCommitted, rejectedTopic, stage: name, ...options } = request;
  const { bus, onFailed, ...telemetry } = context;
  const observer = new ObservedStage({
    stage: name,
    dataset,
    ...(rejectedTopic === undefined ? {} : { rejectedTopic }),
    ...telemetry,
  });
  const stage = await bus.stage({
    ...options,
    name,
    groupId: stageGroup(name, dataset),
    observer: {
      onCommitted: (batch, outputs, seconds) => {
        observer.onCommitted(batch, outputs, seconds);
        onCommitted?.(batch, outputs, seconds);
      },
      onAborted: (partition, code, isFenced) => observer.onAborted(partition, code, isFenced),
      onPaused: (partition, code) => observer.onPaused(partition, code),
      onRunning: (partition) => observer.onRunning(partition),
      onLost: (partition, from, to) => observer.onLost(partition, from, to),
    },
  });
  stage.failed.catch(onFailed);
  const lag = new LagRows(telemetry.metrics.stageLag, { stage: name, dataset });
  const timer = setInterval(() => {
    const lanes = stage.lanes();
    observer.keepOnly(lanes.map(({ partition }) => partition));
    observer.repeat();
    lag.show(lanes);
  }, SHOW_EVERY_MS).unref();
  return {
    stage,
    stop: async (withinMs) => {
      clearInterval(timer);
      await stage.stop({ withinMs });
    },
  };
}

/** The lag of the partitions that this process owns; of another it is the other's to show. */
class LagRows {
  readonly #gauge: Metrics['stageLag'];
  readonly #labels: { readonly stage: string; readonly dataset: string };
  #shown = new Set<number>();

  constructor(gauge: Metrics['stageLag'], labels: { stage: string; dataset: string }) {
    this.#gauge = gauge;
    this.#labels = labels;
  }

  show(lanes: readonly LaneStatus[]): void {
    const owned = new Set(lanes.map(({ partition }) => partition));
    for (const partition of this.#shown)
      if (!owned.has(partition)) this.#gauge.remove(this.#row(partition));
    this.#shown = owned;
    for (const { committed, lastStableOffset, partition } of lanes)
      this.#gauge.set(this.#row(partition), Math.max(0, Number(lastStableOffset - committed)));
  }

  #row(partition: number) {
    return { ...this.#labels, partition: String(partition) };
  }
}
