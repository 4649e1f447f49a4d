import type { DatasetTopics } from '@sealstream/contracts';

import type { WatchedStage } from './stage-lag.ts';

/** The stages whose lag and life are watched, and what each reads. */
export function watchedStages(flow: ReadonlyMap<string, DatasetTopics>): WatchedStage[] {
  return [...flow].flatMap(([dataset, { accepted, raw }]) => [
    { dataset, stage: 'ingest', topic: raw },
    { dataset, stage: 'mask', topic: accepted },
    { dataset, stage: 'encrypt', topic: accepted },
  ]);
}
