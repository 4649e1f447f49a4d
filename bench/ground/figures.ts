/** How far a process had come at a moment. */
export interface Sample {
  /** Of one clock per run. */
  readonly atMs: number;
  /** Records whose outputs are written and whose offset is committed. */
  readonly records: number;
  /** CPU time of the process since its start, user and system. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** What several processes did and used by a moment, of the latest sample of each. */
export function summed(atMs: number, samples: readonly Sample[]): Sample {
  const sum = (of: (sample: Sample) => number) =>
    samples.reduce((before, sample) => before + of(sample), 0);
  return {
    atMs,
    records: sum(({ records }) => records),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    rssBytes: sum(({ rssBytes }) => rssBytes),
  };
}

export interface Figures {
  readonly recordsPerSecond: number;
  /** CPU-seconds per million records. */
  readonly cpuPerMillion: number;
  readonly peakRssBytes: number;
}

/** The first tenth is for starting, joining the group and warming up. */
export const WARM_UP = 0.1;

/**
 * The figures of a run between its first sample past the first tenth and its last sample. Peak
 * memory is that of all samples.
 *
 * Precondition: the samples are in order, and the last one is past the first tenth.
 */
export function figuresOf(samples: readonly Sample[], total: number): Figures {
  const last = samples.at(-1);
  const first =
    samples.find(({ records }) => records >= total * WARM_UP && records < total) ?? samples[0];
  if (last === undefined || first === undefined || last.records <= first.records)
    throw new RangeError('the run was too short to be measured');
  const records = last.records - first.records;
  return {
    recordsPerSecond: records / ((last.atMs - first.atMs) / 1000),
    cpuPerMillion: ((last.cpuSeconds - first.cpuSeconds) * 1e6) / records,
    peakRssBytes: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
  };
}
