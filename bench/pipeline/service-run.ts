import { setTimeout as sleep } from 'node:timers/promises';
import { RunningService } from '../flow/running-service.ts';
import type { Sample } from '../ground/figures.ts';
import type { OnRecords } from '../ground/measured-program.ts';
import type { StageName } from './options.ts';

const SAMPLE_MS = 200;
/** A run that gets no further for so long has failed. */
const STALLED_MS = 60_000;

/** A service as its supervisor would start it. */
export interface ServiceRun {
  readonly stage: StageName;
  readonly env: Readonly<Record<string, string>>;
  readonly total: number;
}

/**
 * Starts a service's real program, lets it work until `total` records are committed, and stops it.
 * What it has done, its CPU time and its memory are what it says itself on /metrics.
 *
 * Throws with the end of its log when it ends early or gets no further.
 */
export async function runService(run: ServiceRun, onRecords: OnRecords): Promise<Sample[]> {
  const service = await RunningService.start(run.stage, run.env);
  const samples: Sample[] = [{ atMs: performance.now(), records: 0, cpuSeconds: 0, rssBytes: 0 }];
  let movedAtMs = performance.now();
  try {
    for (;;) {
      await sleep(SAMPLE_MS);
      service.requireRunning();
      const sample = await service.sample();
      const before = samples.at(-1)?.records ?? 0;
      if (sample !== undefined) samples.push(sample);
      if (sample !== undefined && sample.records > before) movedAtMs = performance.now();
      if (performance.now() - movedAtMs > STALLED_MS)
        throw new Error(`${run.stage} gets no further than ${before}:\n${service.said()}`);
      onRecords(sample?.records ?? before);
      if (sample !== undefined && sample.records >= run.total) return samples;
    }
  } finally {
    await service.stop();
  }
}
