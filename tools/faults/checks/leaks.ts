import { join } from 'node:path';
import { checkPlaintext, filePlaces, segmentPlaces } from '../../demo/checks/plaintext.ts';
import { redisContents } from '../../demo/redis-contents.ts';
import type { Place } from '../../plaintext-search.ts';
import { stackLogs } from '../../stack/stack.ts';
import type { FaultsSession } from '../session.ts';

export interface LeakFindings {
  /** Values that were met where they must not stand. */
  readonly leaked: number;
  /** Values that the same search did not meet in raw, where all of them stand: the control. */
  readonly blind: number;
  readonly first: string | undefined;
  readonly values: number;
  readonly bytes: number;
}

const ALL_LINES = 10_000_000;

/**
 * Searches everything that was left behind for values of raw: segment files of all brokers but raw's,
 * aborted records included; Redis, logs, metrics, the audit log, temporary files.
 *
 * @param metrics what each service said of itself last
 */
export async function checkLeaks(
  session: FaultsSession,
  metrics: readonly (readonly [name: string, text: string])[],
): Promise<LeakFindings> {
  const { dataset, place, stack } = session.ground;
  const { values, rawCopies } = session.watch;
  const { directories, name, redisUrl, servers } = stack;
  const segments = segmentPlaces(await stack.kafkaData(), dataset.topics, values);
  const said = await Promise.all(
    servers.map(async (server): Promise<Place> => {
      const text = await stackLogs(name, server, ALL_LINES);
      return { name: `log of ${server}`, bytes: Buffer.from(text) };
    }),
  );
  const protectedPlaces: Place[] = [
    ...segments.protected,
    ...filePlaces('redis', directories.redis),
    ...filePlaces('temporary files of servers', directories.tmp),
    ...filePlaces(join('.sealstream', `faults-${place.id}`), place.root),
    ...metrics.map(([service, text]): Place => {
      return { name: `metrics of ${service}`, bytes: Buffer.from(text) };
    }),
    ...said,
    { name: 'contents of Redis', bytes: await redisContents(redisUrl, '') },
  ];
  const control: Place = { name: 'raw as it was read', bytes: lines(rawCopies) };
  const verdict = await checkPlaintext(values, { protected: protectedPlaces, raw: [control] });
  return {
    leaked: verdict.found,
    blind: verdict.values - verdict.foundInRaw,
    first: verdict.ok ? undefined : (verdict.first ?? verdict.seen),
    values: verdict.values,
    bytes: verdict.bytes,
  };
}

function lines(parts: readonly Buffer[]): Buffer {
  const end = Buffer.from('\n');
  return Buffer.concat(parts.flatMap((part) => [part, end]));
}
