/**
 * Reads encrypted.people with kafkajs and writes each record to stdout, one a line, with the fields
 * that were granted in clear. Settings: see README.md. Ends at SIGTERM.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { openGrant } from '@sealstream/sdk';
import { Kafka, logLevel } from 'kafkajs';

const { GRANT_FILE = '', KAFKA_BROKERS = '', PRIVATE_KEY_FILE = '' } = process.env;
const { SIGNER_PUBLIC_KEY_FILE = '', TOPIC = 'encrypted.people' } = process.env;

const reader = await openGrant({
  grant: readFileSync(GRANT_FILE),
  privateKey: readFileSync(PRIVATE_KEY_FILE),
  signerPublicKey: readFileSync(SIGNER_PUBLIC_KEY_FILE),
});

const brokers = KAFKA_BROKERS.split(',');
const kafka = new Kafka({ clientId: 'example', brokers, logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `kafkajs-example.${TOPIC}` });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  eachBatch: async ({ batch }) => {
    const opened = await reader.openBatch(batch.messages);
    for (const [at, one] of opened.entries())
      if (one.ok) process.stdout.write(`${one.value?.toString() ?? 'null'}\n`);
      else process.stderr.write(`offset ${batch.messages[at]?.offset}: ${one.code}\n`);
  },
});

await once(process, 'SIGTERM');
await consumer.disconnect();
reader.close();
