import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { assignPartitions } from './group-assignment.ts';
import {
  decodeShare,
  decodeSubscription,
  encodeShare,
  encodeSubscription,
  GROUP_PROTOCOL,
  type Share,
  type TopicPartition,
} from './group-protocol.ts';
import { errorWord, finalRefusal, KafkaRefusal, refusalType } from './kafka-errors.ts';
import type { Broker, Cluster } from './kafka-internals.ts';
import type { KafkaLink } from './kafka-link.ts';
import {
  heartbeatRequest,
  type JoinAnswer,
  joinGroupRequest,
  leaveGroupRequest,
  syncGroupRequest,
} from './wire/membership-requests.ts';

export interface MembershipOptions {
  readonly groupId: string;
  /** Makes this a static member: one process at a time has it, and keeps its place by it. */
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  /** Partitions that are worked on, or whose giving up has not ended. */
  held(): readonly TopicPartition[];
  /**
   * A generation began: exactly these partitions are ours until the next one. At the return nothing
   * new is begun on any other; the promise resolves when they are all given up.
   */
  onAssigned(partitions: readonly TopicPartition[]): Promise<void>;
  /** The group counts us out, or may: no partition is ours. */
  onLost(): void;
  /** It ends by itself: trying again does not mend this. */
  onFailed(error: SealstreamError): void;
}

/** What a member learned by joining. */
interface Joined {
  readonly share: Share;
  /** Resolves when all else is given up: to whether the group waits for us to tell so. */
  readonly settled: Promise<boolean>;
}

const RETRY_MS = 250;
const PARTITION_CHECK_MS = 5000;
/** After which anybody joins again when the one who should give something up did not. */
const PARTIAL_MS = 5000;
/** What a JoinGroup may take beyond the rebalance itself. */
const JOIN_GRACE_MS = 5000;

/** Refusals that say: join again, now. */
const REJOIN = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']);

/**
 * Membership of one consumer group: joins, hands out partitions when it leads, sends heartbeats and
 * joins again when the group rebalances; until stopped.
 *
 * A rebalance stops nothing: work goes on until an assignment comes that leaves a partition out. A
 * member that the group has forgotten, or cannot reach for longer than its session, has nothing.
 */
export class GroupMembership {
  readonly #link: KafkaLink;
  readonly #options: MembershipOptions;
  readonly #stopping = new AbortController();
  #cluster: Cluster | null = null;
  #memberId = '';
  #generation = -1;
  #asked = 0;
  #confirmed = 0;
  #heardAtMs = 0;
  #done: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(link: KafkaLink, options: MembershipOptions) {
    this.#link = link;
    this.#options = options;
  }

  start(): void {
    this.#cluster = this.#link.newConnections();
    this.#heardAtMs = performance.now();
    this.#done = this.#run();
  }

  /** Ends within the given time. With `leave` the group hands our partitions to others at once. */
  async stop(options: { readonly leave: boolean; readonly withinMs: number }): Promise<void> {
    if (this.#cluster === null) return;
    const bound = new AbortController();
    const late = sleep(options.withinMs, undefined, { signal: bound.signal }).catch(
      () => undefined,
    );
    this.#stopping.abort();
    this.#wake();
    // A JoinGroup may wait for as long as a rebalance takes; nobody is interested any more.
    this.#link.hangUp(this.#cluster);
    await Promise.race([this.#done, late]);
    if (options.leave) await Promise.race([this.#leave(), late]);
    bound.abort();
    const cluster = this.#cluster;
    this.#link.close(cluster);
    // What was just about to connect must not leave a connection behind.
    void this.#done.then(() => this.#link.close(cluster));
  }

  /** Number of the last question put to the group: what it confirms later has a higher one. */
  get asked(): number {
    return this.#asked;
  }

  /** Number of the last question whose answer confirmed the generation that was handed over. */
  get confirmed(): number {
    return this.#confirmed;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Nobody answers: past the session the group counts us as gone, so nothing may go on. */
  get #isSilent(): boolean {
    return performance.now() - this.#heardAtMs > this.#options.sessionTimeoutMs;
  }

  get #name() {
    const { groupId, instanceId } = this.#options;
    return { groupId, memberId: this.#memberId, instanceId };
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#stay(await this.#join());
      } catch (error) {
        if (this.#isStopped) return;
        this.#note(error);
        if (!REJOIN.has(refusalType(error))) await this.#pause(RETRY_MS);
      }
    }
  }

  #coordinator(): Promise<Broker> {
    return this.#link.groupCoordinator(this.#options.groupId, this.#cluster ?? undefined);
  }

  /** Joins and learns what is ours; as leader also hands out. */
  async #join(): Promise<Joined> {
    const { groupId, rebalanceTimeoutMs } = this.#options;
    const broker = await this.#coordinator();
    const held = this.#options.held();
    const joined = await this.#askToJoin(broker, held);
    const shares = joined.leaderId === joined.memberId ? await this.#handOut(joined) : [];
    const question = this.#ask();
    const answer = await this.#link.sendTo(
      broker,
      syncGroupRequest(this.#name, joined.generation, shares, rebalanceTimeoutMs + JOIN_GRACE_MS),
    );
    const share = decodeShare(answer);
    this.#generation = joined.generation;
    this.#link.logger.info(
      { group: groupId, generation: joined.generation, partitions: share.partitions.length },
      'joined the group',
    );
    const givenUp = this.#options.onAssigned(share.partitions);
    // Only now: whoever waits for a word that a partition is still his has heard that it is not.
    this.#confirm(question);
    const ours = new Set(share.partitions.map(nameOf));
    const isAwaited = share.isPartial && held.some((part) => !ours.has(nameOf(part)));
    return { share, settled: givenUp.then(() => isAwaited) };
  }

  async #askToJoin(broker: Broker, held: readonly TopicPartition[]): Promise<JoinAnswer> {
    const { rebalanceTimeoutMs, sessionTimeoutMs, topics } = this.#options;
    const metadata = encodeSubscription({ topics, held, generation: this.#generation });
    const timeoutMs = rebalanceTimeoutMs + JOIN_GRACE_MS;
    const options = { sessionTimeoutMs, rebalanceTimeoutMs, protocol: GROUP_PROTOCOL, metadata };
    for (;;) {
      const request = joinGroupRequest(this.#name, { ...options, timeoutMs });
      const answer = await this.#link.sendTo(broker, request);
      const refusal = answer.errorCode === 0 ? null : KafkaRefusal.of(answer.errorCode);
      if (refusal !== null && refusal.type !== 'MEMBER_ID_REQUIRED') throw refusal;
      this.#memberId = answer.memberId;
      this.#heardAtMs = performance.now();
      if (refusal === null) return answer;
    }
  }

  /** As leader: each member's share. */
  async #handOut(joined: JoinAnswer): Promise<{ memberId: string; share: Buffer }[]> {
    const subscriptions = new Map(
      joined.members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata)]),
    );
    const topics = new Set([...subscriptions.values()].flatMap((member) => member.topics));
    const counts = await this.#partitionCounts([...topics]);
    const { isPartial, shares } = assignPartitions(subscriptions, counts);
    return [...shares].map(([memberId, partitions]) => {
      return { memberId, share: encodeShare({ partitions, counts, isPartial }) };
    });
  }

  async #partitionCounts(topics: readonly string[]): Promise<Map<string, number>> {
    const found = await this.#link.topics(topics);
    return new Map(found.map((topic) => [topic.name, topic.partitions.length]));
  }

  /** Heartbeats until there is a reason to join again. */
  async #stay({ settled, share }: Joined): Promise<void> {
    const sinceMs = performance.now();
    let countedAtMs = sinceMs;
    let isDue = false;
    const joinAgainIf = async (reason: Promise<boolean>) => {
      if (!(await reason)) return;
      isDue = true;
      this.#wake();
    };
    void joinAgainIf(settled);
    while (!this.#isStopped) {
      if (!isDue) await this.#pause(this.#options.heartbeatMs);
      const nowMs = performance.now();
      const isOverdue = share.isPartial && nowMs - sinceMs > PARTIAL_MS;
      if (isDue || isOverdue || this.#isStopped) return;
      if (nowMs - countedAtMs > PARTITION_CHECK_MS) {
        countedAtMs = nowMs;
        // Not waited for: a broker that does not answer this must hold up no heartbeat.
        void joinAgainIf(this.#hasOtherCounts(share.counts));
      }
      try {
        await this.#beat();
      } catch (error) {
        if (REJOIN.has(refusalType(error)) || this.#isSilent) throw error;
        this.#note(error);
      }
    }
  }

  /** Throws when no answer came in time: kafkajs alone would wait for longer than the session. */
  async #beat(): Promise<void> {
    const withinMs = Math.max(1000, this.#options.sessionTimeoutMs / 3);
    const bound = new AbortController();
    const late = sleep(withinMs, false, { signal: bound.signal }).catch(() => false);
    const answered = this.#heartbeat().then(() => true);
    // Whatever comes of it later, nobody waits for it any more.
    answered.catch(() => undefined);
    try {
      if (await Promise.race([answered, late])) return;
    } finally {
      bound.abort();
    }
    if (this.#cluster !== null) this.#link.hangUp(this.#cluster);
    throw new KafkaRefusal('REQUEST_TIMED_OUT');
  }

  async #heartbeat(): Promise<void> {
    const generation = this.#generation;
    const broker = await this.#coordinator();
    const question = this.#ask();
    await this.#link.sendTo(broker, heartbeatRequest(this.#name, generation));
    if (generation === this.#generation) this.#confirm(question);
  }

  /** A topic that is missing at the moment says nothing. */
  async #hasOtherCounts(known: ReadonlyMap<string, number>): Promise<boolean> {
    try {
      const now = await this.#partitionCounts(this.#options.topics);
      return [...now].some(([topic, count]) => known.get(topic) !== count);
    } catch (error) {
      this.#link.logger.debug({ code: errorWord(error) }, 'partitions not counted');
      return false;
    }
  }

  #ask(): number {
    this.#asked += 1;
    return this.#asked;
  }

  #confirm(question: number): void {
    this.#confirmed = Math.max(this.#confirmed, question);
    this.#heardAtMs = performance.now();
  }

  #note(error: unknown): void {
    const { groupId, instanceId } = this.#options;
    const type = refusalType(error);
    this.#link.noteCoordinatorError(error, groupId);
    this.#link.logger.debug({ group: groupId, code: errorWord(error) }, 'group');
    const isTaken = type === 'FENCED_INSTANCE_ID';
    const final = isTaken
      ? new SealstreamError('INSTANCE_ID_TAKEN', { group: groupId, instance: instanceId ?? '' })
      : finalRefusal(error, { group: groupId });
    if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    if (type === 'UNKNOWN_MEMBER_ID' || this.#isSilent || final !== null) this.#options.onLost();
    if (final === null) return;
    this.#stopping.abort();
    this.#options.onFailed(final);
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  /** Over a connection of the data: one that a JoinGroup waits on answers nothing else. */
  async #leave(): Promise<void> {
    const { groupId, instanceId } = this.#options;
    if (this.#memberId === '' && instanceId === null) return;
    try {
      const broker = await this.#link.groupCoordinator(groupId);
      await this.#link.sendTo(broker, leaveGroupRequest(this.#name));
    } catch (error) {
      this.#link.logger.debug({ group: groupId, code: errorWord(error) }, 'not left');
    }
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
