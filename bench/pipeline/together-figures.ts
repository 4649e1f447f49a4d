import { FLOW_SERVICES, type FlowServiceName } from '@sealstream/contracts';
import { WARM_UP } from '../ground/figures.ts';

/** Who has a share of the machine's cores while the whole flow runs. */
export const PARTS = [...FLOW_SERVICES, 'broker', 'producer'] as const;
export type Part = (typeof PARTS)[number];

/** How far the whole flow had come at a moment. */
export interface FlowSample {
  readonly atMs: number;
  /** Raw records that are both masked and encrypted. */
  readonly through: number;
  /** CPU time since the start of each process. */
  readonly cpuSeconds: Readonly<Record<Part, number>>;
  readonly rssBytes: Readonly<Record<FlowServiceName, number>>;
}

export interface Together {
  readonly seconds: number;
  readonly records: number;
  readonly recordsPerSecond: number;
  /** The least that came through in any half minute, as records a second. */
  readonly slowestHalfMinute: number;
  /** CPU-seconds per million raw records. */
  readonly cpuPerMillion: Readonly<Record<Part, number>>;
  /** Peak in the first and in the last tenth of what was measured, in bytes. */
  readonly firstPeak: Readonly<Record<FlowServiceName, number>>;
  readonly lastPeak: Readonly<Record<FlowServiceName, number>>;
}

const HALF_MINUTE_MS = 30_000;
const TENTHS = 10;

/**
 * The figures of a run of the whole flow, past its first tenth, which is for starting and warming up.
 *
 * Precondition: two samples at least, in order.
 */
export function together(samples: readonly FlowSample[]): Together {
  const [start, end] = [samples[0], samples[samples.length - 1]];
  const warmAtMs = start.atMs + WARM_UP * (end.atMs - start.atMs);
  const measured = samples.filter(({ atMs }) => atMs >= warmAtMs);
  const first = measured[0];
  const records = end.through - first.through;
  const seconds = (end.atMs - first.atMs) / 1000;
  const tenthMs = (end.atMs - first.atMs) / TENTHS;
  const peaks = (isIn: (atMs: number) => boolean) =>
    each(FLOW_SERVICES, (service) =>
      Math.max(
        ...measured.filter(({ atMs }) => isIn(atMs)).map(({ rssBytes }) => rssBytes[service]),
      ),
    );
  return {
    seconds,
    records,
    recordsPerSecond: records / seconds,
    slowestHalfMinute: slowest(measured, HALF_MINUTE_MS) ?? records / seconds,
    cpuPerMillion: each(
      PARTS,
      (part) => ((end.cpuSeconds[part] - first.cpuSeconds[part]) * 1e6) / records,
    ),
    firstPeak: peaks((atMs) => atMs <= first.atMs + tenthMs),
    lastPeak: peaks((atMs) => atMs >= end.atMs - tenthMs),
  };
}

/** The least rate over any stretch of so long; undefined when nothing lasted so long. */
function slowest(samples: readonly FlowSample[], stretchMs: number): number | undefined {
  let least: number | undefined;
  let from = 0;
  for (const to of samples) {
    // The shortest stretch that is long enough.
    while (from + 1 < samples.length && to.atMs - samples[from + 1].atMs >= stretchMs) from += 1;
    const { atMs, through } = samples[from];
    if (to.atMs - atMs < stretchMs) continue;
    const rate = (to.through - through) / ((to.atMs - atMs) / 1000);
    least = Math.min(least ?? rate, rate);
  }
  return least;
}

/** A record with a number for each name. */
export function each<N extends string>(
  names: readonly N[],
  of: (name: N) => number,
): Record<N, number> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<N, number>;
}
