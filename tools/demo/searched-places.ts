import { join } from 'node:path';
import type { Place } from '../plaintext-search.ts';
import { stackLogs } from '../stack/stack.ts';
import { SERVERS } from '../stack/state.ts';
import { filePlaces, type SearchedPlaces, segmentPlaces } from './checks/plaintext.ts';
import { redisContents } from './redis-contents.ts';
import { metricsOf } from './service-processes.ts';
import type { DemoSession } from './session.ts';

const ALL_LINES = 10_000_000;

/**
 * Everything that the demo's processes left anywhere: segment files, Redis, logs, metrics, the audit
 * log, temporary files. The demo itself writes no value to disk.
 */
export async function searchedPlaces(session: DemoSession): Promise<SearchedPlaces> {
  const { place, stack, dataset } = session.ground;
  const { directories, name, redisUrl } = stack;
  const segments = segmentPlaces(await stack.kafkaData(), dataset.topics, session.values);
  const metrics = await Promise.all(
    session.services.map(async (service): Promise<Place> => {
      return { name: `metrics of ${service.name}`, bytes: Buffer.from(await metricsOf(service)) };
    }),
  );
  const said = await Promise.all(
    SERVERS.map(async (server): Promise<Place> => {
      const text = await stackLogs(name, server, ALL_LINES);
      return { name: `log of ${server}`, bytes: Buffer.from(text) };
    }),
  );
  const redis = { name: 'contents of Redis', bytes: await redisContents(redisUrl, '') };
  const files = [
    ...filePlaces('redis', directories.redis),
    ...filePlaces('logs of servers', directories.logs),
    ...filePlaces('temporary files of servers', directories.tmp),
    ...filePlaces(join('.sealstream', `demo-${place.id}`), place.root),
  ];
  return {
    protected: [...segments.protected, ...files, ...metrics, ...said, redis],
    raw: segments.raw,
  };
}
