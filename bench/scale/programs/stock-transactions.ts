// The reference of connections: what exactly once takes with stock kafkajs. Records are passed on in
// transactions together with their offset, each partition with a producer of its own, since an id
// that is fenced must not take other partitions with it. A process of its own.
//
// Started with one argument, the JSON of StockTransactionsOptions. Ends when all records are through.
import { SelfSamples } from '../../ground/self-samples.ts';
import { stockClient } from '../../ground/stock-client.ts';

export interface StockTransactionsOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly brokers: string;
  readonly source: string;
  readonly target: string;
  readonly partitions: number;
  /** It ends after so many records. */
  readonly total: number;
}

const GROUP = 'stock-transactions';

async function main(options: StockTransactionsOptions): Promise<void> {
  const { brokers, kafkajs, partitions, source, target, total } = options;
  const kafka = stockClient(kafkajs, brokers, GROUP);
  const consumer = kafka.consumer({ groupId: GROUP, readUncommitted: false });
  const producers = Array.from({ length: partitions }, (_, partition) =>
    kafka.producer({
      allowAutoTopicCreation: false,
      transactionalId: `${GROUP}.${source}.${partition}`,
      maxInFlightRequests: 1,
      idempotent: true,
    }),
  );
  await Promise.all([consumer, ...producers].map((client) => client.connect()));
  await consumer.subscribe({ topics: [source], fromBeginning: true });
  const samples = new SelfSamples(total);
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch, heartbeat }) => {
      const { partition, topic } = batch;
      const messages = batch.messages.map(({ key, value }) => ({ key, value, partition }));
      const offset = String(BigInt(batch.messages.at(-1)?.offset ?? '-1') + 1n);
      const transaction = await producers[partition].transaction();
      await transaction.sendBatch({ acks: -1, topicMessages: [{ topic: target, messages }] });
      await transaction.sendOffsets({
        consumerGroupId: GROUP,
        topics: [{ topic, partitions: [{ partition, offset }] }],
      });
      await transaction.commit();
      samples.add(messages.length);
      await heartbeat();
    },
  });
  await samples.end();
  await Promise.all([consumer, ...producers].map((client) => client.disconnect()));
}

await main(JSON.parse(process.argv[2] ?? '{}') as StockTransactionsOptions);
