import type { DatasetTopics } from '@sealstream/contracts';

/** The stages that work on a dataset, in the flow's order, with the topic that each one reads. */
export const STAGE_SOURCES = {
  ingest: 'raw',
  mask: 'accepted',
  encrypt: 'accepted',
  replay: 'rejected',
} as const satisfies Record<string, keyof DatasetTopics>;

export type StageName = keyof typeof STAGE_SOURCES;

/** Stages that are services of their own; `replay` runs inside a command. */
export const STAGES = ['ingest', 'mask', 'encrypt'] as const;
