import { setTimeout as sleep } from 'node:timers/promises';
import { FLOW_SERVICES } from '@sealstream/contracts';
import { figuresOf, type Figures } from '../ground/figures.ts';
import { type Line, lineOf } from '../ground/lines.ts';
import { PLAIN_LOOP, runMeasured } from '../ground/measured-program.ts';
import { processTimes } from '../ground/process-times.ts';
import type { PlainLoopOptions } from '../ground/programs/plain-loop.ts';
import { settled } from '../ground/settled.ts';
import { ClosedLoop } from '../flow/feed.ts';
import { AGAINST, type Ground } from './ground.ts';
import { checkOutcomes, plainTopic, RAW } from '../flow/outcomes.ts';
import { each, type FlowSample, PARTS, together, type Together } from './together-figures.ts';
import { WholeFlow } from './whole-flow.ts';

const PLAIN_RAW = 'plain.raw';
/** Both read raw, and neither waits for the other. */
const BRANCHES = ['mask', 'encrypt'] as const;
type BranchName = (typeof BRANCHES)[number];

const SAMPLE_MS = 250;
/** A run that gets no further for so long has failed. */
const STALLED_MS = 60_000;
/** Reading millions of records takes its time; so does the marker of the last transaction. */
const SETTLED_MS = 30_000;

/** The whole flow, fed as fast as the slower of its two ends commits, beside two plain loops. */
export async function measureTogether(ground: Ground): Promise<void> {
  const { flow, kafka, options, report } = ground;
  await kafka.makeTopics([PLAIN_RAW, ...BRANCHES.map(plainTopic)]);
  await flow.prepare(options.partitions);
  const reference = await plainLoops(ground);
  const samples = await wholeFlow(ground);
  report.lines(togetherLines(together(samples), reference, ground));
}

/** Feeds both loops at once; each with the records of one run of a service. */
async function plainLoops(ground: Ground): Promise<Readonly<Record<BranchName, Figures>>> {
  const { bytes, kafka, kafkajs, options, report, stack } = ground;
  const { partitions, records: total } = options;
  report.progress.step(`plain loops, mask and encrypt at once, ${bytes} bytes`);
  const feed = new ClosedLoop({ kafka, topic: PLAIN_RAW, bytes });
  const done: Record<BranchName, number> = { mask: 0, encrypt: 0 };
  const through = () => Math.min(done.mask, done.encrypt);
  let isOver = false;
  const loop = async (branch: BranchName) => {
    const asked: PlainLoopOptions = {
      kafkajs,
      brokers: stack.kafkaBrokers,
      source: PLAIN_RAW,
      target: plainTopic(branch),
      treatment: branch,
      partitions,
      total,
    };
    const { samples } = await runMeasured(PLAIN_LOOP, asked, (records) => {
      done[branch] = records;
      report.progress.records(through(), total);
    });
    return figuresOf(samples, total);
  };
  try {
    const [mask, encrypt] = await Promise.all([
      loop('mask'),
      loop('encrypt'),
      feed.run(through, () => isOver, total),
    ]);
    for (const branch of BRANCHES) await settled(() => kafka.checkCount(plainTopic(branch), total));
    return { mask, encrypt };
  } finally {
    isOver = true;
  }
}

/** Runs until it was measured long enough, and checks both outputs. */
async function wholeFlow(ground: Ground): Promise<FlowSample[]> {
  const { bytes, flow, kafka, report } = ground;
  const feed = new ClosedLoop({ kafka, topic: RAW, bytes });
  const samples = await WholeFlow.with(flow, {}, report.progress, (services) =>
    feedUntilMeasured(ground, services, feed),
  );
  for (const branch of BRANCHES) {
    report.progress.step(`checking the ${feed.written} records of ${branch}`);
    await settled(() => checkOutcomes(kafka, branch, feed.written), SETTLED_MS);
  }
  return samples;
}

/** Resolves to the samples up to where it was measured long enough, when all that was fed is through. */
async function feedUntilMeasured(
  { bytes, options, report, stack }: Ground,
  services: WholeFlow,
  feed: ClosedLoop,
): Promise<FlowSample[]> {
  const { least, seconds } = options;
  report.progress.step(
    `the whole flow, ${bytes} bytes, ${least} records and ${seconds} s at least`,
  );
  const samples: FlowSample[] = [];
  let through = 0;
  let isOver = false;
  let isFed = false;
  const watch = async () => {
    let movedAtMs = performance.now();
    for (;;) {
      if (isFed && through >= feed.written) return;
      await sleep(SAMPLE_MS);
      services.requireRunning();
      const sample = await flowSample(services, stack.pids.kafka);
      if (sample === undefined) continue;
      if (sample.through > through) movedAtMs = performance.now();
      through = sample.through;
      if (performance.now() - movedAtMs > STALLED_MS)
        throw new Error(`the flow gets no further than ${through} of ${feed.written} records`);
      report.progress.records(through, least);
      if (isOver) continue;
      samples.push(sample);
      isOver = isMeasured(samples, options);
    }
  };
  const fed = async () => {
    await feed.run(
      () => through,
      () => isOver,
    );
    isFed = true;
  };
  try {
    await Promise.all([fed(), watch()]);
  } finally {
    isOver = true;
  }
  return samples;
}

function isMeasured(
  samples: readonly FlowSample[],
  { least, seconds }: { readonly least: number; readonly seconds: number },
): boolean {
  const so = together(samples);
  return so.seconds >= seconds && so.records >= least;
}

/** Undefined while a service does not answer. */
async function flowSample(services: WholeFlow, broker = 0): Promise<FlowSample | undefined> {
  const of = await services.sample();
  if (of === undefined) return undefined;
  const own = process.cpuUsage();
  return {
    atMs: performance.now(),
    through: Math.min(...BRANCHES.map((branch) => of[branch].records)),
    cpuSeconds: {
      ...each(FLOW_SERVICES, (service) => of[service].cpuSeconds),
      broker: processTimes(broker).cpuSeconds,
      producer: (own.user + own.system) / 1e6,
    },
    rssBytes: each(FLOW_SERVICES, (service) => of[service].rssBytes),
  };
}

function togetherLines(
  measured: Together,
  reference: Readonly<Record<BranchName, Figures>>,
  { bytes, options }: Ground,
): Line[] {
  const under = { bytes, records: measured.records, seconds: Math.round(measured.seconds) };
  const common = { against: AGAINST, with: { ...under, partitions: options.partitions } };
  const rates = BRANCHES.map((branch) => reference[branch].recordsPerSecond);
  const cpu = { ...common, unit: 'CPU-s/M', places: 1 };
  const all = FLOW_SERVICES.reduce((sum, service) => sum + measured.cpuPerMillion[service], 0);
  const plain: Readonly<Partial<Record<string, number>>> = {
    mask: reference.mask.cpuPerMillion,
    encrypt: reference.encrypt.cpuPerMillion,
  };
  return [
    lineOf({
      ...common,
      what: 'together',
      unit: 'records/s',
      figure: measured.recordsPerSecond,
      reference: Math.min(...rates),
      places: 0,
      goal: '>= 25000',
    }),
    lineOf({
      ...common,
      what: 'together, slowest 30 s',
      unit: 'records/s',
      figure: measured.slowestHalfMinute,
      reference: null,
      places: 0,
    }),
    lineOf({
      ...cpu,
      what: 'together, all services',
      figure: all,
      reference: reference.mask.cpuPerMillion + reference.encrypt.cpuPerMillion,
    }),
    ...PARTS.map((part) =>
      lineOf({
        ...cpu,
        what: `together, ${part}`,
        figure: measured.cpuPerMillion[part],
        reference: plain[part] ?? null,
      }),
    ),
    ...FLOW_SERVICES.map((service) =>
      lineOf({
        ...common,
        against: 'the first tenth of the run',
        what: `together, ${service}`,
        unit: 'MB',
        figure: measured.lastPeak[service] / 1e6,
        reference: measured.firstPeak[service] / 1e6,
        places: 0,
        ratioGoal: '<= 1.1',
      }),
    ),
  ];
}
