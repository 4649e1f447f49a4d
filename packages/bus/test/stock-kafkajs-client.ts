// Writes lines from stdin with gzip, or prints values, by a kafkajs without our patch.
// node stock-kafkajs-client.ts FOLDER write BROKERS TOPIC < LINES
// node stock-kafkajs-client.ts FOLDER read BROKERS TOPIC COUNT
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What is used of kafkajs 2.2.4. */
interface Kafkajs {
  readonly Kafka: new (o: {
    brokers: string[];
    logLevel: number;
  }) => {
    producer(o: { allowAutoTopicCreation: boolean }): {
      connect(): Promise<void>;
      disconnect(): Promise<void>;
      send(o: {
        topic: string;
        compression: number;
        messages: { value: string; partition: number }[];
      }): Promise<unknown>;
    };
    consumer(o: { groupId: string }): {
      connect(): Promise<void>;
      disconnect(): Promise<void>;
      subscribe(o: { topics: string[]; fromBeginning: boolean }): Promise<void>;
      run(o: {
        eachMessage(o: { message: { value: Buffer | null } }): Promise<void>;
      }): Promise<void>;
    };
  };
  readonly logLevel: { readonly ERROR: number };
  readonly CompressionTypes: { readonly GZIP: number };
}

const [folder = '', what = '', brokers = '', topic = '', count = ''] = process.argv.slice(2);
const load = createRequire(join(folder, 'package.json'));
const { CompressionTypes, Kafka, logLevel } = load('kafkajs') as Kafkajs;
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR });
await (what === 'write' ? write() : read(Number(count)));

async function write(): Promise<void> {
  const lines = (await text(process.stdin)).split('\n').slice(0, -1);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = lines.map((value) => ({ value, partition: 0 }));
  await producer.send({ topic, compression: CompressionTypes.GZIP, messages });
  await producer.disconnect();
}

async function read(wanted: number): Promise<void> {
  const consumer = kafka.consumer({ groupId: `stock.${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let left = wanted;
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      process.stdout.write(`${message.value?.toString()}\n`);
      left -= 1;
      if (left === 0) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
}
