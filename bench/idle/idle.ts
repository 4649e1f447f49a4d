import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { FLOW_SERVICES } from '@sealstream/contracts';
import type { Stack } from '../../tools/stack/stack.ts';
import { stockKafkajs } from '../../tools/stock-kafkajs.ts';
import { FlowSide } from '../flow/flow-side.ts';
import { RunningService } from '../flow/running-service.ts';
import type { Asked, Bench } from '../ground/bench.ts';
import { type Child, nodeFlags, startNode } from '../ground/child.ts';
import { KafkaView } from '../ground/kafka-view.ts';
import { type Line, lineOf } from '../ground/lines.ts';
import { type Load, loadBetween, processTimes } from '../ground/process-times.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { RAW, RAW_SETTINGS } from '../flow/outcomes.ts';
import type { IdleConsumerOptions } from './programs/stock-idle-consumer.ts';

interface IdleOptions {
  readonly seconds: number;
  readonly settleSeconds: number;
  readonly partitions: number;
}

export const IDLE: Bench = {
  name: 'idle',
  summary: 'CPU and wake-ups of each service while nothing happens, beside a stock consumer',
  about: [
    'All services of one flow run at once on empty topics, and beside them a consumer of stock',
    'kafkajs on the same raw topic. CPU is the share of one core. Linux only: it reads /proc.',
  ],
  options: {
    seconds: { takes: 'S', default: '30', meaning: 'how long is measured' },
    settle: { takes: 'S', default: '15', meaning: 'seconds before that, from the last start' },
    partitions: { takes: 'P', default: '4', meaning: 'partitions of each topic' },
  },
  examples: ['', '--json --seconds 60'],
  run: async (asked, report) => {
    const options = idleOptions(asked);
    const kafkajs = await stockKafkajs((line) => report.progress.step(line));
    await withServers(report.progress, (stack) => measure(options, stack, kafkajs, report));
  },
};

function idleOptions(asked: Asked): IdleOptions {
  return {
    seconds: asked.whole('seconds', 1, 3600),
    settleSeconds: asked.whole('settle', 0, 3600),
    partitions: asked.whole('partitions', 1, 48),
  };
}

async function measure(
  { partitions, seconds, settleSeconds }: IdleOptions,
  stack: Stack,
  kafkajs: string,
  report: Report,
): Promise<void> {
  await makeTopics(stack, partitions);
  const flow = new FlowSide(stack);
  await flow.prepare(partitions);
  const running: { name: string; pid: number; stop: () => Promise<void> }[] = [];
  try {
    for (const name of FLOW_SERVICES) {
      report.progress.step(`starting ${name}`);
      const service = await RunningService.start(name, flow.environmentOf(name));
      running.push({ name, pid: service.pid, stop: () => service.stop() });
      await service.ready();
    }
    report.progress.step('starting the stock consumer');
    const reference = await idleConsumer({ kafkajs, brokers: stack.kafkaBrokers, source: RAW });
    const pid = reference.process.pid ?? 0;
    running.push({ name: 'stock', pid, stop: () => reference.stop() });
    report.progress.step(`measuring for ${seconds} s, after ${settleSeconds} s`);
    await sleep(settleSeconds * 1000);
    const before = running.map((process) => processTimes(process.pid));
    await sleep(seconds * 1000);
    const loads = running.map((process, index) =>
      loadBetween(before[index], processTimes(process.pid)),
    );
    const stock = loads[running.length - 1];
    for (const [index, name] of FLOW_SERVICES.entries())
      report.lines(idleLines(name, loads[index], stock, { seconds, partitions }));
  } finally {
    report.progress.step('stopping the services');
    await Promise.all(running.map((process) => process.stop()));
  }
}

async function makeTopics(stack: Stack, partitions: number): Promise<void> {
  const kafka = await KafkaView.open(stack.kafkaBrokers, partitions);
  // Made here and not by the flow: ingest then has nothing to delete behind itself.
  try {
    await kafka.makeTopics([RAW], RAW_SETTINGS);
  } finally {
    await kafka.close();
  }
}

/** Resolves when it has joined its group. */
async function idleConsumer(options: IdleConsumerOptions): Promise<Child> {
  const program = join(import.meta.dirname, 'programs', 'stock-idle-consumer.ts');
  const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags()];
  const child = startNode([...flags, program, JSON.stringify(options)], {});
  if (child.process.stdout !== null)
    for await (const line of createInterface(child.process.stdout))
      if (line.startsWith('ready')) return child;
  throw new Error(`the stock consumer ended early:\n${child.said()}`);
}

export function idleLines(
  what: string,
  own: Load,
  reference: Load,
  under: Readonly<Record<string, number>>,
): Line[] {
  const line = { what, against: 'idle consumer of stock kafkajs', with: under };
  return [
    lineOf({
      ...line,
      unit: '% of a core',
      figure: own.cpuPercent,
      reference: reference.cpuPercent,
      places: 2,
      goal: '<= 1',
    }),
    lineOf({
      ...line,
      unit: 'wake-ups/s',
      figure: own.wakeUpsPerSecond,
      reference: reference.wakeUpsPerSecond,
      places: 1,
    }),
  ];
}
