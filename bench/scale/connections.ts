import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningService } from '../flow/running-service.ts';
import { brokerConnections } from '../ground/broker-connections.ts';
import { lineOf } from '../ground/lines.ts';
import { startProgram } from '../ground/measured-program.ts';
import { settled } from '../ground/settled.ts';
import { checkOutcomes, plainTopic, RAW } from '../flow/outcomes.ts';
import type { Ground } from './ground.ts';
import type { StockTransactionsOptions } from './programs/stock-transactions.ts';

const STOCK = join(import.meta.dirname, 'programs', 'stock-transactions.ts');
const RECORDS_PER_PARTITION = 2000;
const LOOK_MS = 50;
/** Within which each process has done all records; a cold broker takes its time with a group. */
const WITHIN_MS = 180_000;

/** The most connections that one process holds while it works on many partitions. */
export async function measureConnections(ground: Ground): Promise<void> {
  const { kafka, options, report } = ground;
  const { bytes, many: partitions } = options;
  const records = partitions * RECORDS_PER_PARTITION;
  report.progress.step(`writing ${records} records of ${bytes} bytes to ${RAW}`);
  await kafka.fill(RAW, records, bytes, (done) => report.progress.records(done, records));
  const reference = await stockConnections(ground, records);
  // mask reads what ingest sealed.
  for (const stage of ['ingest', 'mask'] as const) {
    const figure = await serviceConnections(ground, stage, records);
    const line = lineOf({
      what: `${stage}, one process`,
      unit: 'connections',
      against: 'stock kafkajs, a transactional producer for each partition',
      figure,
      reference,
      places: 0,
      goal: '<= 3',
      with: { bytes, records, partitions },
    });
    report.lines([line]);
  }
}

async function stockConnections(ground: Ground, total: number): Promise<number> {
  const { kafka, kafkajs, report, stack } = ground;
  const target = plainTopic('mask');
  await kafka.makeTopics([target]);
  report.progress.step(`stock kafkajs, ${kafka.partitions} partitions`);
  const { partitions } = kafka;
  const brokers = stack.kafkaBrokers;
  const options: StockTransactionsOptions = {
    kafkajs,
    brokers,
    source: RAW,
    target,
    partitions,
    total,
  };
  const child = startProgram(STOCK, options);
  child.process.stdout?.resume();
  try {
    const most = await mostConnections(child.process.pid ?? 0, brokers, async () => {
      const { exitCode, signalCode } = child.process;
      return exitCode !== null || signalCode !== null;
    });
    if ((await child.exited) !== 0) throw new Error(`stock kafkajs failed:\n${child.said()}`);
    await settled(() => kafka.checkCount(target, total));
    return most;
  } finally {
    await child.stop();
  }
}

async function serviceConnections(
  { flow, kafka, report, stack }: Ground,
  stage: 'ingest' | 'mask',
  total: number,
): Promise<number> {
  report.progress.step(`${stage}, ${kafka.partitions} partitions`);
  const service = await RunningService.start(stage, flow.environmentOf(stage));
  try {
    const most = await mostConnections(service.pid, stack.kafkaBrokers, async () => {
      service.requireRunning();
      return ((await service.sample())?.records ?? 0) >= total;
    });
    await settled(() => checkOutcomes(kafka, stage, total));
    return most;
  } finally {
    await service.stop();
  }
}

/** Looks twenty times a second until it is done. */
async function mostConnections(
  pid: number,
  brokers: string,
  isDone: () => Promise<boolean>,
): Promise<number> {
  const port = Number(brokers.split(':').at(-1));
  const deadlineMs = performance.now() + WITHIN_MS;
  let most = 0;
  while (!(await isDone())) {
    most = Math.max(most, brokerConnections(pid, port));
    if (performance.now() > deadlineMs)
      throw new Error(`not all records were done within ${WITHIN_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
  // A process without one cannot have done its work: then it was looked for in the wrong place.
  if (most === 0) throw new Error('no connection of the process to the broker was seen');
  return most;
}
