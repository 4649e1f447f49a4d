// The reference: a consumer of stock kafkajs that waits for records which do not come. A process of
// its own, until it is told to stop.
//
// Started with one argument, the JSON of IdleConsumerOptions. Says `ready` when it has joined.
import { type JoinedEvent, stockClient } from '../../ground/stock-client.ts';

export interface IdleConsumerOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly brokers: string;
  readonly source: string;
}

async function main({ brokers, kafkajs, source }: IdleConsumerOptions): Promise<void> {
  const kafka = stockClient(kafkajs, brokers, 'stock-idle');
  const consumer = kafka.consumer({ groupId: 'stock-idle', readUncommitted: false });
  process.once('SIGTERM', () => {
    void consumer.disconnect().finally(() => process.exit());
  });
  await consumer.connect();
  consumer.on('consumer.group_join', ({ payload }: JoinedEvent) => {
    process.stdout.write(`ready ${JSON.stringify(payload.memberAssignment)}\n`);
  });
  await consumer.subscribe({ topics: [source], fromBeginning: false });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 1,
    eachBatch: async () => undefined,
  });
}

await main(JSON.parse(process.argv[2] ?? '{}') as IdleConsumerOptions);
