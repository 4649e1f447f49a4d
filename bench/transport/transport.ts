import { basename, join } from 'node:path';
import type { Stack } from '../../tools/stack/stack.ts';
import type { Asked, Bench } from '../ground/bench.ts';
import { figuresOf } from '../ground/figures.ts';
import { KafkaView } from '../ground/kafka-view.ts';
import { type Line, lineOf, type RunGoals, runLines } from '../ground/lines.ts';
import { type MeasuredRun, runMeasured } from '../ground/measured-program.ts';
import { LEAST_BYTES } from '../ground/people.ts';
import type { PlainLoopOptions } from '../ground/programs/plain-loop.ts';
import { quantile } from '../ground/quantiles.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { settled } from '../ground/settled.ts';
import { stockKafkajs } from '../../tools/stock-kafkajs.ts';
import type { ConsumeOptions } from './programs/consume-reader.ts';
import { checkEvents, checkPassed } from './outcomes.ts';
import type { PassthroughOptions } from './programs/passthrough-stage.ts';
import type { ProduceOptions } from './produce-load.ts';

const ROWS = ['passthrough', 'consume', 'produce', 'latency'] as const;
type Row = (typeof ROWS)[number];

const SOURCE = 'transport.raw';
/** Of the row `produce`: as large as a stage makes them under load. */
const LARGE_TRANSACTION = 2000;
/** Of the row `latency`: what a stage commits when little comes in. */
const SMALL_TRANSACTIONS = [100, 50];

interface TransportOptions {
  readonly records: number;
  readonly bytes: readonly number[];
  readonly partitions: number;
  readonly rows: readonly Row[];
  readonly transactions: number;
}

/** What one size of record is measured with. */
interface Ground {
  readonly options: TransportOptions;
  readonly bytes: number;
  readonly stack: Stack;
  readonly kafka: KafkaView;
  readonly kafkajs: string;
  readonly report: Report;
}

export const TRANSPORT: Bench = {
  name: 'transport',
  summary: 'the bus alone, beside stock kafkajs: passthrough, consume, produce, small transactions',
  about: [
    'passthrough: records as they are, an event and the offset in each transaction; beside a plain',
    '             loop, which is at least once and writes no event',
    'consume:     fetched, checked and decoded',
    `produce:     transactions of ${LARGE_TRANSACTION} records, an event and the offset`,
    `latency:     of transactions of ${SMALL_TRANSACTIONS.join(' and ')} records, all partitions at once`,
  ],
  options: {
    records: { takes: 'N', default: '500000', meaning: 'records of each run' },
    bytes: {
      takes: 'B',
      default: '350,1000',
      meaning: `bytes of a record, one size or several, at least ${LEAST_BYTES}`,
    },
    partitions: { takes: 'P', default: '4', meaning: 'partitions of each topic' },
    rows: { takes: 'R', default: 'all', meaning: `${ROWS.join(', ')} (several with commas), all` },
    transactions: { takes: 'T', default: '1000', meaning: 'transactions of each latency run' },
  },
  examples: ['', '--json --rows passthrough --bytes 350'],
  run: async (asked, report) => {
    const options = transportOptions(asked);
    const kafkajs = await stockKafkajs((line) => report.progress.step(line));
    for (const bytes of options.bytes)
      await withServers(report.progress, async (stack) => {
        const kafka = await KafkaView.open(stack.kafkaBrokers, options.partitions);
        try {
          await measure({ options, bytes, stack, kafka, kafkajs, report });
        } finally {
          await kafka.close();
        }
      });
  },
};

function transportOptions(asked: Asked): TransportOptions {
  return {
    records: asked.whole('records', 100, 20_000_000),
    bytes: asked.wholes('bytes', LEAST_BYTES, 65_536),
    partitions: asked.whole('partitions', 1, 48),
    rows: asked.words('rows', ROWS),
    transactions: asked.whole('transactions', 1, 100_000),
  };
}

async function measure(ground: Ground): Promise<void> {
  const { bytes, kafka, options, report } = ground;
  const { records, rows } = options;
  if (rows.includes('passthrough') || rows.includes('consume')) {
    await kafka.makeTopics([SOURCE]);
    report.progress.step(`writing ${records} records of ${bytes} bytes to ${SOURCE}`);
    await kafka.fill(SOURCE, records, bytes, (done) => report.progress.records(done, records));
  }
  if (rows.includes('passthrough')) await measurePassthrough(ground);
  if (rows.includes('consume')) await measureConsume(ground);
  if (rows.includes('produce')) await measureProduce(ground);
  if (rows.includes('latency'))
    for (const size of SMALL_TRANSACTIONS) await measureLatency(ground, size);
}

const PASSTHROUGH_GOALS: Readonly<Record<number, RunGoals>> = {
  350: { recordsPerSecond: '>= 180000', cpuPerMillion: '<= 5' },
  1000: { recordsPerSecond: '>= 80000', cpuPerMillion: '<= 8' },
};

async function measurePassthrough(ground: Ground): Promise<void> {
  const { bytes, kafka, kafkajs, options, report, stack } = ground;
  const { partitions, records: total } = options;
  const [plain, target, audit] = ['transport.plain', 'transport.out', 'transport.audit'];
  await kafka.makeTopics([plain, target, audit]);
  const ends = { brokers: stack.kafkaBrokers, source: SOURCE, total };
  const loop: PlainLoopOptions = {
    ...ends,
    kafkajs,
    target: plain,
    treatment: 'passthrough',
    partitions,
  };
  const reference = await run(ground, '../../ground/programs/plain-loop', loop, total);
  await settled(() => checkPassed(kafka, plain, { bytes, total }));
  const stage: PassthroughOptions = { ...ends, target, audit };
  const own = await run(ground, 'passthrough-stage', stage, total);
  await settled(() => checkPassed(kafka, target, { bytes, total }));
  await settled(() => checkEvents(kafka, audit, total));
  const what = {
    what: 'passthrough',
    against: 'plain loop on stock kafkajs',
    with: { bytes, records: total, partitions },
  };
  const goals = PASSTHROUGH_GOALS[bytes];
  report.lines(
    runLines(what, figuresOf(own.samples, total), figuresOf(reference.samples, total), goals),
  );
}

async function measureConsume(ground: Ground): Promise<void> {
  const { bytes, kafkajs, options, report, stack } = ground;
  const { partitions, records: total } = options;
  const asked: ConsumeOptions = {
    brokers: stack.kafkaBrokers,
    source: SOURCE,
    partitions,
    total,
    bytes,
  };
  const reference = await run(ground, 'stock-consumer', { ...asked, kafkajs }, total);
  const own = await run(ground, 'consume-reader', asked, total);
  const what = {
    what: 'consume',
    against: 'consumer of stock kafkajs',
    with: { bytes, records: total, partitions },
  };
  report.lines(runLines(what, figuresOf(own.samples, total), figuresOf(reference.samples, total)));
}

async function measureProduce(ground: Ground): Promise<void> {
  const { options, report } = ground;
  const runs = await produce(ground, LARGE_TRANSACTION, options.records);
  const { total } = runs;
  const what = { what: 'produce', ...runs.about };
  const own = figuresOf(runs.own.samples, total);
  report.lines(runLines(what, own, figuresOf(runs.reference.samples, total)));
}

async function measureLatency(ground: Ground, size: number): Promise<void> {
  const { own, reference, about } = await produce(ground, size, size * ground.options.transactions);
  const lines = ([0.5, 0.9, 0.99] as const).map(
    (q): Line =>
      lineOf({
        ...about,
        what: `transaction p${q * 100}`,
        unit: 'ms',
        figure: quantile(own.latenciesMs, q),
        reference: quantile(reference.latenciesMs, q),
        places: 1,
      }),
  );
  ground.report.lines(lines);
}

/** The same transactions by our stage and by stock kafkajs. */
async function produce(ground: Ground, size: number, wanted: number) {
  const { bytes, kafka, kafkajs, options, stack } = ground;
  const { partitions } = options;
  const transactions = Math.max(1, Math.round(wanted / size / partitions));
  const total = transactions * size * partitions;
  const [source, audit] = [`transport.triggers.${size}`, `transport.events.${size}`];
  const [target, stock] = [`transport.produced.${size}`, `transport.stock.${size}`];
  await kafka.makeTopics([source, audit, target, stock]);
  const triggers = Array.from({ length: transactions }, () => ({ key: null, value: null }));
  for (let partition = 0; partition < partitions; partition += 1)
    await kafka.bus.append(source, partition, triggers);
  const asked: Omit<ProduceOptions, 'target'> = {
    brokers: stack.kafkaBrokers,
    source,
    audit,
    partitions,
    recordsPerTransaction: size,
    bytes,
    total,
  };
  const reference = await run(
    ground,
    'stock-producer',
    { ...asked, target: stock, kafkajs },
    total,
  );
  await settled(() => kafka.checkCount(stock, total));
  const own = await run(ground, 'produce-stage', { ...asked, target }, total);
  await settled(() => kafka.checkCount(target, total));
  const about = {
    against: 'transactions of stock kafkajs',
    with: { bytes, records: total, partitions, recordsPerTransaction: size },
  };
  return { own, reference, total, about };
}

function run(ground: Ground, name: string, options: unknown, total: number): Promise<MeasuredRun> {
  const { progress } = ground.report;
  progress.step(`${basename(name)}, ${ground.bytes} bytes`);
  const program = join(import.meta.dirname, 'programs', `${name}.ts`);
  return runMeasured(program, options, (done) => progress.records(done, total));
}
