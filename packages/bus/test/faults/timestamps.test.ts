import { describe, expect } from 'vitest';
import { contrast } from './contrast.ts';
import type { FaultClient } from './fault-client.ts';

/** Where a record batch holds the greatest timestamp of its records. */
const MAX_TIMESTAMP_AT = 35;

async function throughBatch(client: FaultClient, timestamps: readonly number[]) {
  const records = timestamps.map((timestamp) => {
    return { key: null, value: Buffer.from('v'), headers: [], timestamp };
  });
  const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
  const [batch] = await client.encode([{ records, ...producer }]);
  if (!Buffer.isBuffer(batch)) throw new Error(batch.refused);
  const [decoded] = await client.decode([batch]);
  if ('refused' in decoded) throw new Error(decoded.refused);
  return {
    greatest: Number(batch.readBigInt64BE(MAX_TIMESTAMP_AT)),
    each: decoded.map(({ timestamp }) => timestamp),
  };
}

describe('timestamps that differ in their number of digits', () => {
  contrast({
    scenario: (client) => throughBatch(client, [9, 10, 100]),
    stock: 'sorts as text, so that the batch names another one than the greatest',
    shows: ({ greatest }) => expect(greatest).toBe(9),
    bus: 'compares as numbers',
    holds: (found) => expect(found).toEqual({ greatest: 100, each: [9, 10, 100] }),
  });
});

describe('a timestamp of 0', () => {
  contrast({
    scenario: (client) => throughBatch(client, [0]),
    stock: 'replaces by the time of writing',
    shows: ({ each: [first] }) => expect(first).toBeGreaterThan(Date.UTC(2020)),
    bus: 'writes as it is',
    holds: (found) => expect(found).toEqual({ greatest: 0, each: [0] }),
  });
});
