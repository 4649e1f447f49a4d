// kafkajs 2.2.4 without our patch, used as its guide shows, to be asked what a fault makes of it.
// Started with the folder that it is installed in.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage, Producer } from 'kafkajs';
import { countedAllocations, countedArraySteps, countedIdling, leastCpuMs } from './counting.ts';
import type {
  Allocations,
  BatchToEncode,
  CopyOptions,
  CopyState,
  Decoded,
  Encoded,
  FaultClient,
  PlainRecord,
} from './fault-client.ts';
import { answersInPieces, refusal, sendingAllocations } from './lone-connection.ts';
import { serve } from './remote.ts';

const load = createRequire(join(process.argv[2], 'package.json'));
const kafkajs = load('kafkajs') as typeof import('kafkajs');

interface StockMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: IHeaders;
}

const produceV3 = load('kafkajs/src/protocol/requests/produce/v3/request') as (o: object) => {
  encode(): Promise<{ buffer: Buffer }>;
};
const Decoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ records: (Omit<KafkaMessage, 'timestamp'> & { timestamp: string })[] }>;
const groupByPartition = load('kafkajs/src/producer/groupMessagesPerPartition') as (
  o: object,
) => unknown;
const crc32C = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

/** Bytes of a request for one partition of topic `t` before its record batch. */
const BEFORE_BATCH = 27;

/** Its messages have their headers as an object, so that is what a user makes of a list. */
function messageOf({ key, value, headers, timestamp }: PlainRecord): StockMessage {
  const byName = Map.groupBy(headers, ([name]) => name);
  const entries = [...byName].map(([name, all]) => {
    const values = all.map(([, bytes]) => bytes as Buffer);
    return [name, values.length === 1 ? values[0] : values] as const;
  });
  return { key, value, timestamp, headers: Object.fromEntries(entries) };
}

function headersOf(headers: IHeaders | undefined): [string, Buffer | null][] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, Buffer | null] => {
      if (one === null || Buffer.isBuffer(one)) return [name, one];
      return [name, Buffer.from(`not bytes but ${typeof one}`)];
    }),
  );
}

async function encodeBatch({ records, transactional, ...producer }: BatchToEncode) {
  const request = produceV3({
    acks: -1,
    timeout: 1000,
    transactionalId: transactional ? 'x' : null,
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    topicData: [
      {
        topic: 't',
        partitions: [
          {
            partition: 0,
            firstSequence: producer.baseSequence,
            messages: records.map(messageOf),
          },
        ],
      },
    ],
  });
  const { buffer } = await request.encode();
  return buffer.subarray(transactional ? BEFORE_BATCH + 1 : BEFORE_BATCH);
}

class StockClient implements FaultClient {
  #kafka: Kafka | undefined;
  #plain: Producer | undefined;
  #consumer: Consumer | undefined;
  /** By transactional id, for as long as the process lives. */
  readonly #producers = new Map<string, Producer>();
  #instanceId: string | undefined;
  #partitions = 0;
  #ready: Promise<void> = Promise.resolve();
  #ended = '';

  async encode(batches: readonly BatchToEncode[]): Promise<Encoded[]> {
    return Promise.all(batches.map((batch) => encodeBatch(batch).catch(refusal)));
  }

  async decode(batches: readonly Buffer[]): Promise<Decoded[]> {
    return Promise.all(
      batches.map(async (bytes) => {
        try {
          const { records } = await decodeBatch(new Decoder(bytes));
          return records.map(({ key, value, headers, timestamp }) => {
            return { key, value, headers: headersOf(headers), timestamp: Number(timestamp) };
          });
        } catch (error) {
          return refusal(error);
        }
      }),
    );
  }

  async allocationsOfBatch(batch: BatchToEncode): Promise<Allocations> {
    await encodeBatch(batch);
    return countedAllocations(() => encodeBatch(batch));
  }

  async allocationsOfSending(batchBytes: number): Promise<Allocations> {
    const body = Buffer.alloc(batchBytes, 'b');
    const encode = async () => ({ buf: body, buffer: body });
    const request = { apiKey: 0, apiVersion: 7, apiName: 'Produce', encode };
    return sendingAllocations(load, { request, response: {} }, body);
  }

  async answersInPieces(
    sockets: readonly Buffer[],
    pieceBytes: number,
  ): Promise<readonly Buffer[]> {
    return answersInPieces(load, sockets, pieceBytes);
  }

  async arraySteps(records: number): Promise<number> {
    const messages = Array.from({ length: records }, () => ({ value: Buffer.alloc(8) }));
    const partitioner = () => 0;
    const partitionMetadata = [{ partitionId: 0 }];
    return countedArraySteps(() =>
      groupByPartition({ topic: 't', partitionMetadata, messages, partitioner }),
    );
  }

  async checksumCpuMs(sizeBytes: number): Promise<number> {
    const bytes = Buffer.alloc(sizeBytes);
    return leastCpuMs(() => crc32C(bytes));
  }

  async connect(brokers: string, clientId: string, instanceId?: string): Promise<void> {
    this.#instanceId = instanceId;
    await this.#plain?.disconnect();
    this.#plain = undefined;
    const { logLevel } = kafkajs;
    this.#kafka = new kafkajs.Kafka({
      brokers: brokers.split(','),
      clientId,
      logLevel: logLevel.NOTHING,
    });
  }

  get #connected(): Kafka {
    if (this.#kafka === undefined) throw new Error('connect first');
    return this.#kafka;
  }

  async append(
    topic: string,
    values: Readonly<Record<number, readonly string[]>>,
  ): Promise<string[]> {
    if (this.#plain === undefined) {
      this.#plain = this.#connected.producer({ allowAutoTopicCreation: false });
      await this.#plain.connect();
    }
    const messages = Object.entries(values).flatMap(([partition, texts]) =>
      texts.map((value) => ({ value, partition: Number(partition) })),
    );
    try {
      await this.#plain.send({ topic, acks: -1, messages });
      return [];
    } catch (error) {
      return [refusal(error).refused];
    }
  }

  async readCommitted(topic: string, from: bigint, last: string): Promise<string[]> {
    const groupId = randomUUID();
    const admin = this.#connected.admin();
    await admin.connect();
    const partitions = [{ partition: 0, offset: String(from) }];
    await admin.setOffsets({ groupId, topic, partitions });
    await admin.disconnect();
    const consumer = this.#connected.consumer({ groupId, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const values: string[] = [];
    const done = Promise.withResolvers<void>();
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        values.push(message.value?.toString() ?? '');
        if (values.at(-1) === last) done.resolve();
      },
    });
    await done.promise;
    await consumer.disconnect();
    return values;
  }

  async startCopy(options: CopyOptions): Promise<void> {
    this.#ended = '';
    // It knows no such setting, and its joinGroup leaves the name out of the request that has it.
    const named = this.#instanceId === undefined ? {} : { groupInstanceId: this.#instanceId };
    const consumer = this.#connected.consumer({
      groupId: options.group,
      sessionTimeout: options.sessionMs ?? 6000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
      ...named,
    });
    this.#consumer = consumer;
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) this.#ended = payload.error.message;
    });
    consumer.on('consumer.group_join', ({ payload }) => {
      const partitions = payload.memberAssignment[options.source] ?? [];
      this.#ready = this.#assigned(options, partitions);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [options.source], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.#copy(options, payload),
    });
  }

  async #assigned(options: CopyOptions, partitions: readonly number[]): Promise<void> {
    try {
      await Promise.all(partitions.map((partition) => this.#takeOver(options, partition)));
      this.#partitions = partitions.length;
    } catch (error) {
      this.#ended = refusal(error).refused;
    }
  }

  /** What it offers to end what an earlier owner of the id left open. */
  async #takeOver(options: CopyOptions, partition: number): Promise<void> {
    const producer = await this.#producerOf(options, partition);
    await (await producer.transaction()).abort();
  }

  async #producerOf(options: CopyOptions, partition: number): Promise<Producer> {
    const transactionalId = `${options.group}.${options.source}.${partition}`;
    const known = this.#producers.get(transactionalId);
    if (known !== undefined) return known;
    const { producerRetries: retries } = options;
    const producer = this.#connected.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      ...(retries === undefined ? {} : { retry: { retries } }),
    });
    this.#producers.set(transactionalId, producer);
    await producer.connect();
    return producer;
  }

  async #copy(options: CopyOptions, payload: EachBatchPayload): Promise<void> {
    await this.#ready;
    const { batch } = payload;
    const { partition } = batch;
    const producer = await this.#producerOf(options, partition);
    for (let from = 0; from < batch.messages.length; from += options.batchRecords) {
      if (!payload.isRunning() || payload.isStale()) return;
      const part = batch.messages.slice(from, from + options.batchRecords);
      const messages = part.map(({ key, value }) => ({ key, value, partition }));
      const last = part.at(-1)?.offset ?? '-1';
      const partitions = [{ partition, offset: String(BigInt(last) + 1n) }];
      const topics = [{ topic: options.source, partitions }];
      const transaction = await producer.transaction();
      try {
        await transaction.send({ topic: options.out, acks: -1, messages });
        await transaction.sendOffsets({ consumerGroupId: options.group, topics });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
      payload.resolveOffset(last);
      await payload.heartbeat();
    }
  }

  async copyState(): Promise<CopyState> {
    // It has no event for records that are gone: it logs a line and goes on elsewhere.
    return { partitions: this.#partitions, ended: this.#ended, lost: [] };
  }

  async stopCopy(): Promise<void> {
    await this.#consumer?.disconnect();
    this.#partitions = 0;
  }

  idle(forMs: number) {
    return countedIdling(forMs);
  }

  async askAtOnce(count: number): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === undefined) throw new Error('start a copy first');
    await Promise.all(Array.from({ length: count }, () => consumer.describeGroup()));
  }

  async topicIdentity(topic: string): Promise<string> {
    const admin = this.#connected.admin();
    await admin.connect();
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    return JSON.stringify(metadata);
  }
}

serve(new StockClient());
