import { randomBytes } from 'node:crypto';
import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic, emptyParts, SealstreamError } from '@sealstream/contracts';
import { batchEvent, type FlowTransform, StageCounts } from '@sealstream/flow';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { until } from '../../cli/test/flow-processes.ts';
import { type BoundedRun, endsOf, runToEnd } from '../src/bounded-run.ts';

const quiet = () => undefined;
const id = randomBytes(4).toString('hex');
const SOURCE = `bounded.${id}`;
const TARGET = `target.${id}`;
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({
    brokers: inject('stack').kafkaBrokers.split(','),
    clientId: 'test',
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const events = auditTopic('cli');
  if (!(await bus.admin.createTopic(events, 3, 1, {}))) {
    const count = await bus.admin.partitionCount(events);
    if (count < 3) await bus.admin.growTopic(events, 3);
  }
  for (const topic of [SOURCE, TARGET]) {
    await bus.admin.createTopic(topic, 3, 1, {});
    await until(() => bus.admin.settings(topic).then(Boolean, () => false), `${topic} is known`);
  }
});

afterAll(() => bus.stop());

const passthrough: FlowTransform = (batch, out) => {
  const parts = emptyParts();
  for (let index = 0; index < batch.records.length; index += 1) {
    batch.records.read(index, parts);
    out.to(TARGET).add(parts);
  }
  const dataset = { name: 'people', sha256: 'ab' };
  return batchEvent('cli', dataset, batch, { [TARGET]: out.to(TARGET) }, new StageCounts());
};

function runOf(ends: readonly bigint[], over: Partial<BoundedRun> = {}): BoundedRun {
  return {
    group: `group.${id}`,
    source: SOURCE,
    outputs: [TARGET],
    events: auditTopic('cli'),
    ends,
    transform: passthrough,
    refresh: () => Promise.resolve(),
    patienceMs: 1000,
    onCommitted: () => undefined,
    ...over,
  };
}

async function written(): Promise<string[]> {
  const starts = [0, 1, 2].map((partition) => ({
    topic: TARGET,
    partition,
    offset: 'earliest' as const,
  }));
  const values: string[] = [];
  for await (const { records } of bus.read({ starts, until: 'end' }))
    values.push(...records.map(({ value }) => String(value)));
  return values;
}

test('a run ends at the ends though a partition is empty and another was deleted before', async () => {
  const records = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ key: null, value: Buffer.from(`${name}${n}`) }));
  await bus.append(SOURCE, 0, records('gone', 3));
  await bus.admin.deleteBefore(SOURCE, 0, 3n);
  await bus.append(SOURCE, 1, records('kept', 2));
  const ends = await endsOf(bus, SOURCE);
  expect(ends).toEqual([3n, 2n, 0n]);
  await bus.append(SOURCE, 1, records('later', 2));
  await runToEnd(bus, runOf(ends));
  expect(await written()).toEqual(['kept0', 'kept1']);
  // The next run of the group goes on there.
  await runToEnd(bus, runOf(await endsOf(bus, SOURCE)));
  expect(await written()).toEqual(['kept0', 'kept1', 'later0', 'later1']);
});

test('a run gives up with the code of what holds a partition up, and has written nothing', async () => {
  await bus.append(SOURCE, 2, [{ key: null, value: Buffer.from('x') }]);
  const held = runOf(await endsOf(bus, SOURCE), {
    transform: () => {
      throw new SealstreamError('KEY_UNKNOWN', { key: 'AAAAAAAAAAAA' });
    },
  });
  await expect(runToEnd(bus, held)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  expect(await written()).not.toContain('x');
});
