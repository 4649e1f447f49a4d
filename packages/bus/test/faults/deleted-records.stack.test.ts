import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import type { Bus } from '../../src/index.ts';
import { connect, isDrained, newFlow, readAll, until, writeNumbered } from '../workers.ts';
import { contrast } from './contrast.ts';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;
beforeAll(async () => {
  bus = await connect(brokers);
});
afterAll(() => bus.stop());

describe('records that were deleted before the group read them', () => {
  contrast({
    scenario: async (client, side) => {
      const flow = await newFlow(bus, brokers, 1);
      await writeNumbered(bus, flow, 100);
      await bus.admin.setCommitted(flow.group, flow.source, 0, 10n);
      await bus.admin.deleteBefore(flow.source, 0, 50n);
      await client.connect(brokers, `${side}-late`);
      await client.startCopy({ ...flow, batchRecords: 50 });
      await until(
        async () => (await client.copyState()).ended !== '' || (await isDrained(bus, flow)),
      );
      const { ended, lost } = await client.copyState();
      await client.stopCopy();
      const [out] = await readAll(bus, flow.out, 1);
      const { offset } = await bus.admin.committed(flow.group, flow.source, 0);
      return { ended, lost, offset, copied: out.length };
    },
    stock: 'jumps over, and tells nobody',
    shows: (outcome) => expect(outcome).toEqual({ ended: '', lost: [], offset: 100n, copied: 50 }),
    bus: 'stops before, and tells which they were',
    holds: (outcome) =>
      expect(outcome).toEqual({
        ended: 'OFFSETS_LOST',
        lost: ['[10, 50)'],
        offset: 10n,
        copied: 0,
      }),
  });
});
