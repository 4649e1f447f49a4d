import type { DatasetTopics } from '@sealstream/contracts';

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
