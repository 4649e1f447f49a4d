import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { isCoordinatorMoved, refusalType } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import type { NamePrefix } from './name-prefix.ts';
import { type OffsetQuery, partitionOffset, partitionOffsets } from './offsets.ts';
import { topicSettings } from './topic-settings.ts';
import type { CommittedOffset } from './committed-offset.ts';
import { groupOffset, groupOffsets } from './transaction-session.ts';
import type { TopicMetadata } from './wire/metadata-request.ts';

const TIMEOUT_MS = 10_000;
const GONE_LOOK_MS = 50;
const RETRY_MS = 100;

/** Write, and DescribeConfigs: whoever appends asks how large a batch may be (KIP-430, AclOperation). */
const APPENDING = [4, 10] as const;

/** A member of a consumer group. */
export interface GroupMemberInfo {
  readonly memberId: string;
  readonly clientId: string;
}

/** Topics, offsets and groups: reading them and changing them. */
export class BusAdmin {
  readonly #link: KafkaLink;
  readonly #names: NamePrefix;

  constructor(link: KafkaLink, names: NamePrefix) {
    this.#link = link;
    this.#names = names;
  }

  /** The topics that exist among those named; null asks for all. */
  async topics(names: readonly string[] | null): Promise<readonly TopicMetadata[]> {
    const found = await this.#link.topics(names?.map((name) => this.#names.on(name)) ?? null);
    const own = found.filter(({ name }) => this.#names.has(name));
    return own.map((topic) => ({ ...topic, name: this.#names.off(topic.name) }));
  }

  /** Number of partitions, or 0 when the topic does not exist. */
  async partitionCount(topic: string): Promise<number> {
    const [found] = await this.topics([topic]);
    return found?.partitions.length ?? 0;
  }

  /**
   * Whether this user may append to a topic; nothing is written.
   *
   * @throws SealstreamError TOPIC_MISSING, KAFKA_REFUSED for one that this user may not even look at
   */
  mayAppend(topic: string): Promise<boolean> {
    return this.#link.mayAll(this.#names.on(topic), APPENDING);
  }

  settings(topic: string): Promise<ReadonlyMap<string, string>> {
    return topicSettings(this.#link, this.#names.on(topic));
  }

  async brokerCount(): Promise<number> {
    return (await this.#link.clusterInfo()).brokers;
  }

  /** Resolves to false when the topic was there already. */
  async createTopic(
    name: string,
    partitions: number,
    replicas: number,
    settings: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const topic = this.#names.on(name);
    const controller = await this.#controller();
    const configEntries = Object.entries(settings).map(([setting, value]) => {
      return { name: setting, value };
    });
    try {
      await this.#link.call(controller, (broker) =>
        broker.createTopics({
          topics: [
            { topic, numPartitions: partitions, replicationFactor: replicas, configEntries },
          ],
          timeout: TIMEOUT_MS,
        }),
      );
    } catch (error) {
      if (firstRefusal(error) === 'TOPIC_ALREADY_EXISTS') return false;
      throw error;
    }
    this.#link.forgetTopic(topic);
    return true;
  }

  async growTopic(name: string, partitions: number): Promise<void> {
    const topic = this.#names.on(name);
    const controller = await this.#controller();
    await this.#link.call(controller, (broker) =>
      broker.createPartitions({
        topicPartitions: [{ topic, count: partitions }],
        timeout: TIMEOUT_MS,
      }),
    );
    this.#link.forgetTopic(topic);
  }

  /** Resolves when the topic is gone for whoever asks next: brokers hear of it one by one. */
  async deleteTopic(name: string): Promise<void> {
    const topic = this.#names.on(name);
    const controller = await this.#controller();
    await this.#link.call(controller, (broker) =>
      broker.deleteTopics({ topics: [topic], timeout: TIMEOUT_MS }),
    );
    this.#link.forgetTopic(topic);
    for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; ) {
      if ((await this.partitionCount(name)) === 0) return;
      await sleep(GONE_LOOK_MS);
    }
  }

  offset(topic: string, partition: number, query: OffsetQuery): Promise<bigint> {
    return partitionOffset(this.#link, this.#names.on(topic), partition, query);
  }

  committed(groupId: string, topic: string, partition: number): Promise<CommittedOffset> {
    const [group, name] = [this.#names.on(groupId), this.#names.on(topic)];
    return this.#ofGroup(group, () => groupOffset(this.#link, group, name, partition));
  }

  /** `offset` of several partitions, in their order, with one question to each leader. */
  offsets(topic: string, partitions: readonly number[], query: OffsetQuery): Promise<bigint[]> {
    return partitionOffsets(this.#link, this.#names.on(topic), partitions, query);
  }

  /** `committed` of several partitions, in their order, with one question. */
  committedAll(
    groupId: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<CommittedOffset[]> {
    const [group, name] = [this.#names.on(groupId), this.#names.on(topic)];
    return this.#ofGroup(group, () => groupOffsets(this.#link, group, name, partitions));
  }

  /** Members of a group; none when it does not exist. */
  async members(group: string): Promise<readonly GroupMemberInfo[]> {
    const groupId = this.#names.on(group);
    try {
      return await this.#ofGroup(groupId, async () => {
        const coordinator = await this.#link.groupCoordinator(groupId);
        const answer = await this.#link.call(coordinator, (broker) =>
          broker.describeGroups({ groupIds: [groupId] }),
        );
        return answer.groups[0]?.members ?? [];
      });
    } catch (error) {
      if (refusalType(error) === 'GROUP_ID_NOT_FOUND') return [];
      throw error;
    }
  }

  /** Sets a group's offset. Throws GROUP_HAS_MEMBERS while anybody is in the group. */
  async setCommitted(
    group: string,
    name: string,
    partition: number,
    offset: bigint,
  ): Promise<void> {
    if ((await this.members(group)).length > 0) {
      throw new SealstreamError('GROUP_HAS_MEMBERS', { group });
    }
    const groupId = this.#names.on(group);
    const topic = this.#names.on(name);
    await this.#ofGroup(groupId, async () => {
      const coordinator = await this.#link.groupCoordinator(groupId);
      await this.#link.call(coordinator, (broker) =>
        broker.offsetCommit({
          groupId,
          groupGenerationId: -1,
          memberId: '',
          topics: [{ topic, partitions: [{ partition, offset, metadata: '' }] }],
        }),
      );
    });
  }

  /** Deletes the records of one partition before the offset. */
  async deleteBefore(name: string, partition: number, offset: bigint): Promise<void> {
    const topic = this.#names.on(name);
    const leader = await this.#link.broker(await this.#link.leader(topic, partition));
    await this.#link.call(leader, (broker) =>
      broker.deleteRecords({ topics: [{ topic, partitions: [{ partition, offset }] }] }),
    );
  }

  /** Asks a group's coordinator, and for a while again when it moves or still loads its groups. */
  async #ofGroup<A>(groupId: string, ask: () => Promise<A>): Promise<A> {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        this.#link.noteCoordinatorError(error, groupId);
        if (!isCoordinatorMoved(error) || Date.now() > deadline) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async #controller() {
    const { controllerId } = await this.#link.clusterInfo();
    return this.#link.broker(controllerId);
  }
}

/** kafkajs wraps the refusals of several topics in one error. */
function firstRefusal(error: unknown): string {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) {
    return refusalType(error.errors[0]);
  }
  return refusalType(error);
}
