import { afterEach, expect, inject, it } from 'vitest';
import { consoleConsumer } from '../console-consumer.ts';
import { coordinate, RunningFlow, until } from './running-flow.ts';

const RECORDS = 50_000;
const PER_APPEND = 500;
// A dead member's partitions wait for its session; the stack's broker allows short ones.
const QUICK = { SEALSTREAM_SESSION_TIMEOUT: '2s' };
const STAGES = ['ingest', 'mask', 'encrypt'] as const;

let flow: RunningFlow;
afterEach(() => flow.close());

const person = (n: number) =>
  Buffer.from(
    JSON.stringify({
      first_name: 'Ann',
      last_name: 'Lee',
      ssn: `${String(100 + (n % 800)).padStart(3, '0')}-45-${String(n % 10_000).padStart(4, '0')}`,
      email: `ann.${n}@example.org`,
    }),
  );

it('every source coordinate stands exactly once and in order in both outputs, though each service is killed in the middle of 50,000 records', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const { bus, dataset } = flow;
  const { raw, masked, encrypted } = dataset.topics;
  // ingest deletes behind itself, so what was written is noted here.
  const written = new Set<string>();
  const write = async (partition: number) => {
    for (let n = 0; n < RECORDS / 4; n += PER_APPEND) {
      const records = Array.from({ length: PER_APPEND }, (_, k) => ({
        key: Buffer.from(`${partition}-${n + k}`),
        value: person(n + k),
      }));
      const first = await bus.append(raw, partition, records);
      for (let k = 0n; k < PER_APPEND; k += 1n) written.add(`${partition}:${first + k}`);
    }
  };
  const running = {
    ingest: await flow.start('ingest', QUICK),
    mask: await flow.start('mask', QUICK),
    encrypt: await flow.start('encrypt', QUICK),
  };
  const writing = Promise.all([0, 1, 2, 3].map(write));
  let killedInWork = 0;
  for (const stage of STAGES) {
    await until(async () => (await flow.readAll(dataset.topics[outputOf(stage)])).length > 0);
    if (!(await flow.isDrained(stage))) killedInWork += 1;
    await flow.crash(running[stage]);
    running[stage] = await flow.launch(stage, QUICK);
  }
  await writing;
  for (const stage of STAGES) await until(() => flow.isDrained(stage));
  expect(killedInWork).toBeGreaterThan(0);
  expect(written.size).toBe(RECORDS);
  for (const topic of [masked, encrypted]) {
    const seen = (await flow.readAll(topic)).map(coordinate);
    expect(seen.length).toBe(RECORDS);
    expect(new Set(seen)).toEqual(written);
    expect(seen).toEqual(seen.toSorted(byCoordinate));
  }
  // The same count by Kafka's own client, which shares no line with ours.
  const brokers = inject('stack').kafkaBrokers;
  const topic = `${flow.namePrefix}${masked}`;
  const java = await consoleConsumer({ brokers, topic, isolation: 'read_committed' });
  expect(java.length).toBe(RECORDS);
}, 180_000);

function outputOf(stage: (typeof STAGES)[number]): 'accepted' | 'masked' | 'encrypted' {
  if (stage === 'ingest') return 'accepted';
  return stage === 'mask' ? 'masked' : 'encrypted';
}

function byCoordinate(a: string, b: string): number {
  const [partitionA, offsetA] = a.split(':');
  const [partitionB, offsetB] = b.split(':');
  return Number(partitionA) - Number(partitionB) || Number(offsetA) - Number(offsetB);
}
