import type { Fetcher } from './fetcher.ts';
import type { TopicPartition } from './group-assignment.ts';
import { GroupMembership } from './group-membership.ts';
import type { KafkaLink } from './kafka-link.ts';
import { PartitionLane } from './partition-lane.ts';
import {
  type LaneStatus,
  type StageLimits,
  stageLimits,
  type StageOptions,
} from './stage-options.ts';

/** How long a transaction may go on after its partition was taken back. */
const REVOKE_MS = 500;

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
  #lanes: PartitionLane[] = [];
  readonly #pausedBy = new Set<string>();
  #fail: (error: unknown) => void = () => undefined;

  constructor(link: KafkaLink, fetcher: Fetcher, options: StageOptions) {
    this.name = options.name;
    this.#link = link;
    this.#fetcher = fetcher;
    this.#options = options;
    this.#limits = stageLimits(options);
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // A stage that nobody watches must not end the process by an unhandled rejection.
    this.failed.catch(() => undefined);
    this.#group = new GroupMembership(link, {
      groupId: options.groupId,
      topics: [options.source],
      sessionTimeoutMs: this.#limits.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#limits.rebalanceTimeoutMs,
      heartbeatMs: this.#limits.heartbeatMs,
      onAssigned: (partitions) => this.#take(partitions),
      onRevoked: () => this.#giveBack(REVOKE_MS),
    });
  }

  start(): void {
    this.#group.start();
  }

  /** How each partition that this process owns stands. */
  lanes(): LaneStatus[] {
    return this.#lanes.map((lane) => lane.status());
  }

  /** When the group last confirmed this member, in Date.now()'s terms; 0 before it joined. */
  get confirmedAt(): number {
    return this.#group.confirmedAt;
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

  /** Finishes the transactions under way, gives the partitions back, leaves the group. */
  async stop(withinMs = this.#limits.transactionTimeoutMs): Promise<void> {
    await this.#giveBack(withinMs);
    await this.#group.stop();
  }

  #nudge(): void {
    for (const lane of this.#lanes) lane.nudge();
  }

  #take(partitions: readonly TopicPartition[]): void {
    this.#lanes = partitions.map(({ topic, partition }) => {
      const lane = new PartitionLane(topic, partition, {
        link: this.#link,
        fetcher: this.#fetcher,
        options: this.#options,
        limits: this.#limits,
        confirmedAt: () => this.#group.confirmedAt,
        pausedBy: () => [...this.#pausedBy].at(0) ?? '',
        fail: (error) => this.#fail(error),
      });
      lane.start();
      return lane;
    });
  }

  async #giveBack(withinMs: number): Promise<void> {
    const lanes = this.#lanes;
    this.#lanes = [];
    await Promise.all(lanes.map((lane) => lane.stop(withinMs)));
  }
}
