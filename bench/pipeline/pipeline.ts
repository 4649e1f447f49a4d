import { cpus } from 'node:os';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { MEASURED_JAVA } from '../../tools/stack/kafka.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { figuresOf } from './figures.ts';
import { FlowSide } from './flow-side.ts';
import { KafkaSide, plainTopic, RAW } from './kafka-side.ts';
import { runPlainLoop, runService } from './measured-runs.ts';
import { type BenchOptions, type StageName, STAGES } from './options.ts';
import { Progress } from './progress.ts';
import { type Line, linesOf, TABLE_HEAD, tableRow } from './report.ts';
import { stockKafkajs } from './stock-kafkajs.ts';

/** What one size of record is measured with. */
interface Ground {
  readonly options: BenchOptions;
  readonly bytes: number;
  readonly stack: Stack;
  readonly flow: FlowSide;
  readonly kafka: KafkaSide;
  readonly kafkajs: string;
  readonly progress: Progress;
}

/**
 * Measures each stage beside the plain loop and prints the figures on stdout.
 *
 * Throws when a run fails, or when not every record came out exactly once.
 */
export async function pipelineBench(options: BenchOptions): Promise<void> {
  const progress = new Progress();
  const cpu = cpus()[0]?.model ?? 'unknown processor';
  progress.step(`Node ${process.versions.node}, ${cpus().length} cores (${cpu})`);
  const kafkajs = await stockKafkajs((line) => progress.step(line));
  if (!options.json) process.stdout.write(`${TABLE_HEAD}\n`);
  for (const bytes of options.bytes) await onServers(options, bytes, kafkajs, progress);
  progress.done();
}

/** Servers of their own for each size, so that none finds the pages of another in memory. */
async function onServers(
  options: BenchOptions,
  bytes: number,
  kafkajs: string,
  progress: Progress,
): Promise<void> {
  progress.step('starting Kafka and Redis');
  const stack = await startStack({
    name: `bench-${process.pid}-${bytes}`,
    kind: 'java',
    javaFlags: MEASURED_JAVA,
    forPid: process.pid,
    progress: (line) => progress.step(line),
  });
  try {
    const kafka = await KafkaSide.open(stack.kafkaBrokers, options.partitions);
    try {
      const flow = new FlowSide(stack);
      await measure({ options, bytes, stack, flow, kafka, kafkajs, progress });
    } finally {
      await kafka.close();
    }
  } finally {
    progress.step('stopping Kafka and Redis');
    await stack.stop({ purge: true });
  }
}

async function measure(ground: Ground): Promise<void> {
  const { bytes, flow, kafka, options, progress } = ground;
  const { partitions, records, stages } = options;
  // Precondition: raw is made here and not by the flow, so that it keeps its records for each run.
  await kafka.makeTopics(stages);
  await flow.prepare(partitions);
  progress.step(`writing ${records} records of ${bytes} bytes to ${RAW}`);
  await kafka.fill(records, bytes, (done) => progress.records(done, records));
  for (const stage of STAGES) {
    const isMeasured = stages.includes(stage);
    // mask and encrypt read what ingest sealed.
    if (!isMeasured && stage !== 'ingest') continue;
    const reference = isMeasured ? await plainRun(ground, stage) : undefined;
    const own = await serviceRun(ground, stage);
    if (reference === undefined) continue;
    print(linesOf({ what: stage, bytes, records }, own, reference), options.json, progress);
  }
}

async function plainRun(ground: Ground, stage: StageName) {
  const { bytes, kafka, kafkajs, options, progress, stack } = ground;
  const { partitions, records } = options;
  progress.step(`plain loop, ${stage}, ${bytes} bytes`);
  const samples = await runPlainLoop(
    {
      kafkajs,
      brokers: stack.kafkaBrokers,
      source: RAW,
      target: plainTopic(stage),
      stage,
      partitions,
      total: records,
    },
    (done) => progress.records(done, records),
  );
  await kafka.checkPlain(stage, records);
  return figuresOf(samples, records);
}

async function serviceRun({ bytes, flow, kafka, options, progress }: Ground, stage: StageName) {
  const { records } = options;
  progress.step(`service ${stage}, ${bytes} bytes`);
  const [httpPort = 0] = await freePorts(1);
  const run = { stage, httpPort, env: flow.environmentOf(stage), total: records };
  const samples = await runService(run, (done) => progress.records(done, records));
  await kafka.checkOutcomes(stage, records);
  return figuresOf(samples, records);
}

function print(lines: readonly Line[], json: boolean, progress: Progress): void {
  progress.done();
  for (const line of lines)
    process.stdout.write(`${json ? JSON.stringify(line) : tableRow(line)}\n`);
}
