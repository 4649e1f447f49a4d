// The reference of consume: the same records read by stock kafkajs. A process of its own.
//
// Started with one argument, the JSON of StockConsumeOptions. Tells of itself as SelfSamples does.
import { SelfSamples } from '../../ground/self-samples.ts';
import { stockClient } from '../../ground/stock-client.ts';
import type { ConsumeOptions } from './consume-reader.ts';

export interface StockConsumeOptions extends ConsumeOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
}

async function main(options: StockConsumeOptions): Promise<void> {
  const { brokers, bytes, kafkajs, partitions, source, total } = options;
  const consumer = stockClient(kafkajs, brokers, 'stock-consume').consumer({
    groupId: 'stock-consume',
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [source], fromBeginning: true });
  const samples = new SelfSamples(total);
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch: { messages } }) => {
      for (const { value } of messages)
        if (value?.length !== bytes) throw new RangeError('a record of another size');
      samples.add(messages.length);
    },
  });
  await samples.end();
  await consumer.disconnect();
}

await main(JSON.parse(process.argv[2] ?? '{}') as StockConsumeOptions);
