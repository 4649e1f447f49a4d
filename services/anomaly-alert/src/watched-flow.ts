import type { DatasetTopics } from '@sealstream/contracts';

import type { WatchedStage } from './lag.ts';
import type { WatchedTopic } from './throughput.ts';

type Flow = ReadonlyMap<string, DatasetTopics>;

/** The topics whose throughput is watched, and who counts each: raw by its reader. */
export function watchedTopics(flow: Flow): WatchedTopic[] {
  return [...flow].flatMap(([dataset, { accepted, encrypted, masked, raw }]) => [
    { dataset, topic: raw, service: 'ingest' },
    { dataset, topic: accepted, service: 'ingest' },
    { dataset, topic: masked, service: 'mask' },
    { dataset, topic: encrypted, service: 'encrypt' },
  ]);
}

/** The stages whose lag and life are watched, and what each reads. */
export function watchedStages(flow: Flow): WatchedStage[] {
  return [...flow].flatMap(([dataset, { accepted, raw }]) => [
    { dataset, stage: 'ingest', topic: raw },
    { dataset, stage: 'mask', topic: accepted },
    { dataset, stage: 'encrypt', topic: accepted },
  ]);
}
