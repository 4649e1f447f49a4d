// The reference: what one would write first with kafkajs. A process of its own, so that its time and
// memory are its alone. Reads plain records, treats them with JSON.parse and node:crypto (or passes
// them on as they are), writes each batch with one send (acks=all) and then commits its offset: at
// least once, no transaction.
//
// Started with one argument, the JSON of PlainLoopOptions. Tells of itself as SelfSamples does.
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { SelfSamples } from '../self-samples.ts';
import { stockClient, type StockOutMessage } from '../stock-client.ts';

export type Treatment = 'passthrough' | 'ingest' | 'mask' | 'encrypt';

export interface PlainLoopOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly brokers: string;
  readonly source: string;
  readonly target: string;
  readonly treatment: Treatment;
  readonly partitions: number;
  /** Its consumer group; another one for each run that reads the same source from its start. */
  readonly group?: string;
  /** It ends after so many records. */
  readonly total: number;
}

interface Person {
  ssn: string;
  email: string;
  card: string;
}

const key = randomBytes(32);

function sealed(plain: string | Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function hashed(text: string | Buffer): string {
  return createHmac('sha256', key).update(text).digest().toString('base64url', 0, 16);
}

function checked(value: Buffer): Person {
  const person = JSON.parse(value.toString()) as Person;
  for (const field of [person.ssn, person.email, person.card])
    if (typeof field !== 'string') throw new TypeError('a field is missing');
  return person;
}

const TREAT: Readonly<Record<Treatment, (value: Buffer) => string | Buffer>> = {
  passthrough: (value) => value,
  ingest: (value) => {
    checked(value);
    return sealed(value);
  },
  mask: (value) => {
    const person = checked(value);
    person.ssn = `${person.ssn.slice(0, -4)}XXXX`;
    person.email = hashed(person.email);
    person.card = `${person.card.slice(0, 6)}${'*'.repeat(6)}${person.card.slice(-4)}`;
    return JSON.stringify(person);
  },
  encrypt: (value) => {
    const person = checked(value);
    person.ssn = sealed(person.ssn).toString('base64url');
    person.email = sealed(person.email).toString('base64url');
    person.card = sealed(person.card).toString('base64url');
    return JSON.stringify(person);
  },
};

async function main(options: PlainLoopOptions): Promise<void> {
  const { brokers, kafkajs, partitions, source, target, treatment, total } = options;
  const { group: groupId = `plain-${treatment}` } = options;
  const kafka = stockClient(kafkajs, brokers, 'plain-loop');
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topics: [source], fromBeginning: true });
  const treat = TREAT[treatment];
  const samples = new SelfSamples(total);
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch, heartbeat }) => {
      const { topic, partition } = batch;
      const messages = batch.messages.map((message): StockOutMessage => {
        const value = treat(message.value ?? Buffer.alloc(0));
        return { key: message.key, value, partition, timestamp: message.timestamp };
      });
      await producer.send({ topic: target, acks: -1, messages });
      const offset = String(BigInt(batch.messages.at(-1)?.offset ?? '-1') + 1n);
      await consumer.commitOffsets([{ topic, partition, offset }]);
      // Before the heartbeat, which throws when the group rebalances; the batch is committed by then.
      samples.add(messages.length);
      await heartbeat();
    },
  });
  await samples.end();
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
}

await main(JSON.parse(process.argv[2] ?? '{}') as PlainLoopOptions);
