import { runService } from '../flow/service-run.ts';
import { figuresOf } from '../ground/figures.ts';
import { type RunGoals, runLines } from '../ground/lines.ts';
import { PLAIN_LOOP, runMeasured } from '../ground/measured-program.ts';
import type { PlainLoopOptions } from '../ground/programs/plain-loop.ts';
import { settled } from '../ground/settled.ts';
import { AGAINST, type Ground } from './ground.ts';
import {
  checkOutcomes,
  plainTopic,
  RAW,
  RAW_SETTINGS,
  type StageName,
  STAGES,
} from '../flow/outcomes.ts';

/** As good as it is wanted: of one process, with the sealed record opened and the event written. */
const GOALS: Readonly<Record<StageName, Readonly<Record<number, RunGoals>>>> = {
  ingest: {},
  mask: {
    350: { recordsPerSecond: '>= 90000', cpuPerMillion: '<= 10', cpuRatio: '<= 0.3' },
    1000: { cpuPerMillion: '<= 15' },
  },
  encrypt: {
    350: { recordsPerSecond: '>= 60000', cpuPerMillion: '<= 15', cpuRatio: '<= 0.25' },
    1000: { cpuPerMillion: '<= 20' },
  },
};

/** Each service alone on a topic that is full, beside a plain loop that does the same. */
export async function measureAlone(ground: Ground, stages: readonly StageName[]): Promise<void> {
  const { bytes, flow, kafka, options, report } = ground;
  const { partitions, records } = options;
  const { progress } = report;
  // Precondition: raw is made here and not by the flow, so that it keeps its records for each run.
  await kafka.makeTopics([RAW], RAW_SETTINGS);
  await kafka.makeTopics(stages.map(plainTopic));
  await flow.prepare(partitions);
  progress.step(`writing ${records} records of ${bytes} bytes to ${RAW}`);
  await kafka.fill(RAW, records, bytes, (done) => progress.records(done, records));
  for (const stage of STAGES) {
    const isMeasured = stages.includes(stage);
    // mask and encrypt read what ingest sealed.
    if (!isMeasured && stage !== 'ingest') continue;
    const reference = isMeasured ? await plainRun(ground, stage) : undefined;
    const own = await serviceRun(ground, stage);
    if (reference === undefined) continue;
    const run = { what: stage, against: AGAINST, with: { bytes, records, partitions } };
    report.lines(runLines(run, own, reference, GOALS[stage][bytes]));
  }
}

async function plainRun(ground: Ground, stage: StageName) {
  const { bytes, kafka, kafkajs, options, report, stack } = ground;
  const { partitions, records } = options;
  report.progress.step(`plain loop, ${stage}, ${bytes} bytes`);
  const loop: PlainLoopOptions = {
    kafkajs,
    brokers: stack.kafkaBrokers,
    source: RAW,
    target: plainTopic(stage),
    treatment: stage,
    partitions,
    total: records,
  };
  const { samples } = await runMeasured(PLAIN_LOOP, loop, (done) =>
    report.progress.records(done, records),
  );
  await settled(() => kafka.checkCount(plainTopic(stage), records));
  return figuresOf(samples, records);
}

async function serviceRun({ bytes, flow, kafka, options, report }: Ground, stage: StageName) {
  const { records } = options;
  report.progress.step(`service ${stage}, ${bytes} bytes`);
  const run = { stage, env: flow.environmentOf(stage), total: records };
  const samples = await runService(run, (done) => report.progress.records(done, records));
  await settled(() => checkOutcomes(kafka, stage, records));
  return figuresOf(samples, records);
}
