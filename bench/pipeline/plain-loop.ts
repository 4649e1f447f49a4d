// The reference: what one would write first with kafkajs. A process of its own, so that its time and
// memory are its alone. Reads plain records, treats them with JSON.parse and node:crypto, writes
// each batch with one send (acks=all) and then commits its offset: at least once, no transaction.
//
// Started with one argument, the JSON of PlainLoopOptions. Prints samples as JSON lines.
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Sample } from './figures.ts';
import type { StageName } from './options.ts';

export interface PlainLoopOptions {
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly brokers: string;
  readonly source: string;
  readonly target: string;
  readonly stage: StageName;
  readonly partitions: number;
  /** It ends after so many records. */
  readonly total: number;
}

/** What is used of kafkajs 2.2.4. */
interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: string;
  readonly timestamp: string;
}
interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message[];
}
interface OutMessage {
  readonly key: Buffer | null;
  readonly value: string | Buffer;
  readonly partition: number;
  readonly timestamp: string;
}
interface Consumer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(o: { topics: string[]; fromBeginning: boolean }): Promise<void>;
  run(o: {
    autoCommit: boolean;
    partitionsConsumedConcurrently: number;
    eachBatch(payload: { batch: Batch; readonly heartbeat: () => Promise<void> }): Promise<void>;
  }): Promise<void>;
  commitOffsets(o: { topic: string; partition: number; offset: string }[]): Promise<void>;
}
interface Producer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(o: { topic: string; acks: number; messages: OutMessage[] }): Promise<unknown>;
}
interface Kafkajs {
  readonly Kafka: new (o: {
    clientId: string;
    brokers: string[];
    logLevel: number;
  }) => {
    consumer(o: { groupId: string; readUncommitted: boolean }): Consumer;
    producer(o: { allowAutoTopicCreation: boolean }): Producer;
  };
  readonly logLevel: { readonly ERROR: number };
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

const TREAT: Readonly<Record<StageName, (value: Buffer) => string | Buffer>> = {
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
  const load = createRequire(join(options.kafkajs, 'package.json'));
  const { Kafka, logLevel } = load('kafkajs') as Kafkajs;
  const kafka = new Kafka({
    clientId: 'plain-loop',
    brokers: options.brokers.split(','),
    logLevel: logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: `plain-${options.stage}`, readUncommitted: false });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topics: [options.source], fromBeginning: true });
  const treat = TREAT[options.stage];
  let records = 0;
  const tell = () => {
    const { user, system } = process.cpuUsage();
    const sample: Sample = {
      atMs: performance.now(),
      records,
      cpuSeconds: (user + system) / 1e6,
      rssBytes: process.memoryUsage.rss(),
    };
    process.stdout.write(`${JSON.stringify(sample)}\n`);
  };
  tell();
  const timer = setInterval(tell, 100);
  const all = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: options.partitions,
    eachBatch: async ({ batch, heartbeat }) => {
      const { topic, partition } = batch;
      const messages = batch.messages.map((message): OutMessage => {
        const value = treat(message.value ?? Buffer.alloc(0));
        return { key: message.key, value, partition, timestamp: message.timestamp };
      });
      await producer.send({ topic: options.target, acks: -1, messages });
      const offset = String(BigInt(batch.messages.at(-1)?.offset ?? '-1') + 1n);
      await consumer.commitOffsets([{ topic, partition, offset }]);
      await heartbeat();
      records += messages.length;
      if (records >= options.total) all.resolve();
    },
  });
  await all.promise;
  clearInterval(timer);
  tell();
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
}

await main(JSON.parse(process.argv[2] ?? '{}') as PlainLoopOptions);
