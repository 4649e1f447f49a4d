import { join } from 'node:path';
import { COMPRESSIONS, openBus } from '@sealstream/bus';
import { afterEach, expect, inject, it } from 'vitest';
import { compressedBatches, filesUnder } from '../../tools/plaintext-search.ts';
import { coordinate, RunningFlow, until } from './running-flow.ts';

const stack = inject('stack');
const nothing = () => undefined;
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const PER_CODEC = 200;

let flow: RunningFlow;
afterEach(() => flow.close());

/** How many compressed batches lie in the segments of a topic's partition 0. */
function compressed(topic: string): number {
  const segments = filesUnder(join(stack.directories.kafka, `${flow.namePrefix}${topic}-0`));
  return segments
    .filter((path) => path.endsWith('.log'))
    .reduce((sum, path) => sum + compressedBatches(path), 0);
}

function person(index: number): Buffer {
  const ssn = String(100_000_000 + index).replace(/(...)(..)(....)/, '$1-$2-$3');
  const email = `n${index}@x.example`;
  return Buffer.from(JSON.stringify({ first_name: 'Ann', last_name: 'Lee', ssn, email }));
}

it('masks what was produced in any codec, and writes it in the one that the setting names', async () => {
  flow = await RunningFlow.open(stack);
  const { dataset, namePrefix } = flow;
  const { raw, masked } = dataset.topics;
  for (const [index, compression] of COMPRESSIONS.entries()) {
    const options = { brokers: [stack.kafkaBrokers], clientId: 'produce', logger: quiet };
    const producer = await openBus({ ...options, namePrefix, compression });
    const records = Array.from({ length: PER_CODEC }, (_, n) => ({
      key: Buffer.from(String(index * PER_CODEC + n)),
      value: person(index * PER_CODEC + n),
    }));
    try {
      await producer.append(raw, 0, records);
    } finally {
      await producer.stop();
    }
  }
  expect(compressed(raw)).toBe(COMPRESSIONS.length - 1);
  await flow.start('ingest');
  await flow.start('mask', { SEALSTREAM_COMPRESSION: 'zstd' });
  const total = COMPRESSIONS.length * PER_CODEC;
  await until(async () => (await flow.readAll(masked)).length >= total);
  const written = await flow.readAll(masked);
  expect(written.map((record) => coordinate(record))).toEqual(
    Array.from({ length: total }, (_, n) => `0:${n}`),
  );
  expect(compressed(masked)).toBeGreaterThan(0);
}, 90_000);
