import { SealstreamError } from '@sealstream/contracts';
import type { Fetcher } from './fetcher.ts';
import { GroupMembership } from './group-membership.ts';
import type { TopicPartition } from './group-protocol.ts';
import type { KafkaLink } from './kafka-link.ts';
import { LaneSet } from './lane-set.ts';
import { PartitionLane } from './partition-lane.ts';
import {
  type LaneStatus,
  type StageLimits,
  stageLimits,
  type StageOptions,
} from './stage-options.ts';

/** How long a transaction may go on after its partition was taken back. */
const REVOKE_MS = 3000;
/** Of the time that a stop has: for telling the group. */
const LEAVE_MS = 500;

export interface StopOptions {
  /** The stop is over after this, whatever hangs; default the transaction time-out. */
  readonly withinMs?: number;
  /**
   * Whether the group hands our partitions to others at once. Default: a static member stays, so
   * that its partitions wait for it through a restart, as long as its session; a dynamic one leaves.
   */
  readonly leave?: boolean;
}

/**
 * Consume, transform, produce: exactly once for readers of committed records.
 *
 * Each batch's outputs and the group's offset are one transaction per source partition; partition n
 * of the source goes to partition n of every output. It fails closed: when in doubt nothing is
 * committed and the batch is done again.
 */
export class Stage {
  readonly name: string;
  /** Rejects when the stage ended by itself: an error that trying again does not mend. */
  readonly failed: Promise<never>;
  readonly #link: KafkaLink;
  readonly #fetcher: Fetcher;
  readonly #options: StageOptions;
  readonly #limits: StageLimits;
  readonly #group: GroupMembership;
  readonly #lanes: LaneSet<PartitionLane>;
  readonly #pausedBy = new Set<string>();
  #stopped: Promise<void> | null = null;
  #reject: (error: unknown) => void = () => undefined;

  constructor(link: KafkaLink, fetcher: Fetcher, options: StageOptions) {
    this.name = options.name;
    this.#link = link;
    this.#fetcher = fetcher;
    this.#options = { ...options, transform: guarded(options) };
    this.#limits = stageLimits(options);
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // A stage that nobody watches must not end the process by an unhandled rejection.
    this.failed.catch(() => undefined);
    this.#lanes = new LaneSet((at) => this.#lane(at));
    this.#group = new GroupMembership(link, {
      groupId: options.groupId,
      instanceId: options.groupInstanceId ?? null,
      topics: [options.source],
      sessionTimeoutMs: this.#limits.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#limits.rebalanceTimeoutMs,
      heartbeatMs: this.#limits.heartbeatMs,
      held: () => this.#lanes.held,
      onAssigned: (partitions) =>
        this.#lanes.want(this.#stopped === null ? partitions : [], REVOKE_MS),
      onLost: () => void this.#lanes.want([], REVOKE_MS),
      onFailed: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#group.start();
  }

  /** How each partition that this process owns stands. */
  lanes(): LaneStatus[] {
    return this.#lanes.running.map((lane) => lane.status());
  }

  /**
   * Starts no further transaction until every reason given is taken back. `code` names the reason;
   * the same one twice counts once.
   */
  pause(code: string): void {
    this.#pausedBy.add(code);
    this.#nudge();
  }

  /** Takes one reason back, or all of them. */
  resume(code?: string): void {
    if (code === undefined) this.#pausedBy.clear();
    else this.#pausedBy.delete(code);
    this.#nudge();
  }

  /**
   * Finishes the transactions under way, within the time given; what is not committed then is done
   * again by the next owner. A second call waits for the first.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options);
    return this.#stopped;
  }

  async #stop(options: StopOptions): Promise<void> {
    const isStatic = this.#options.groupInstanceId !== undefined;
    const { leave = !isStatic, withinMs = this.#limits.transactionTimeoutMs } = options;
    const endMs = performance.now() + withinMs;
    await this.#lanes.want([], Math.max(withinMs - LEAVE_MS, withinMs / 2));
    await this.#group.stop({ leave, withinMs: Math.max(0, endMs - performance.now()) });
  }

  #nudge(): void {
    for (const lane of this.#lanes.running) lane.nudge();
  }

  #fail(error: unknown): void {
    this.#reject(error);
    void this.stop();
  }

  #lane({ partition, topic }: TopicPartition): PartitionLane {
    return new PartitionLane(topic, partition, {
      link: this.#link,
      fetcher: this.#fetcher,
      options: this.#options,
      limits: this.#limits,
      asked: () => this.#group.asked,
      confirmed: () => this.#group.confirmed,
      pausedBy: () => [...this.#pausedBy].at(0) ?? '',
      fail: (error) => this.#fail(error),
    });
  }
}

/** What a transform throws that has no code is a fault in it, which trying again does not mend. */
function guarded(options: StageOptions): StageOptions['transform'] {
  return (batch, out) => {
    try {
      return options.transform(batch, out);
    } catch (error) {
      if (error instanceof SealstreamError) throw error;
      const word = error instanceof Error ? error.name : typeof error;
      const { partition, topic } = batch;
      throw new SealstreamError('INTERNAL', { stage: options.name, topic, partition, error: word });
    }
  };
}
