import type { Asked, BenchOption } from '../ground/bench.ts';
import { LEAST_BYTES } from '../ground/people.ts';

export const STAGES = ['ingest', 'mask', 'encrypt'] as const;
export type StageName = (typeof STAGES)[number];

/** What `npm run bench -- pipeline` was asked for. */
export interface PipelineOptions {
  /** Records of each run. */
  readonly records: number;
  /** Sizes of a raw record; each is a run on servers of its own. */
  readonly bytes: readonly number[];
  readonly stages: readonly StageName[];
  readonly partitions: number;
}

export const OPTIONS: Readonly<Record<string, BenchOption>> = {
  records: { takes: 'N', default: '200000', meaning: 'records of each run' },
  bytes: {
    takes: 'B',
    default: '350,1000',
    meaning: `bytes of a raw record, one size or several, at least ${LEAST_BYTES}`,
  },
  stage: {
    takes: 'S',
    default: 'all',
    meaning: 'ingest, mask, encrypt (several with commas), all',
  },
  partitions: { takes: 'P', default: '4', meaning: 'partitions of each topic' },
};

/** @throws UsageError */
export function pipelineOptions(asked: Asked): PipelineOptions {
  return {
    records: asked.whole('records', 100, 20_000_000),
    bytes: asked.wholes('bytes', LEAST_BYTES, 65_536),
    stages: asked.words('stage', STAGES),
    partitions: asked.whole('partitions', 1, 48),
  };
}
