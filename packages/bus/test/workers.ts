import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { randomBytes } from 'node:crypto';
import { emptyParts } from '@sealstream/contracts';
import {
  type Bus,
  type KafkaRecord,
  openBus,
  type StageBatch,
  type StageSinks,
} from '../src/index.ts';
import { logger } from './quiet-logger.ts';

/** The names of one test's topics and group. */
export interface Flow {
  readonly brokers: string;
  readonly group: string;
  readonly source: string;
  readonly out: string;
  readonly audit: string;
  readonly partitions: number;
}

export async function connect(brokers: string): Promise<Bus> {
  return openBus({ brokers: brokers.split(','), clientId: 'test', logger });
}

export async function newFlow(bus: Bus, brokers: string, partitions = 4): Promise<Flow> {
  const id = randomBytes(5).toString('hex');
  const flow = {
    brokers,
    group: `group.${id}`,
    source: `source.${id}`,
    out: `out.${id}`,
    audit: `audit.${id}`,
    partitions,
  };
  for (const topic of [flow.source, flow.out, flow.audit]) {
    await bus.admin.createTopic(topic, partitions, 1, {});
    // A topic that was just made is not known to every thread of the broker at once.
    await until(async () => (await bus.admin.partitionCount(topic)) === partitions);
  }
  return flow;
}

/** The transform that writes every record to a topic as it came, without an object a record. */
export function passOn(topic: string): (batch: StageBatch, out: StageSinks) => void {
  const parts = emptyParts();
  return ({ records }, out) => {
    for (let index = 0; index < records.length; index += 1) {
      records.read(index, parts);
      out.to(topic).add(parts);
    }
  };
}

const running = new Set<ChildProcess>();

/** Ends what a failed test left running; only processes that this file started. */
export function endAllWorkers(): void {
  for (const child of running) child.kill('SIGKILL');
}

const said = new WeakMap<ChildProcess, string[]>();

/** The lines that a worker has said so far. */
export function linesOf(worker: ChildProcess): readonly string[] {
  return said.get(worker) ?? [];
}

/**
 * Starts a worker process and waits until it has said something: `generation N` for each that it
 * joined, `ready`, or `failed CODE`. `settings` are INSTANCE_ID and SESSION_MS.
 */
export async function startWorker(
  flow: Flow,
  settings: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=sealstream-source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'passthrough-worker.ts'),
    ],
    {
      env: {
        ...process.env,
        BROKERS: flow.brokers,
        GROUP: flow.group,
        SOURCE: flow.source,
        OUT: flow.out,
        AUDIT: flow.audit,
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  running.add(child);
  child.on('exit', () => running.delete(child));
  const lines: string[] = [];
  said.set(child, lines);
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await once(child.stdout, 'data');
  return child;
}

/** Ends a worker with a signal and waits until it is gone. */
export async function endWorker(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Writes numbered records `p:n` spread evenly over the partitions. */
export async function writeNumbered(bus: Bus, flow: Flow, count: number, from = 0): Promise<void> {
  const per = count / flow.partitions;
  const jobs = Array.from({ length: flow.partitions }, async (_, partition) => {
    for (let start = from; start < from + per; start += 500) {
      const size = Math.min(500, from + per - start);
      const records = Array.from({ length: size }, (__, index) => ({
        key: Buffer.from(`k${start + index}`),
        value: Buffer.from(`${partition}:${start + index}`),
      }));
      await bus.append(flow.source, partition, records);
    }
  });
  await Promise.all(jobs);
}

/** All committed records of a topic, by partition. */
export async function readAll(
  bus: Bus,
  topic: string,
  partitions: number,
): Promise<KafkaRecord[][]> {
  const all: KafkaRecord[][] = Array.from({ length: partitions }, () => []);
  const starts = all.map((_, partition) => ({ topic, partition, offset: 'earliest' as const }));
  for await (const chunk of bus.read({ starts, until: 'end' })) {
    all[chunk.partition].push(...chunk.records);
  }
  return all;
}

/**
 * Waits until something holds. Asking may itself meet the fault that a test has made: then the answer
 * is not yet, and what went wrong is told when it never comes to hold.
 */
export async function until(
  what: () => Promise<boolean> | boolean,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    let failure: unknown = new Error('it did not come to pass in time');
    try {
      if (await what()) return;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether the group has committed everything of the source. */
export async function isDrained(bus: Bus, flow: Flow): Promise<boolean> {
  for (let partition = 0; partition < flow.partitions; partition += 1) {
    const end = await bus.admin.offset(flow.source, partition, 'latest');
    const { offset } = await bus.admin.committed(flow.group, flow.source, partition);
    if (offset < end) return false;
  }
  return true;
}
