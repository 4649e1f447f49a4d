// What one would write with kafkajs 2.2.4 as its guide shows: consume, transform (here: nothing),
// produce and send the offsets in one transaction, abort when something fails, go on with the same
// producer. The harness runs it in place of mask to see that its checks find what it loses.
//
// Started with one argument, the JSON of StockWorkerOptions.
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface StockWorkerOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly brokers: string;
  readonly clientId: string;
  readonly groupId: string;
  readonly source: string;
  readonly target: string;
  readonly partitions: number;
  /** Records of a transaction. */
  readonly batchRecords: number;
}

/** What it says on stdout once it is a member of its group; services.ts waits for it. */
const JOINED = 'joined the group';

/** What is used of kafkajs 2.2.4. */
interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly offset: string;
  readonly timestamp: string;
}
interface EachBatch {
  readonly batch: { readonly partition: number; readonly messages: readonly Message[] };
  readonly resolveOffset: (offset: string) => void;
  readonly heartbeat: () => Promise<void>;
  readonly isRunning: () => boolean;
  readonly isStale: () => boolean;
}
interface Transaction {
  send(o: { topic: string; messages: object[] }): Promise<unknown>;
  sendOffsets(o: {
    consumerGroupId: string;
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}
interface Producer {
  connect(): Promise<void>;
  transaction(): Promise<Transaction>;
}
interface Consumer {
  on(event: 'consumer.group_join', listener: () => void): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(o: { topics: string[]; fromBeginning: boolean }): Promise<void>;
  run(o: {
    autoCommit: boolean;
    eachBatchAutoResolve: boolean;
    partitionsConsumedConcurrently: number;
    eachBatch(payload: EachBatch): Promise<void>;
  }): Promise<void>;
}
interface Kafkajs {
  readonly Kafka: new (o: {
    clientId: string;
    brokers: string[];
    logLevel: number;
  }) => {
    consumer(o: {
      groupId: string;
      sessionTimeout: number;
      heartbeatInterval: number;
      maxWaitTimeInMs: number;
    }): Consumer;
    producer(o: {
      transactionalId: string;
      idempotent: boolean;
      maxInFlightRequests: number;
    }): Producer;
  };
  readonly logLevel: { readonly WARN: number };
}

const TIMES = { sessionTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 200 };

async function main(options: StockWorkerOptions): Promise<void> {
  const load = createRequire(join(options.kafkajs, 'package.json'));
  const { Kafka, logLevel } = load('kafkajs') as Kafkajs;
  const { clientId, groupId, source, target, partitions } = options;
  const brokers = options.brokers.split(',');
  const kafka = new Kafka({ clientId, brokers, logLevel: logLevel.WARN });
  const consumer = kafka.consumer({ groupId, ...TIMES });
  const producers = new Map<number, Promise<Producer>>();
  const producerOf = (partition: number) => {
    const known = producers.get(partition) ?? connected(partition);
    producers.set(partition, known);
    return known;
  };
  const connected = async (partition: number) => {
    const transactionalId = `${groupId}.${source}.${partition}`;
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  };
  const pass = async (partition: number, messages: readonly Message[]) => {
    const transaction = await (await producerOf(partition)).transaction();
    try {
      const copies = messages.map(({ key, value, headers, timestamp }) => {
        return { key, value, headers, timestamp, partition };
      });
      await transaction.send({ topic: target, messages: copies });
      const offset = String(BigInt(messages.at(-1)?.offset ?? '-1') + 1n);
      const topics = [{ topic: source, partitions: [{ partition, offset }] }];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics });
      await transaction.commit();
    } catch (error) {
      await transaction.abort();
      throw error;
    }
  };
  process.once('SIGTERM', () => {
    const end = () => process.exit(0);
    consumer.disconnect().then(end, end);
  });
  consumer.on('consumer.group_join', () => process.stdout.write(`${JOINED}\n`));
  await consumer.connect();
  await consumer.subscribe({ topics: [source], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      const { partition, messages } = batch;
      for (let from = 0; from < messages.length; from += options.batchRecords) {
        if (!isRunning() || isStale()) return;
        const part = messages.slice(from, from + options.batchRecords);
        await pass(partition, part);
        resolveOffset(part.at(-1)?.offset ?? '-1');
        await heartbeat();
      }
    },
  });
}

await main(JSON.parse(process.argv[2] ?? '{}') as StockWorkerOptions);
