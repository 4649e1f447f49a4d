import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaView } from '../ground/kafka-view.ts';
import { type Goal, type Line, lineOf } from '../ground/lines.ts';
import { PLAIN_LOOP, runMeasured } from '../ground/measured-program.ts';
import type { PlainLoopOptions } from '../ground/programs/plain-loop.ts';
import { quantile } from '../ground/quantiles.ts';
import { evenly } from '../flow/feed.ts';
import { AGAINST, type Ground } from './ground.ts';
import type { PipelineOptions } from './options.ts';
import { OUTPUT, plainTopic, RAW } from '../flow/outcomes.ts';
import { type Settings, WholeFlow } from './whole-flow.ts';

const PLAIN_RAW = 'plain.raw';
/** After the last record is written; a record that was not seen by then has failed the run. */
const UNSEEN_MS = 60_000;
const LOOK_MS = 50;
/** Where personJson has its number. */
const ID = { from: 7, to: 16 } as const;

const LOW = { SEALSTREAM_LINGER: '5ms' } as const;

interface Setting {
  readonly what: string;
  readonly settings: Settings;
  readonly goals: Readonly<Partial<Record<string, Goal>>>;
}

const SETTINGS: readonly Setting[] = [
  {
    what: 'raw to masked',
    settings: {},
    goals: { p50: '<= 120', p99: '<= 400' },
  },
  {
    what: 'raw to masked, low latency',
    settings: { ingest: LOW, mask: LOW },
    goals: { p50: '<= 30', p99: '<= 200' },
  },
];

/** A way that records go, from a topic to another, and the number of the first one. */
interface Way {
  readonly first: number;
  readonly source: string;
  readonly target: string;
}

/** The time of a record through ingest and mask while all services run, beside a plain loop. */
export async function measureLatency(ground: Ground): Promise<void> {
  const { flow, kafka, options, report } = ground;
  const { partitions, rate, timed: records } = options;
  await kafka.makeTopics([PLAIN_RAW, plainTopic('mask')]);
  await flow.prepare(partitions);
  const reference = await plainTimes(ground);
  for (const [turn, { what, settings, goals }] of SETTINGS.entries()) {
    const first = turn * (warmUpOf(options) + records);
    const own = await WholeFlow.with(flow, settings, report.progress, () => {
      report.progress.step(`${what}: ${records} records at ${rate}/s`);
      return times(ground, { first, source: RAW, target: OUTPUT.mask });
    });
    const common = { against: AGAINST, with: { bytes: ground.bytes, records, rate, partitions } };
    report.lines(
      ([0.5, 0.9, 0.99] as const).map((q): Line => {
        const name = `p${q * 100}`;
        return lineOf({
          ...common,
          what: `${what}, ${name}`,
          unit: 'ms',
          figure: quantile(own, q),
          reference: quantile(reference, q),
          places: 1,
          goal: goals[name],
        });
      }),
    );
  }
}

async function plainTimes(ground: Ground): Promise<number[]> {
  const { kafkajs, options, report, stack } = ground;
  const { partitions, rate, timed: records } = options;
  report.progress.step(`plain loop: ${records} records at ${rate}/s`);
  const ends = { source: PLAIN_RAW, target: plainTopic('mask') };
  const loop: PlainLoopOptions = {
    kafkajs,
    brokers: stack.kafkaBrokers,
    ...ends,
    treatment: 'mask',
    partitions,
    total: warmUpOf(options) + records,
  };
  const [measured] = await Promise.all([
    times(ground, { first: 0, ...ends }),
    runMeasured(PLAIN_LOOP, loop, () => undefined),
  ]);
  return measured;
}

/**
 * Records that go before those that are timed: while services join their groups, and while a broker
 * that has just started still interprets its code.
 */
function warmUpOf({ rate, warmup }: PipelineOptions): number {
  return rate * warmup;
}

/**
 * Writes records to one topic evenly, some to warm things up and then those that are timed, and reads
 * another as a reader of committed records does. Resolves to the milliseconds from where each timed
 * record was handed to Kafka to where it is seen.
 *
 * Throws when one is not seen within a minute after the last was written, or is seen twice.
 */
async function times(ground: Ground, { first, source, target }: Way): Promise<number[]> {
  const { bytes, kafka, options, stack } = ground;
  const { partitions, rate: perSecond, timed } = options;
  const warmUp = warmUpOf(options);
  const sentMs = new Float64Array(warmUp + timed);
  const tookMs = new Float64Array(warmUp + timed).fill(Number.NaN);
  let seen = 0;
  const done = new AbortController();
  const reader = await KafkaView.open(stack.kafkaBrokers, partitions);
  const starts = Array.from({ length: partitions }, (_, partition) => ({
    topic: target,
    partition,
    offset: 'earliest' as const,
  }));
  const read = async () => {
    for await (const { records } of reader.bus.read({ starts, signal: done.signal })) {
      const nowMs = performance.now();
      for (const { value } of records) {
        const n = Number(value?.toString('latin1', ID.from, ID.to)) - first;
        if (n < 0) continue;
        if (!Number.isNaN(tookMs[n])) throw new Error(`${target} has record ${first + n} twice`);
        tookMs[n] = nowMs - sentMs[n];
        seen += 1;
      }
    }
  };
  const write = async () => {
    for (const [from, until] of [
      [0, warmUp],
      [warmUp, warmUp + timed],
    ]) {
      const pace = { from: first + from, until: first + until, perSecond };
      await evenly({ kafka, topic: source, bytes }, pace, (record, atMs) => {
        sentMs[record - first] = atMs;
      });
      const deadlineMs = performance.now() + UNSEEN_MS;
      for (;;) {
        if (seen >= until) break;
        if (performance.now() > deadlineMs)
          throw new Error(`${target}: of ${until} records ${seen} were seen`);
        await sleep(LOOK_MS);
      }
    }
    done.abort();
  };
  try {
    await Promise.all([read(), write()]);
  } finally {
    done.abort();
    await reader.close();
  }
  return [...tookMs.subarray(warmUp)];
}
