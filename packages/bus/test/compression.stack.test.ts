import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { consoleConsumer } from '../../../test/console-consumer.ts';
import { type Bus, type Compression, COMPRESSIONS, openBus, type Stage } from '../src/index.ts';
import { compressBatch } from '../src/wire/compressed-batch.ts';
import { encodeRecordBatch } from '../src/wire/record-batch-encoder.ts';
import {
  javaWriter,
  kafkajsReads,
  kafkajsWriter,
  kcatReads,
  kcatWriter,
  type LineWriter,
} from './other-clients.ts';
import { logger } from './quiet-logger.ts';
import { type StoredBatch, storeBatch, storedBatches } from './stored-batches.ts';
import { connect, type Flow, isDrained, newFlow, readAll, until } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
const CODECS = COMPRESSIONS.filter((name) => name !== 'none');
const LINES = 1200;

/** Everybody who writes, in order; each writes LINES lines of its own. */
const WRITERS: readonly { client: string; compression: Compression; write: LineWriter }[] = [
  ...CODECS.map((compression) => ({ client: 'kcat', compression, write: kcatWriter })),
  ...CODECS.map((compression) => ({ client: 'java', compression, write: javaWriter })),
  { client: 'kafkajs', compression: 'gzip', write: kafkajsWriter },
];

let bus: Bus;
let flow: Flow;

beforeAll(async () => {
  bus = await connect(brokers);
  flow = await newFlow(bus, brokers, 1);
  const place = { brokers, topic: flow.source };
  for (const { client, compression, write } of WRITERS)
    await write(place, compression, linesOf(client, compression));
});
afterAll(() => bus.stop());

function linesOf(client: string, compression: Compression): string[] {
  const about = `{"client":"${client}","codec":"${compression}","text":"${'again and '.repeat(9)}"`;
  return Array.from({ length: LINES }, (_, n) => `${about},"n":${n}}`);
}

const allLines = () => WRITERS.flatMap((one) => linesOf(one.client, one.compression));
const valuesOf = (records: readonly { value: Buffer | null }[]) =>
  records.map(({ value }) => value?.toString());

/** The codecs of the batches of each stretch of `length` offsets. */
function codecsBy(length: number, batches: readonly StoredBatch[]): Compression[][] {
  const by = Map.groupBy(batches, ({ baseOffset }) => Math.floor(baseOffset / length));
  return [...by.values()].map((some) => [...new Set(some.map((batch) => batch.compression))]);
}

/** Runs a stage that passes the source on to `out`, compressed so, until it has done all. */
async function passOn(compression: Compression): Promise<void> {
  const group = `${flow.group}.${compression}`;
  const stage: Stage = await bus.stage({
    name: 'pass',
    groupId: group,
    source: flow.source,
    outputs: [flow.out],
    compression,
    transform: (batch, out) => {
      for (const { key, value } of batch.records) out.to(flow.out).push({ key, value });
    },
  });
  await until(() => isDrained(bus, { ...flow, group }));
  await stage.stop();
}

describe('batches that other clients compressed', () => {
  it('are read whole and in order, in every codec that each client has', async () => {
    const batches = await storedBatches(brokers, flow.source);
    expect(codecsBy(LINES, batches)).toEqual(WRITERS.map(({ compression }) => [compression]));
    // Java's snappy is framed and librdkafka's is not: both ways of it were met.
    const snappy = batches.filter(({ compression }) => compression === 'snappy');
    const starts = snappy.map(({ payload }) => payload.toString('latin1', 1, 7) === 'SNAPPY');
    expect(new Set(starts)).toEqual(new Set([true, false]));
    const [read] = await readAll(bus, flow.source, 1);
    expect(valuesOf(read)).toEqual(allLines());
  });
});

describe('batches that a stage or an append compressed', () => {
  it('are read whole and in order by the Java consumer and by kcat', async () => {
    for (const compression of CODECS) await passOn(compression);
    const passed = await storedBatches(brokers, flow.out);
    const inOrder = passed.map(({ compression }) => compression);
    expect([...new Set(inOrder)]).toEqual(CODECS);
    expect(inOrder).toEqual(CODECS.flatMap((name) => inOrder.filter((other) => other === name)));
    const appended: string[] = [];
    for (const compression of CODECS) {
      const writer = await openBus({ brokers: [brokers], clientId: 'append', logger, compression });
      const lines = linesOf('append', compression);
      const records = lines.map((line) => ({ key: null, value: Buffer.from(line) }));
      try {
        await writer.append(flow.out, 0, records);
      } finally {
        await writer.stop();
      }
      appended.push(...lines);
    }
    const added = (await storedBatches(brokers, flow.out)).slice(passed.length);
    expect(added.map(({ compression }) => compression)).toEqual(CODECS);
    const expected = [...CODECS.flatMap(allLines), ...appended];
    const place = { brokers, topic: flow.out };
    expect(await kcatReads(place)).toEqual(expected);
    const java = await consoleConsumer({ ...place, isolation: 'read_committed' });
    expect(valuesOf(java)).toEqual(expected);
  });

  it('are read by kafkajs in the codec that it has', async () => {
    const options = { brokers: [brokers], clientId: 'gzip', logger };
    const writer = await openBus({ ...options, compression: 'gzip' });
    const lines = linesOf('append', 'gzip');
    const records = lines.map((line) => ({ key: null, value: Buffer.from(line) }));
    try {
      await writer.append(flow.audit, 0, records);
    } finally {
      await writer.stop();
    }
    const [batch] = await storedBatches(brokers, flow.audit);
    expect(batch.compression).toBe('gzip');
    expect(await kafkajsReads({ brokers, topic: flow.audit }, LINES)).toEqual(lines);
  });
});

describe('a batch that becomes more than 64 MiB', () => {
  it('pauses its partition by name, and nothing after it is read', async () => {
    const bombed = await newFlow(bus, brokers, 1);
    const value = Buffer.alloc(1024 * 1024);
    const records = Array.from({ length: 65 }, () => ({ key: null, value }));
    const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
    const batch = compressBatch(encodeRecordBatch(records, producer, 0n), 'zstd');
    expect(batch.length).toBeLessThan(100_000);
    await bus.append(bombed.source, 0, [{ key: null, value: Buffer.from('before') }]);
    const stage = await bus.stage({
      name: 'bombed',
      groupId: bombed.group,
      source: bombed.source,
      outputs: [bombed.out],
      transform: ({ records: some }, out) => {
        for (const record of some) out.to(bombed.out).push({ key: null, value: record.value });
      },
    });
    await until(() => isDrained(bus, bombed));
    expect(await storeBatch(brokers, bombed.source, batch)).toBe(0);
    await bus.append(bombed.source, 0, [{ key: null, value: Buffer.from('after') }]);
    await until(() => stage.lanes().some((lane) => lane.code === 'BATCH_UNREADABLE'));
    await stage.stop();
    const [out] = await readAll(bus, bombed.out, 1);
    expect(valuesOf(out)).toEqual(['before']);
    expect((await bus.admin.committed(bombed.group, bombed.source, 0)).offset).toBe(1n);
  });
});
