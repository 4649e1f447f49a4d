import { join } from 'node:path';
import type { Place } from '../plaintext-search.ts';
import { stackLogs } from '../stack/stack.ts';
import { branchOf, filePlaces, type SearchedPlaces, segmentPlaces } from './checks/plaintext.ts';
import { redisContents } from './redis-contents.ts';
import { metricsOf } from './service-processes.ts';
import type { DemoSession } from './session.ts';

const ALL_LINES = 10_000_000;

/**
 * Everything that the demo's processes left anywhere: segment files, Redis, logs, metrics, the audit
 * log, temporary files. The demo itself writes no value to disk. On servers of others their logs and
 * files are out of reach; there the topics are read, so what was aborted is not seen.
 */
export async function searchedPlaces(session: DemoSession): Promise<SearchedPlaces> {
  const { place, stack, namePrefix } = session.ground;
  const { directories, name, redisUrl } = stack;
  const records = await recordPlaces(session);
  const metrics = await Promise.all(
    session.services.map(async (service): Promise<Place> => {
      return { name: `metrics of ${service.name}`, bytes: Buffer.from(await metricsOf(service)) };
    }),
  );
  const said = await Promise.all(
    stack.servers.map(async (server): Promise<Place> => {
      const text = await stackLogs(name, server, ALL_LINES);
      return { name: `log of ${server}`, bytes: Buffer.from(text) };
    }),
  );
  const inRedis = await redisContents(redisUrl, namePrefix, session.ground.secure?.ca);
  const redis = { name: 'contents of Redis', bytes: inRedis };
  const files = [
    ...filePlaces('redis', directories.redis),
    ...filePlaces('logs of servers', directories.logs),
    ...filePlaces('temporary files of servers', directories.tmp),
    ...filePlaces(join('.sealstream', `demo-${place.id}`), place.root),
  ];
  return {
    protected: [...records.protected, ...files, ...metrics, ...said, redis],
    raw: records.raw,
  };
}

/** The broker's segment files; on brokers of others, whose files are out of reach, the topics. */
async function recordPlaces(session: DemoSession): Promise<SearchedPlaces> {
  const { stack, dataset } = session.ground;
  const { rawCopies, values } = session;
  if (rawCopies === null) return segmentPlaces(await stack.kafkaData(), dataset.topics, values);
  const places: Place[] = [];
  for (const { name: topic, partitions } of await session.ground.bus.admin.topics(null)) {
    if (topic === dataset.topics.raw) continue;
    const branch = branchOf(topic, dataset.topics);
    const bytes = await topicBytes(session, topic, partitions.length);
    const mayHold = (value: number) => branch !== undefined && values.mayStandIn(value, branch);
    places.push({ name: topic, bytes, mayHold });
  }
  return { protected: places, raw: [{ name: 'raw as it was read', bytes: lines(rawCopies) }] };
}

/** Keys, values and headers of all committed records. */
async function topicBytes(session: DemoSession, topic: string, partitions: number) {
  const parts: (Buffer | null)[] = [];
  const starts = Array.from({ length: partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  for await (const { records } of session.ground.bus.read({ starts, until: 'end' }))
    for (const { key, value, headers } of records)
      parts.push(key, value, ...headers.flatMap(([name, bytes]) => [Buffer.from(name), bytes]));
  return lines(parts);
}

function lines(parts: readonly (Buffer | null)[]): Buffer {
  const end = Buffer.from('\n');
  return Buffer.concat(parts.flatMap((part) => (part === null ? [] : [part, end])));
}
