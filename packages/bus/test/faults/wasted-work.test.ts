import { describe, expect } from 'vitest';
import { contrast } from './contrast.ts';
import type { FaultClient } from './fault-client.ts';

const KIB = 1024;

/** How many times the steps for so many records are taken for ten times as many. */
async function growth(client: FaultClient): Promise<number> {
  const few = await client.arraySteps(300);
  const many = await client.arraySteps(3000);
  return many / few;
}

describe('ten times as many records of a partition', () => {
  contrast({
    scenario: growth,
    stock: 'takes a hundred times the steps for, since it copies the list for each',
    shows: (times) => expect(times).toBeGreaterThan(90),
    bus: 'takes ten times the steps for',
    holds: (times) => expect(times).toBeLessThan(11),
  });
});

const records = Array.from({ length: 100 }, (_, index) => {
  return { key: Buffer.from(`k${index}`), value: Buffer.alloc(KIB), headers: [], timestamp: 1 };
});
const batch = { records, producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true };

describe('a batch of a hundred records of 1 KiB', () => {
  contrast({
    scenario: (client) => client.allocationsOfBatch(batch),
    stock: 'puts together from many buffers, and copies it several times',
    shows: ({ calls, bytes }) => {
      expect(calls / records.length).toBeGreaterThan(5);
      expect(bytes / (records.length * KIB)).toBeGreaterThan(5);
    },
    bus: 'writes into a buffer that it has',
    holds: (made) => expect(made).toEqual({ calls: 0, bytes: 0 }),
  });
});

describe('a request to write a batch of 1 MiB', () => {
  contrast({
    scenario: (client) => client.allocationsOfSending(KIB * KIB),
    stock: 'copies into buffers that grow by doubling',
    shows: ({ bytes }) => expect(bytes / (KIB * KIB)).toBeGreaterThan(3),
    bus: 'sends with the batch as it stands',
    holds: ({ bytes }) => expect(bytes).toBeLessThan(4 * KIB),
  });
});
