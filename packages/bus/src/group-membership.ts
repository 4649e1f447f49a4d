import { setTimeout as sleep } from 'node:timers/promises';
import {
  assignPartitions,
  decodeAssignment,
  encodeSubscription,
  subscribedTopics,
  type TopicPartition,
} from './group-assignment.ts';
import { errorWord, refusalType } from './kafka-errors.ts';
import type { Broker, Cluster } from './kafka-internals.ts';
import type { KafkaLink } from './kafka-link.ts';

export interface MembershipOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  /** A generation began: these partitions are ours until revoked. */
  onAssigned(partitions: readonly TopicPartition[]): void;
  /** The generation ends: nothing of it may go on once the promise resolves. */
  onRevoked(): Promise<void>;
}

const PROTOCOL = 'sealstream-in-turn';
const RETRY_MS = 250;
const PARTITION_CHECK_MS = 5000;

/**
 * Membership of one consumer group: joins, hands out partitions when it leads, sends heartbeats,
 * gives everything back when the group rebalances, and joins again; until stopped.
 */
export class GroupMembership {
  readonly #link: KafkaLink;
  readonly #options: MembershipOptions;
  #cluster: Cluster | null = null;
  #memberId = '';
  #generation = -1;
  #isStopped = false;
  #confirmedAt = 0;
  #done: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(link: KafkaLink, options: MembershipOptions) {
    this.#link = link;
    this.#options = options;
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Gives the partitions back and leaves the group. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.abort();
    await this.#done;
  }

  /** When the coordinator last confirmed the present generation, in Date.now()'s terms. */
  get confirmedAt(): number {
    return this.#confirmedAt;
  }

  async #run(): Promise<void> {
    this.#cluster = this.#link.newConnections();
    while (!this.#isStopped) {
      try {
        const lead = await this.#join();
        try {
          await this.#stay(lead);
        } finally {
          await this.#options.onRevoked();
        }
      } catch (error) {
        this.#note(error);
        await this.#pause(RETRY_MS);
      }
    }
    await this.#leave();
    await this.#cluster.disconnect();
  }

  async #coordinator(): Promise<Broker> {
    return this.#link.groupCoordinator(this.#options.groupId, this.#cluster ?? undefined);
  }

  /** Joins and learns what is ours; as leader also hands out. Resolves to the counts it led by. */
  async #join(): Promise<ReadonlyMap<string, number> | null> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const broker = await this.#coordinator();
    const joined = await this.#link.call(broker, () =>
      broker.joinGroup({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupProtocols: [{ name: PROTOCOL, metadata: encodeSubscription(topics) }],
      }),
    );
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const isLeader = joined.leaderId === joined.memberId;
    const counts = isLeader ? await this.#partitionCounts(subscribedTopics(joined.members)) : null;
    const synced = await this.#link.call(broker, () =>
      broker.syncGroup({
        groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: counts === null ? [] : assignPartitions(joined.members, counts),
      }),
    );
    this.#confirmedAt = Date.now();
    const partitions = decodeAssignment(synced.memberAssignment);
    this.#link.logger.info(
      { group: groupId, generation: joined.generationId, partitions: partitions.length },
      'joined the group',
    );
    this.#options.onAssigned(partitions);
    return counts;
  }

  async #partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await this.#link.topics(topics);
    return new Map(found.map((topic) => [topic.name, topic.partitions.length]));
  }

  /** Heartbeats until the generation ends. */
  async #stay(led: ReadonlyMap<string, number> | null): Promise<void> {
    const { groupId, heartbeatMs, sessionTimeoutMs } = this.#options;
    let countedAt = Date.now();
    for (;;) {
      await this.#pause(heartbeatMs);
      if (this.#isStopped) return;
      try {
        const broker = await this.#coordinator();
        await this.#link.call(broker, () =>
          broker.heartbeat({
            groupId,
            groupGenerationId: this.#generation,
            memberId: this.#memberId,
          }),
        );
        this.#confirmedAt = Date.now();
        if (led !== null && Date.now() - countedAt > PARTITION_CHECK_MS) {
          countedAt = Date.now();
          if (await this.#hasOtherCounts(led)) return;
        }
      } catch (error) {
        this.#note(error);
        if (['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'].includes(refusalType(error))) return;
        if (refusalType(error) === 'UNKNOWN_MEMBER_ID') return;
        // Nobody answers: past the session the group counts us as gone, so nothing may go on.
        if (Date.now() - this.#confirmedAt > sessionTimeoutMs) return;
      }
    }
  }

  async #hasOtherCounts(led: ReadonlyMap<string, number>): Promise<boolean> {
    const now = await this.#partitionCounts([...led.keys()]);
    return [...now].some(([topic, count]) => led.get(topic) !== count);
  }

  #note(error: unknown): void {
    const { groupId } = this.#options;
    this.#link.noteCoordinatorError(error, groupId);
    if (['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'].includes(refusalType(error))) {
      this.#memberId = '';
    }
    this.#link.logger.debug({ group: groupId, code: errorWord(error) }, 'group');
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #leave(): Promise<void> {
    if (this.#memberId === '') return;
    try {
      const broker = await this.#coordinator();
      await broker.leaveGroup({ groupId: this.#options.groupId, memberId: this.#memberId });
    } catch (error) {
      this.#note(error);
    }
  }
}
