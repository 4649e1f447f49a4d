import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Child, nodeFlags, startNode } from './child.ts';
import { type Sample, summed } from './figures.ts';
import type { SelfReport } from './self-samples.ts';

/** The reference of the services, a program for `runMeasured`. */
export const PLAIN_LOOP = join(import.meta.dirname, 'programs', 'plain-loop.ts');

/** A run that gets no further for so long has failed; a cold broker takes its time with a group. */
const STALLED_MS = 120_000;

/** Told how many records are through. */
export type OnRecords = (records: number) => void;

export interface MeasuredRun {
  readonly samples: Sample[];
  readonly latenciesMs: number[];
}

/** How many processes share the work of a run, and when they are done. */
export interface Sharing {
  readonly processes: number;
  /** They are ended when the records of all of them are so many. */
  readonly total: number;
}

/**
 * Runs a program of the bench that tells of itself (SelfSamples) in a process of its own, so that
 * CPU time and memory are its alone. It gets its options as one argument of JSON. With `sharing`
 * several processes get the same options, the samples are the sums of all of them, and none has to
 * know its share: they are ended at the sum.
 *
 * Throws with the end of what it said when one fails, or when all together get no further.
 */
export async function runMeasured(
  program: string,
  options: unknown,
  onRecords: OnRecords,
  { processes, total }: Sharing = { processes: 1, total: Number.POSITIVE_INFINITY },
): Promise<MeasuredRun> {
  const run: MeasuredRun = { samples: [], latenciesMs: [] };
  const latest = new Map<number, Sample>();
  const children = Array.from({ length: processes }, () => startProgram(program, options));
  let isOver = false;
  let stalled = false;
  const giveUp = () => {
    stalled = true;
    for (const child of children) child.process.kill('SIGKILL');
  };
  const timer = setTimeout(giveUp, STALLED_MS);
  const onSample = (index: number, own: Sample) => {
    // What the others do after the last record is not measured.
    if (isOver) return;
    latest.set(index, own);
    // From when all of them are there, so that none is left out of a sum.
    if (latest.size < processes) return;
    const sample = summed(own.atMs, [...latest.values()]);
    if (sample.records > (run.samples.at(-1)?.records ?? -1)) timer.refresh();
    run.samples.push(sample);
    onRecords(sample.records);
    if (sample.records < total) return;
    isOver = true;
    for (const child of children) child.process.kill();
  };
  const follow = async (child: Child, index: number) => {
    for await (const { sample, latenciesMs } of reportsOf(child)) {
      if (latenciesMs !== undefined) run.latenciesMs.push(...latenciesMs);
      if (sample !== undefined) onSample(index, sample);
    }
    const code = await child.exited;
    if (code === 0 || isOver) return;
    throw new Error(`${program} ${stalled ? 'stalled' : 'failed'}:\n${child.said()}`);
  };
  try {
    await Promise.all(children.map(follow));
  } finally {
    clearTimeout(timer);
    for (const child of children) child.process.kill('SIGKILL');
  }
  return run;
}

/** Starts a program of the bench with its options as one argument of JSON. */
export function startProgram(program: string, options: unknown): Child {
  const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags()];
  return startNode([...flags, program, JSON.stringify(options)], {
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  });
}

async function* reportsOf({ process }: Child): AsyncGenerator<SelfReport> {
  if (process.stdout === null) return;
  for await (const line of createInterface(process.stdout)) yield JSON.parse(line) as SelfReport;
}
