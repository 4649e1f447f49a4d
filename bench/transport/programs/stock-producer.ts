// The reference of produce: the same transactions by stock kafkajs, one transactional producer for
// each partition, all at once. A process of its own.
//
// Started with one argument, the JSON of StockProduceOptions. Tells of itself as SelfSamples does,
// with the time of each transaction.
import { SelfSamples } from '../../ground/self-samples.ts';
import { stockClient } from '../../ground/stock-client.ts';
import { loadEvent, loadRecords, type ProduceOptions } from '../produce-load.ts';

export interface StockProduceOptions extends ProduceOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
}

async function main(options: StockProduceOptions): Promise<void> {
  const { audit, brokers, kafkajs, partitions, recordsPerTransaction, source, target } = options;
  const kafka = stockClient(kafkajs, brokers, 'stock-produce');
  const load = loadRecords(options);
  const transactions = options.total / recordsPerTransaction / partitions;
  const producers = Array.from({ length: partitions }, (_, partition) =>
    kafka.producer({
      allowAutoTopicCreation: false,
      transactionalId: `${target}.${partition}`,
      maxInFlightRequests: 1,
      idempotent: true,
    }),
  );
  await Promise.all(producers.map((producer) => producer.connect()));
  const samples = new SelfSamples(options.total);
  const work = producers.map(async (producer, partition) => {
    const messages = load.map((record) => ({ ...record, partition }));
    for (let offset = 0; offset < transactions; offset += 1) {
      const startMs = performance.now();
      const event = { ...loadEvent(partition, BigInt(offset), load.length), partition };
      const transaction = await producer.transaction();
      const topicMessages = [
        { topic: target, messages },
        { topic: audit, messages: [event] },
      ];
      await transaction.sendBatch({ acks: -1, topicMessages });
      const partitions = [{ partition, offset: String(offset + 1) }];
      await transaction.sendOffsets({
        consumerGroupId: target,
        topics: [{ topic: source, partitions }],
      });
      await transaction.commit();
      samples.latenciesMs.push(performance.now() - startMs);
      samples.add(load.length);
    }
  });
  await Promise.all(work);
  await samples.end();
  await Promise.all(producers.map((producer) => producer.disconnect()));
}

await main(JSON.parse(process.argv[2] ?? '{}') as StockProduceOptions);
