/**
 * A typed window onto the parts of kafkajs 2.2.4 that this package builds on: its connections with
 * TLS and SASL, its broker pool and its encodings of the small requests. Records never pass through
 * kafkajs's own encoder, decoder or consumer; README.md says why.
 */
import kafkajs, { type KafkaConfig, logLevel } from 'kafkajs';
import { connectSocket } from './socket.ts';
import type { WireRequest } from './wire/requests.ts';

export type ConnectionOptions = Pick<KafkaConfig, 'brokers' | 'clientId' | 'ssl' | 'sasl'>;

interface TopicPartitions<P> {
  topic: string;
  partitions: P[];
}

interface Transaction {
  transactionalId: string;
  producerId: bigint;
  producerEpoch: number;
}

/** One ACL as kafkajs sends it, in Kafka's numbers. */
export interface AclEntry {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** In a filter null matches every name. */
type AclFilter = {
  readonly [K in keyof AclEntry]: AclEntry[K] extends string ? string | null : number;
};

/** A broker as kafkajs holds it; only what is used here. */
export interface Broker {
  connectionPool: {
    host: string;
    send<A>(request: WireRequest<A>): Promise<A>;
    /** 0: what is not a fetch; 1: fetches. Connected when it resolves. */
    getConnection(index: 0 | 1): Promise<{ send<A>(request: WireRequest<A>): Promise<A> }>;
    pool: { socket?: { destroy(error: Error): void } }[];
  };
  disconnect(): Promise<void>;
  findGroupCoordinator(o: {
    groupId: string;
    coordinatorType: number;
  }): Promise<{ coordinator: { nodeId: number } }>;
  listOffsets(o: {
    replicaId: number;
    isolationLevel: number;
    topics: TopicPartitions<{ partition: number; timestamp: bigint }>[];
  }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string }>[] }>;
  offsetFetch(o: { groupId: string; topics: TopicPartitions<{ partition: number }>[] }): Promise<{
    responses: TopicPartitions<{ partition: number; offset: string; metadata: string | null }>[];
  }>;
  offsetCommit(o: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: TopicPartitions<{ partition: number; offset: bigint; metadata: string }>[];
  }): Promise<unknown>;
  describeGroups(o: { groupIds: string[] }): Promise<{
    groups: { groupId: string; state: string; members: { memberId: string; clientId: string }[] }[];
  }>;
  initProducerId(o: {
    transactionalId: string | null;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(
    o: Transaction & { topics: { topic: string; partitions: number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(o: Transaction & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    o: Transaction & {
      groupId: string;
      topics: TopicPartitions<{ partition: number; offset: bigint; metadata: string }>[];
    },
  ): Promise<unknown>;
  endTxn(o: Transaction & { transactionResult: boolean }): Promise<unknown>;
  createTopics(o: {
    topics: {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: { name: string; value: string }[];
    }[];
    timeout: number;
  }): Promise<unknown>;
  createPartitions(o: {
    topicPartitions: { topic: string; count: number }[];
    timeout: number;
  }): Promise<unknown>;
  deleteTopics(o: { topics: string[]; timeout: number }): Promise<unknown>;
  deleteRecords(o: {
    topics: TopicPartitions<{ partition: number; offset: bigint }>[];
  }): Promise<unknown>;
  describeAcls(o: AclFilter): Promise<{
    resources: (Pick<AclEntry, 'resourceType' | 'resourceName' | 'resourcePatternType'> & {
      acls: Pick<AclEntry, 'principal' | 'host' | 'operation' | 'permissionType'>[];
    })[];
  }>;
  createAcls(o: { acl: readonly AclEntry[] }): Promise<unknown>;
  deleteAcls(o: { filters: readonly AclFilter[] }): Promise<unknown>;
  describeConfigs(o: {
    resources: { type: number; name: string; configNames: string[] }[];
  }): Promise<{
    resources: {
      resourceName: string;
      configEntries: { configName: string; configValue: string; isDefault?: boolean }[];
    }[];
  }>;
}

/** kafkajs's cluster: a pool of brokers, each with one connection for fetches and one for the rest. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(o: { nodeId: number | string }): Promise<Broker>;
  getNodeIds(): string[];
  brokerPool: { brokers: Readonly<Record<string, Broker>>; seedBroker?: Broker };
}

/**
 * Ends a broker's connections now, so that requests under way fail and the next one connects anew.
 * kafkajs's own disconnect waits for those requests, for ever on a half-open connection.
 */
export function hangUp(broker: Broker): void {
  for (const connection of broker.connectionPool.pool) {
    connection.socket?.destroy(new Error('hung up'));
  }
}

/** The same for every broker of a cluster. */
export function hangUpAll(cluster: Cluster): void {
  for (const broker of brokersOf(cluster)) hangUp(broker);
}

/** The same for the connections of fetches only. */
export function hangUpFetches(cluster: Cluster): void {
  for (const { connectionPool } of brokersOf(cluster))
    connectionPool.pool[1]?.socket?.destroy(new Error('hung up'));
}

function brokersOf({ brokerPool }: Cluster): Set<Broker> {
  const all = new Set(Object.values(brokerPool.brokers));
  if (brokerPool.seedBroker !== undefined) all.add(brokerPool.seedBroker);
  return all;
}

interface ClusterFactory {
  (o: {
    metadataMaxAge: number;
    allowAutoTopicCreation: boolean;
    maxInFlightRequests: number | null;
    isolationLevel: number;
  }): Cluster;
}

/** Makes clusters that share settings; each has connections of its own. */
export function clusterFactory(
  options: ConnectionOptions,
  onLog: (message: string) => void,
): () => Cluster {
  const kafka = new kafkajs.Kafka({
    ...options,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 500 },
    socketFactory: connectSocket,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => onLog(entry.log.message),
  });
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    (candidate) => candidate.description === 'private:Kafka:createCluster',
  );
  if (symbol === undefined) throw new TypeError('this is not kafkajs 2.2.4');
  const create = Reflect.get(kafka, symbol) as ClusterFactory;
  return () =>
    create({
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: 1,
    });
}
