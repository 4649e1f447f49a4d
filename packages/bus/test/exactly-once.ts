import { expect } from 'vitest';
import type { Bus } from '../src/index.ts';
import { type Flow, readAll } from './workers.ts';

/**
 * Every record of the source once and in order in the output, and audit ranges that join without a
 * gap up to the source's end. The source holds `p:0`, `p:1` and so on in partition p.
 */
export async function expectExactlyOnce(bus: Bus, flow: Flow, perPartition: number): Promise<void> {
  const out = await readAll(bus, flow.out, flow.partitions);
  const audit = await readAll(bus, flow.audit, flow.partitions);
  for (let partition = 0; partition < flow.partitions; partition += 1) {
    const values = out[partition].map((record) => record.value?.toString());
    expect(values).toEqual(Array.from({ length: perPartition }, (_, n) => `${partition}:${n}`));
    let last = '0';
    for (const event of audit[partition]) {
      const [, from, to] = (event.value?.toString() ?? '').split(':');
      expect(from).toBe(last);
      last = to;
    }
    expect(last).toBe(String(await bus.admin.offset(flow.source, partition, 'latest')));
  }
}
