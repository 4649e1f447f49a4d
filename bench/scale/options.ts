import { type Asked, type BenchOption, UsageError } from '../ground/bench.ts';
import { LEAST_BYTES } from '../ground/people.ts';

/** Several processes in one group, processes that come and go, and connections of one process. */
export const ROWS = ['replicas', 'turnover', 'connections'] as const;
export type RowName = (typeof ROWS)[number];

/** What `npm run bench -- scale` was asked for. */
export interface ScaleOptions {
  readonly rows: readonly RowName[];
  /** Processes of each run of the row `replicas`. */
  readonly replicas: readonly number[];
  /** Of each topic, in the rows `replicas` and `turnover`. */
  readonly partitions: number;
  /** Partitions of each topic in the row `connections`. */
  readonly many: number;
  /** Records of each run of the row `replicas`. */
  readonly records: number;
  /** Turnover: records written a second, and for how many seconds at least. */
  readonly rate: number;
  readonly seconds: number;
  /** Of a raw record. */
  readonly bytes: number;
}

export const OPTIONS: Readonly<Record<string, BenchOption>> = {
  rows: { takes: 'R', default: 'all', meaning: `${ROWS.join(', ')} (several with commas), all` },
  replicas: { takes: 'N', default: '1,2,4', meaning: 'replicas: processes of each run' },
  records: { takes: 'N', default: '300000', meaning: 'replicas: records of each run' },
  partitions: {
    takes: 'P',
    default: '12',
    meaning: 'replicas, turnover: partitions of each topic',
  },
  rate: { takes: 'R', default: '15000', meaning: 'turnover: records a second' },
  seconds: { takes: 'S', default: '30', meaning: 'turnover: how long they are written, at least' },
  many: { takes: 'P', default: '48', meaning: 'connections: partitions of each topic' },
  bytes: { takes: 'B', default: '350', meaning: `bytes of a raw record, at least ${LEAST_BYTES}` },
};

/** @throws UsageError */
export function scaleOptions(asked: Asked): ScaleOptions {
  const options: ScaleOptions = {
    rows: asked.words('rows', ROWS),
    replicas: asked.wholes('replicas', 1, 16),
    records: asked.whole('records', 100, 20_000_000),
    // Three replicas share them in the row `turnover`.
    partitions: asked.whole('partitions', 3, 48),
    rate: asked.whole('rate', 100, 100_000),
    seconds: asked.whole('seconds', 5, 3600),
    many: asked.whole('many', 1, 200),
    bytes: asked.whole('bytes', LEAST_BYTES, 65_536),
  };
  // One without a partition would have no part in the work, and the figure would not say so.
  const most = Math.max(...options.replicas);
  if (options.rows.includes('replicas') && most > options.partitions)
    throw new UsageError('--replicas takes at most as many as --partitions');
  return options;
}
