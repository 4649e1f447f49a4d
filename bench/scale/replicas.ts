import { runService } from '../flow/service-run.ts';
import { type Figures, figuresOf } from '../ground/figures.ts';
import { runLines } from '../ground/lines.ts';
import { PLAIN_LOOP, runMeasured } from '../ground/measured-program.ts';
import type { PlainLoopOptions } from '../ground/programs/plain-loop.ts';
import { settled } from '../ground/settled.ts';
import { checkOutcomes, OUTPUT, plainTopic, RAW } from '../flow/outcomes.ts';
import type { Ground } from './ground.ts';

/** mask in one group of several processes, beside as many plain loops in one group. */
export async function measureReplicas(ground: Ground): Promise<void> {
  const { flow, kafka, options, report } = ground;
  const { bytes, partitions, records } = options;
  const { progress } = report;
  progress.step(`writing ${records} records of ${bytes} bytes to ${RAW}`);
  await kafka.fill(RAW, records, bytes, (done) => progress.records(done, records));
  progress.step('sealing them');
  const ingest = { stage: 'ingest', env: flow.environmentOf('ingest'), total: records } as const;
  await runService(ingest, (done) => progress.records(done, records));
  await settled(() => checkOutcomes(kafka, 'ingest', records));
  // Not measured: a broker that has just started is slow, which would be told of the first count only.
  await maskRun(ground, options.replicas[0]);
  for (const replicas of options.replicas) {
    const reference = await plainRun(ground, replicas);
    const own = await maskRun(ground, replicas);
    const run = {
      what: `mask, ${replicas} ${replicas === 1 ? 'process' : 'processes'}`,
      against: 'as many plain loops on stock kafkajs',
      with: { bytes, records, partitions, replicas },
    };
    report.lines(runLines(run, own, reference));
  }
}

async function plainRun(ground: Ground, processes: number): Promise<Figures> {
  const { kafka, kafkajs, options, report, stack } = ground;
  const { partitions, records: total } = options;
  report.progress.step(`plain loop, ${processes} at once`);
  const target = `${plainTopic('mask')}.${processes}`;
  await kafka.makeTopics([target]);
  const loop: PlainLoopOptions = {
    kafkajs,
    brokers: stack.kafkaBrokers,
    source: RAW,
    target,
    treatment: 'mask',
    partitions,
    group: target,
    total,
  };
  const onRecords = (done: number) => report.progress.records(done, total);
  const { samples } = await runMeasured(PLAIN_LOOP, loop, onRecords, { processes, total });
  // At least: what was under way when the next process joined is written again.
  const count = await kafka.count(target);
  if (count < total) throw new Error(`${target}: of ${total} records ${count} came out`);
  return figuresOf(samples, total);
}

/** Each run does the whole topic again and is checked by what it wrote itself. */
async function maskRun(ground: Ground, replicas: number): Promise<Figures> {
  const { flow, kafka, options, report } = ground;
  const { records: total } = options;
  const from = await kafka.ends(OUTPUT.mask);
  await flow.rewind('mask');
  report.progress.step(`mask, ${replicas} at once`);
  const run = { stage: 'mask', env: flow.environmentOf('mask'), total, replicas } as const;
  const samples = await runService(run, (done) => report.progress.records(done, total));
  await settled(() => checkOutcomes(kafka, 'mask', total, from));
  return figuresOf(samples, total);
}
