import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@sealstream/contracts';
import { type Sample, summed } from '../ground/figures.ts';
import type { OnRecords } from '../ground/measured-program.ts';
import { RunningService } from './running-service.ts';

const SAMPLE_MS = 200;
/** A run that gets no further for so long has failed; a cold broker takes its time with a group. */
const STALLED_MS = 120_000;

/** A service as its supervisor would start it. */
export interface ServiceRun {
  readonly stage: ServiceName;
  readonly env: Readonly<Record<string, string>>;
  readonly total: number;
  /** Processes that share the work as one group; default 1. */
  readonly replicas?: number;
}

/**
 * Starts a service's real program, once or several times, lets it work until `total` records are
 * committed, and stops it. What it has done, its CPU time and its memory are what it says itself on
 * /metrics, summed up over the replicas.
 *
 * Throws with the end of its log when one ends early, or when all together get no further.
 */
export async function runService(run: ServiceRun, onRecords: OnRecords): Promise<Sample[]> {
  const services: RunningService[] = [];
  const samples: Sample[] = [summed(performance.now(), [])];
  let movedAtMs = performance.now();
  try {
    for (let n = 0; n < (run.replicas ?? 1); n += 1)
      services.push(await RunningService.start(run.stage, run.env));
    for (;;) {
      await sleep(SAMPLE_MS);
      for (const service of services) service.requireRunning();
      const sample = await sampleOf(services);
      const before = samples.at(-1)?.records ?? 0;
      if (sample !== undefined) samples.push(sample);
      if (sample !== undefined && sample.records > before) movedAtMs = performance.now();
      if (performance.now() - movedAtMs > STALLED_MS)
        throw new Error(`${run.stage} gets no further than ${before}:\n${services[0].said()}`);
      onRecords(sample?.records ?? before);
      if (sample !== undefined && sample.records >= run.total) return samples;
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

/** Of all replicas together; undefined while one does not answer, so that none is left out of a sum. */
async function sampleOf(services: readonly RunningService[]): Promise<Sample | undefined> {
  const samples = await Promise.all(services.map((service) => service.sample()));
  const answered = samples.filter((sample) => sample !== undefined);
  return answered.length < services.length ? undefined : summed(performance.now(), answered);
}
