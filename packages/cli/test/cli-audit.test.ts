import type { Bus, OutRecord } from '@sealstream/bus';
import { expect, test } from 'vitest';

import { CliAudit } from '../src/cli-audit.ts';

function busWith(partitions: number, append: () => Promise<bigint>) {
  const written: OutRecord[] = [];
  const bus = {
    admin: { partitionCount: () => Promise.resolve(partitions) },
    append: (_topic: string, _partition: number, records: readonly OutRecord[]) => {
      written.push(...records);
      return append();
    },
  } as unknown as Pick<Bus, 'admin' | 'append'>;
  return { bus, written };
}

test('nothing may be opened where the topic for the events of commands is missing', async () => {
  const { bus, written } = busWith(0, () => Promise.resolve(0n));
  await expect(new CliAudit(bus).tell({ type: 'read' })).rejects.toMatchObject({
    code: 'TOPIC_MISSING',
  });
  expect(written).toEqual([]);
});

test('an event is told when the brokers have it, and not before', async () => {
  const acked = Promise.withResolvers<bigint>();
  const { bus, written } = busWith(1, () => acked.promise);
  const audit = new CliAudit(bus);
  let isTold = false;
  const telling = audit.tell({ type: 'read', dataset: 'people' }).finally(() => {
    isTold = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect({ isTold, events: written.length }).toEqual({ isTold: false, events: 1 });
  acked.resolve(0n);
  await telling;
  expect(JSON.parse(String(written[0]?.value))).toMatchObject({
    type: 'read',
    number: 0,
    emitter: expect.stringMatching(/^cli\//),
    actor: expect.stringMatching(/@/),
  });
  await audit.stop();
});
