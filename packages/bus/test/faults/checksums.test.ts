import { describe, expect, test } from 'vitest';
import { clientOf, contrast } from './contrast.ts';
import type { FaultClient } from './fault-client.ts';

/** Records of a batch, one byte of whose value was changed on its way. */
async function changedOnItsWay(client: FaultClient) {
  const record = { key: null, value: Buffer.from('pay 100'), headers: [], timestamp: 1 };
  const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
  const [batch] = await client.encode([{ records: [record], ...producer }]);
  if (!Buffer.isBuffer(batch)) throw new Error(batch.refused);
  batch[batch.indexOf('pay 100') + 4] = '9'.charCodeAt(0);
  const [decoded] = await client.decode([batch]);
  return 'refused' in decoded ? decoded : decoded.map(({ value }) => value?.toString());
}

describe('a batch that was changed on its way', () => {
  contrast({
    scenario: changedOnItsWay,
    stock: 'hands out as if nothing were wrong',
    shows: (outcome) => expect(outcome).toEqual(['pay 900']),
    bus: 'refuses by its checksum',
    holds: (outcome) =>
      expect(outcome).toEqual({ refused: expect.stringMatching('BATCH_UNREADABLE') }),
  });
});

test('the bus takes less than a quarter of the CPU that stock kafkajs takes for a checksum', async () => {
  const sizeBytes = 4 * 1024 * 1024;
  const slow = await (await clientOf('stock')).checksumCpuMs(sizeBytes);
  const quick = await (await clientOf('bus')).checksumCpuMs(sizeBytes);
  expect(quick).toBeLessThan(slow / 4);
});
