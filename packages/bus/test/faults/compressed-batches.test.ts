import { describe, expect } from 'vitest';
import { compressBatch } from '../../src/wire/compressed-batch.ts';
import { encodeRecordBatch } from '../../src/wire/record-batch-encoder.ts';
import { contrast } from './contrast.ts';
import type { FaultClient } from './fault-client.ts';

const value = Buffer.alloc(1000, 'again and ');
const plain = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

/** The codecs that the client reads, without anything that it does not come with. */
async function readable(client: FaultClient): Promise<string[]> {
  const batch = encodeRecordBatch([{ key: null, value }], plain, 0n);
  const decoded = await client.decode(CODECS.map((codec) => compressBatch(batch, codec)));
  return CODECS.filter((_, index) => {
    const records = decoded[index];
    return !('refused' in records) && records[0].value?.equals(value) === true;
  });
}

describe('batches that other clients compressed', () => {
  contrast({
    scenario: readable,
    stock: 'reads in gzip only, so that a consumer stops at the first other one',
    shows: (codecs) => expect(codecs).toEqual(['gzip']),
    bus: 'reads in every codec of Kafka',
    holds: (codecs) => expect(codecs).toEqual([...CODECS]),
  });
});
