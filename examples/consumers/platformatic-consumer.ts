/**
 * Reads encrypted.people with @platformatic/kafka and writes each record to stdout, one a line, with
 * the fields that were granted in clear. Settings: see README.md. Ends at SIGTERM.
 */
import { readFileSync } from 'node:fs';
import { Consumer } from '@platformatic/kafka';
import { openGrant, SealstreamError } from '@sealstream/sdk';

const { GRANT_FILE = '', KAFKA_BROKERS = '', PRIVATE_KEY_FILE = '' } = process.env;
const { SIGNER_PUBLIC_KEY_FILE = '', TOPIC = 'encrypted.people' } = process.env;

const reader = await openGrant({
  grant: readFileSync(GRANT_FILE),
  privateKey: readFileSync(PRIVATE_KEY_FILE),
  signerPublicKey: readFileSync(SIGNER_PUBLIC_KEY_FILE),
});

// Without deserializers keys, values and headers are bytes, which headers have to be.
const consumer = new Consumer({
  clientId: 'example',
  groupId: `platformatic-example.${TOPIC}`,
  bootstrapBrokers: KAFKA_BROKERS.split(','),
});
const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: true });
process.once('SIGTERM', () => void stream.close());

for await (const message of stream) {
  try {
    const value = await reader.open(message);
    process.stdout.write(`${value?.toString() ?? 'null'}\n`);
  } catch (error) {
    if (!(error instanceof SealstreamError)) throw error;
    process.stderr.write(`offset ${message.offset}: ${error.code}\n`);
  }
}
await consumer.close();
reader.close();
