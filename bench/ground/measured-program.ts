import { createInterface } from 'node:readline';
import { nodeFlags, startNode } from './child.ts';
import type { Sample } from './figures.ts';
import type { SelfReport } from './self-samples.ts';

/** A run that gets no further for so long has failed. */
const STALLED_MS = 60_000;

/** Told how many records are through. */
export type OnRecords = (records: number) => void;

export interface MeasuredRun {
  readonly samples: Sample[];
  readonly latenciesMs: number[];
}

/**
 * Runs a program of the bench that tells of itself (SelfSamples) in a process of its own, so that
 * CPU time and memory are its alone. It gets its options as one argument of JSON.
 *
 * Throws with the end of what it said when it fails or gets no further.
 */
export async function runMeasured(
  program: string,
  options: unknown,
  onRecords: OnRecords,
): Promise<MeasuredRun> {
  const flags = ['--disable-warning=ExperimentalWarning', ...nodeFlags()];
  const child = startNode([...flags, program, JSON.stringify(options)], {
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  });
  const samples: Sample[] = [];
  const latenciesMs: number[] = [];
  let stalled = false;
  const giveUp = () => {
    stalled = true;
    child.process.kill('SIGKILL');
  };
  let timer = setTimeout(giveUp, STALLED_MS);
  if (child.process.stdout !== null)
    for await (const line of createInterface(child.process.stdout)) {
      const { sample, latenciesMs: times } = JSON.parse(line) as SelfReport;
      if (times !== undefined) latenciesMs.push(...times);
      if (sample === undefined) continue;
      if (sample.records > (samples.at(-1)?.records ?? -1)) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, STALLED_MS);
      }
      samples.push(sample);
      onRecords(sample.records);
    }
  clearTimeout(timer);
  const code = await child.exited;
  if (code !== 0) throw new Error(`${program} ${stalled ? 'stalled' : 'failed'}:\n${child.said()}`);
  return { samples, latenciesMs };
}
