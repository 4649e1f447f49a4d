import { BlockList, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, SealstreamError } from '@sealstream/contracts';
import {
  errorWord,
  finalRefusal,
  isCoordinatorMoved,
  KafkaRefusal,
  refusalType,
  signInRefusal,
} from './kafka-errors.ts';
import {
  type Broker,
  type Cluster,
  clusterFactory,
  type ConnectionOptions,
  hangUp,
  hangUpAll,
  hangUpFetches,
} from './kafka-internals.ts';
import { metadataRequest, type TopicMetadata } from './wire/metadata-request.ts';
import type { WireRequest } from './wire/requests.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
const GROUP = 0;
const TRANSACTION = 1;
/** How long a topic's leaders are believed without asking again. */
const METADATA_MAX_AGE_MS = 60_000;
/** Brokers that start may not know their users yet, and certificates may just be changing. */
const REFUSED_MS = 5_000;
const COORDINATOR_WAIT_MS = 10_000;
/** How long requests under way may take to end before the connections are cut. */
const CLOSE_MS = 1000;

/**
 * The connections of one process: one cluster for all fetches, produces and transactions (two
 * connections a broker), and one more for each group, since a broker holds back everything on a
 * connection while a JoinGroup waits. Knows leaders and coordinators until told that they moved.
 */
export class KafkaLink {
  readonly logger: Logger;
  readonly #newCluster: () => Cluster;
  readonly #isTls: boolean;
  readonly #data: Cluster;
  readonly #extra = new Set<Cluster>();
  readonly #topics = new Map<string, { topic: TopicMetadata; at: number }>();
  readonly #coordinators = new Map<string, number>();

  constructor(options: ConnectionOptions, logger: Logger) {
    this.logger = logger;
    this.#isTls = Boolean(options.ssl);
    this.#newCluster = clusterFactory(options, (message) =>
      logger.debug({ code: 'KAFKA_CLIENT' }, `kafka client: ${message}`),
    );
    this.#data = this.#newCluster();
  }

  /**
   * Connects, within the given time.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE; KAFKA_REFUSED, sooner, when a broker does not let this user
   *   in or its certificate is not believed
   */
  async connect(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const refusedBy = Math.min(deadline, Date.now() + REFUSED_MS);
    for (;;) {
      try {
        await this.#data.connect();
        await this.#data.refreshMetadata();
        return;
      } catch (error) {
        this.logger.debug({ code: errorWord(error) }, 'waiting for Kafka');
        const refusal = signInRefusal(error);
        if (refusal !== '' && Date.now() > refusedBy)
          throw new SealstreamError('KAFKA_REFUSED', { refusal });
        if (Date.now() > deadline) throw new SealstreamError('KAFKA_UNREACHABLE');
        await sleep(250);
      }
    }
  }

  /** A cluster with connections of its own, closed with this link. */
  newConnections(): Cluster {
    const cluster = this.#newCluster();
    this.#extra.add(cluster);
    return cluster;
  }

  /** Fails what is under way on such a cluster; the next request connects anew. */
  hangUp(cluster: Cluster): void {
    hangUpAll(cluster);
  }

  /** Ends such a cluster, without waiting for anything. */
  close(cluster: Cluster): void {
    this.#extra.delete(cluster);
    hangUpAll(cluster);
    void cluster.disconnect().catch(() => undefined);
  }

  /** Closes all connections, after requests under way as far as they end soon. */
  async stop(): Promise<void> {
    const bound = new AbortController();
    const late = sleep(CLOSE_MS, undefined, { signal: bound.signal }).catch(() => undefined);
    const closed = this.#data.disconnect().catch(() => undefined);
    await Promise.race([closed, late]);
    bound.abort();
    for (const cluster of [this.#data, ...this.#extra]) this.close(cluster);
  }

  /** The broker of that id, connected; a failure makes the broker list be read again, once. */
  async broker(nodeId: number | string, cluster: Cluster = this.#data): Promise<Broker> {
    try {
      return await cluster.findBroker({ nodeId });
    } catch (error) {
      this.logger.debug({ code: errorWord(error), node: nodeId }, 'reading the broker list again');
      await cluster.connect();
      await cluster.refreshMetadata();
      return cluster.findBroker({ nodeId });
    }
  }

  /** Whether nobody between can read what is sent to that broker. */
  isProtected({ connectionPool: { host } }: Broker): boolean {
    return (
      this.#isTls || host === 'localhost' || LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
    );
  }

  /** Any broker that answers. */
  async anyBroker(): Promise<Broker> {
    for (const nodeId of this.#data.getNodeIds()) {
      try {
        return await this.#data.findBroker({ nodeId });
      } catch (error) {
        this.logger.debug({ code: errorWord(error) }, 'broker does not answer');
      }
    }
    await this.connect(0);
    const [nodeId] = this.#data.getNodeIds();
    return this.#data.findBroker({ nodeId });
  }

  /** Sends one of our own requests to a broker. */
  async send<A>(nodeId: number, request: WireRequest<A>): Promise<A> {
    return this.sendTo(await this.broker(nodeId), request);
  }

  async sendTo<A>(broker: Broker, request: WireRequest<A>): Promise<A> {
    return this.call(broker, () => broker.connectionPool.send(request));
  }

  /**
   * Sends a fetch that is answered at once, past one that waits: brokers answer what comes over one
   * connection in turn.
   */
  async sendBesideFetches<A>(nodeId: number, request: WireRequest<A>): Promise<A> {
    return this.call(await this.broker(nodeId), async ({ connectionPool }) =>
      (await connectionPool.getConnection(0)).send(request),
    );
  }

  /** Fails the fetches under way; the next one connects anew. */
  hangUpFetches(): void {
    hangUpFetches(this.#data);
  }

  /** One call to a broker; when no answer came, the connection is not used again. */
  async call<A>(broker: Broker, ask: (broker: Broker) => Promise<A>): Promise<A> {
    try {
      return await ask(broker);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') hangUp(broker);
      throw error;
    }
  }

  /**
   * Fresh metadata of topics; null asks for all. Missing topics are left out.
   *
   * @throws SealstreamError KAFKA_REFUSED for one that this user may not look at: it may well be there
   */
  async topics(names: readonly string[] | null): Promise<TopicMetadata[]> {
    const answer = await this.sendTo(await this.anyBroker(), metadataRequest(names));
    for (const { errorCode, name } of answer.topics) requireSeen(name, errorCode);
    const found = answer.topics.filter((topic) => topic.errorCode === 0);
    for (const topic of found) this.#topics.set(topic.name, { topic, at: Date.now() });
    return found;
  }

  /**
   * Whether this user has all of some operations on a topic, by the numbers of Kafka's access rules.
   *
   * @throws SealstreamError TOPIC_MISSING, KAFKA_REFUSED for one that this user may not even look at
   */
  async mayAll(name: string, operations: readonly number[]): Promise<boolean> {
    const request = metadataRequest([name], { withOperations: true });
    const { topics } = await this.sendTo(await this.anyBroker(), request);
    const [topic] = topics;
    requireSeen(name, topic?.errorCode ?? 0);
    if (topic?.errorCode !== 0) throw new SealstreamError('TOPIC_MISSING', { topic: name });
    return operations.every((operation) => (topic.operations & (1 << operation)) !== 0);
  }

  async clusterInfo(): Promise<{ brokers: number; controllerId: number }> {
    const answer = await this.sendTo(await this.anyBroker(), metadataRequest([]));
    return { brokers: answer.brokers, controllerId: answer.controllerId };
  }

  /** A topic, from memory when that is fresh. Throws TOPIC_MISSING, KAFKA_REFUSED. */
  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    if (known !== undefined && Date.now() - known.at < METADATA_MAX_AGE_MS) return known.topic;
    const [topic] = await this.topics([name]);
    if (topic === undefined) throw new SealstreamError('TOPIC_MISSING', { topic: name });
    return topic;
  }

  async leader(topic: string, partition: number): Promise<number> {
    const { partitions } = await this.topic(topic);
    const found = partitions.find((candidate) => candidate.partition === partition);
    if (found === undefined) {
      this.forgetTopic(topic);
      throw new SealstreamError('TOPIC_TOO_FEW_PARTITIONS', { topic, partition });
    }
    if (found.leader < 0) {
      this.forgetTopic(topic);
      throw new KafkaRefusal('LEADER_NOT_AVAILABLE');
    }
    return found.leader;
  }

  forgetTopic(name: string): void {
    this.#topics.delete(name);
  }

  groupCoordinator(groupId: string, cluster?: Cluster): Promise<Broker> {
    return this.#coordinator(GROUP, groupId, cluster);
  }

  transactionCoordinator(transactionalId: string): Promise<Broker> {
    return this.#coordinator(TRANSACTION, transactionalId);
  }

  async #coordinator(kind: number, id: string, cluster = this.#data): Promise<Broker> {
    const key = `${kind}/${id}`;
    const nodeId = this.#coordinators.get(key) ?? (await this.#findCoordinator(kind, id));
    this.#coordinators.set(key, nodeId);
    try {
      return await this.broker(nodeId, cluster);
    } catch (error) {
      this.#coordinators.delete(key);
      throw error;
    }
  }

  /** Waits while a cluster that was never asked for one makes its internal topics. */
  async #findCoordinator(kind: number, id: string): Promise<number> {
    const deadline = Date.now() + COORDINATOR_WAIT_MS;
    for (;;) {
      try {
        const broker = await this.anyBroker();
        const found = await this.call(broker, () =>
          broker.findGroupCoordinator({ groupId: id, coordinatorType: kind }),
        );
        return found.coordinator.nodeId;
      } catch (error) {
        if (!isCoordinatorMoved(error) || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  /** Forgets where coordinators are when the error says that they moved or went away. */
  noteCoordinatorError(error: unknown, id: string): void {
    if (isCoordinatorMoved(error) || refusalType(error) === '') {
      this.#coordinators.delete(`${GROUP}/${id}`);
      this.#coordinators.delete(`${TRANSACTION}/${id}`);
    }
  }
}

/** Brokers say it of a topic that is not there, too, to whoever may not look at it. */
function requireSeen(topic: string, errorCode: number): void {
  if (errorCode === 0) return;
  const refusal = finalRefusal(KafkaRefusal.of(errorCode), { topic });
  if (refusal !== null) throw refusal;
}
