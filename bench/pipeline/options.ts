import { STAGES } from '../flow/outcomes.ts';
import type { Asked, BenchOption } from '../ground/bench.ts';
import { LEAST_BYTES } from '../ground/people.ts';

/** The services alone, the whole flow under a load, and how long a record takes through it. */
export const ROWS = [...STAGES, 'together', 'latency'] as const;
export type RowName = (typeof ROWS)[number];

/** What `npm run bench -- pipeline` was asked for. */
export interface PipelineOptions {
  readonly rows: readonly RowName[];
  /** Records of each run of one service, and of the plain loops. */
  readonly records: number;
  /** Sizes of a raw record; the whole flow and its latency take the first. */
  readonly bytes: readonly number[];
  readonly partitions: number;
  /** The whole flow is measured for so long, and until so many records are through. */
  readonly seconds: number;
  readonly least: number;
  /** Latency: records written a second, how many of them, and for how many seconds others before. */
  readonly rate: number;
  readonly timed: number;
  readonly warmup: number;
}

export const OPTIONS: Readonly<Record<string, BenchOption>> = {
  rows: { takes: 'R', default: 'all', meaning: `${ROWS.join(', ')} (several with commas), all` },
  records: { takes: 'N', default: '500000', meaning: 'records of each run of one service' },
  bytes: {
    takes: 'B',
    default: '350,1000',
    meaning: `bytes of a raw record, one size or several, at least ${LEAST_BYTES}`,
  },
  partitions: { takes: 'P', default: '4', meaning: 'partitions of each topic' },
  seconds: { takes: 'S', default: '300', meaning: 'together: how long is measured, at least' },
  least: {
    takes: 'N',
    default: '10000000',
    meaning: 'together: records that are measured, at least',
  },
  rate: { takes: 'R', default: '2000', meaning: 'latency: records a second' },
  timed: { takes: 'N', default: '120000', meaning: 'latency: records of each run' },
  warmup: { takes: 'S', default: '120', meaning: 'latency: seconds of the same before each run' },
};

/** @throws UsageError */
export function pipelineOptions(asked: Asked): PipelineOptions {
  return {
    rows: asked.words('rows', ROWS),
    records: asked.whole('records', 100, 20_000_000),
    bytes: asked.wholes('bytes', LEAST_BYTES, 65_536),
    partitions: asked.whole('partitions', 1, 48),
    seconds: asked.whole('seconds', 1, 3600),
    least: asked.whole('least', 1, 100_000_000),
    rate: asked.whole('rate', 10, 20_000),
    timed: asked.whole('timed', 100, 10_000_000),
    warmup: asked.whole('warmup', 1, 3600),
  };
}
