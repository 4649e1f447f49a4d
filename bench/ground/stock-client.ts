import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What the references use of kafkajs 2.2.4. */
export interface StockMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: string;
  readonly timestamp: string;
}

export interface StockBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly StockMessage[];
}

export interface StockOutMessage {
  readonly key: Buffer | null;
  readonly value: string | Buffer | null;
  readonly partition: number;
  readonly timestamp?: string;
}

/** Told when a consumer has joined its group. */
export interface JoinedEvent {
  readonly payload: { readonly memberAssignment: Readonly<Record<string, readonly number[]>> };
}

export interface StockConsumer {
  on(event: 'consumer.group_join', listener: (event: JoinedEvent) => void): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(o: { topics: string[]; fromBeginning: boolean }): Promise<void>;
  run(o: {
    autoCommit: boolean;
    partitionsConsumedConcurrently: number;
    eachBatch(payload: { batch: StockBatch; heartbeat: () => Promise<void> }): Promise<void>;
  }): Promise<void>;
  commitOffsets(o: { topic: string; partition: number; offset: string }[]): Promise<void>;
}

interface StockTopicMessages {
  readonly topic: string;
  readonly messages: StockOutMessage[];
}

export interface StockTransaction {
  sendBatch(o: { acks: number; topicMessages: StockTopicMessages[] }): Promise<unknown>;
  sendOffsets(o: {
    consumerGroupId: string;
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<void>;
  commit(): Promise<void>;
}

export interface StockProducer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(o: { topic: string; acks: number; messages: StockOutMessage[] }): Promise<unknown>;
  transaction(): Promise<StockTransaction>;
}

export interface StockClient {
  consumer(o: { groupId: string; readUncommitted: boolean }): StockConsumer;
  producer(o: {
    allowAutoTopicCreation: boolean;
    transactionalId?: string;
    maxInFlightRequests?: number;
    idempotent?: boolean;
  }): StockProducer;
}

interface Kafkajs {
  readonly Kafka: new (o: { clientId: string; brokers: string[]; logLevel: number }) => StockClient;
  readonly logLevel: { readonly ERROR: number };
}

/** A client of the kafkajs in that folder's node_modules, as its makers published it. */
export function stockClient(folder: string, brokers: string, clientId: string): StockClient {
  const load = createRequire(join(folder, 'package.json'));
  const { Kafka, logLevel } = load('kafkajs') as Kafkajs;
  return new Kafka({ clientId, brokers: brokers.split(','), logLevel: logLevel.ERROR });
}
