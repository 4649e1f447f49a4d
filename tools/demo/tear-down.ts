import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { filesUnder } from '../plaintext-search.ts';
import { ownServers } from '../stack/own-servers.ts';
import { end } from '../stack/processes.ts';
import { stopStack } from '../stack/stack.ts';
import { type Ground, QUIET } from './ground.ts';
import { clearPlace, demoPlace, readKept, writeKept } from './place.ts';
import type { Progress } from './progress.ts';
import { clearRedis } from './redis-contents.ts';
import { stopServices } from './service-processes.ts';
import type { DemoSession } from './session.ts';

const STOP_MS = 15_000;

export interface TearDownOptions {
  readonly parts: Partial<Ground>;
  readonly session: DemoSession | undefined;
  readonly progress: Progress;
  /** Leave it all running. */
  readonly keep: boolean;
  /** Nothing failed: no log has to stay. */
  readonly isWhole: boolean;
}

/**
 * Ends and removes what a run began, as far as it came, or writes down how to.
 *
 * @returns what to tell the user about it
 */
export async function tearDown(options: TearDownOptions): Promise<string[]> {
  const { parts, session, progress, keep, isWhole } = options;
  const { place, stack, buses } = parts;
  if (place === undefined) return [];
  await session?.stopReading();
  if (keep && session !== undefined) {
    await buses?.stop();
    return keptLines(session);
  }
  progress.begin('stopping and removing');
  await stopServices(session?.services ?? []);
  const { namePrefix = '' } = parts;
  if (namePrefix !== '')
    await removeNames(namePrefix, buses?.operator, stack?.redisUrl).catch(() => {
      // The rest has to be taken down all the same.
      progress.note(`could not remove every topic and key that begins with ${namePrefix}`);
    });
  await buses?.stop();
  // The servers' logs go with their data; after a failure they may tell why.
  if (!isWhole && stack?.kind === 'java')
    for (const file of filesUnder(stack.directories.logs))
      copyFileSync(file, join(place.logs, `server-${file.split('/').at(-1)}`));
  await stack?.stop({ purge: true });
  // A run that never got to start anything has nothing to tell.
  const hasLogs = filesUnder(place.logs).length > 0;
  clearPlace(place, !isWhole && hasLogs);
  progress.end();
  if (!isWhole && !hasLogs) return [];
  if (isWhole && namePrefix !== '')
    return [` All topics and keys that began with ${namePrefix} were deleted.`, ...next()];
  if (isWhole) return [' Everything was stopped and removed (keep it: --keep).', ...next()];
  return [` Everything was stopped; the logs stay in ${place.logs}`, ...next()];
}

/** Deletes what a demo made on servers of others: all topics and keys under its prefix. */
async function removeNames(
  prefix: string,
  bus: Bus | undefined,
  redisUrl: string | undefined,
): Promise<void> {
  // The bus sees the topics under the prefix only.
  for (const { name } of (await bus?.admin.topics(null)) ?? []) await bus?.admin.deleteTopic(name);
  if (redisUrl !== undefined) await clearRedis(redisUrl, prefix);
}

function next(): string[] {
  return [' Your own data next:  npm run sealstream -- init --sample FILE'];
}

function keptLines({ ground, services }: DemoSession): string[] {
  const { place, stack, namePrefix } = ground;
  writeKept(place, {
    processes: services.map(({ process }) => process),
    namePrefix: ground.namePrefix,
  });
  const urls = services.map(
    ({ name, url }) => `   ${name.padEnd(14)} ${url}/livez  ${url}/readyz  ${url}/metrics`,
  );
  return [
    ' It is left running:',
    // An address of the user's own may hold a password and is known to the user already.
    ...(namePrefix === ''
      ? [`   KAFKA_BROKERS=${stack.kafkaBrokers}`, ...redisLines(ground)]
      : [`   on your own servers, SEALSTREAM_NAME_PREFIX=${namePrefix}`]),
    ...urls,
    `   policy ${place.policyFile}`,
    `   keys ${place.keys}`,
    `   audit log ${place.audit}`,
    `   logs ${place.logs}`,
    ` End and remove it:  npm run demo -- --end ${place.id}`,
  ];
}

/** The address of a Redis with users holds a password, which stays in the file of passwords. */
function redisLines({ secure, stack }: Ground): string[] {
  if (secure === undefined) return [`   REDIS_URL=${stack.redisUrl}`];
  return [
    `   Redis over TLS at 127.0.0.1:${secure.redisPort}`,
    `   certificates and passwords ${secure.files.dir}`,
  ];
}

/** Ends and removes what an earlier run left running. False when there is no such run. */
export async function endKept(id: string): Promise<boolean> {
  const place = demoPlace(id);
  const kept = readKept(place);
  if (kept === undefined) return false;
  await Promise.all(kept.processes.map((process) => end(process, STOP_MS)));
  if (kept.namePrefix !== '') await removeOwn(kept.namePrefix);
  await stopStack(`demo-${id}`, true);
  clearPlace(place, false);
  return true;
}

/** On the user's own servers, which have to be named again: their addresses are not written down. */
async function removeOwn(namePrefix: string): Promise<void> {
  const own = await ownServers(process.env);
  if (own === undefined) throw new Error('set KAFKA_BROKERS and REDIS_URL as when it was started');
  const brokers = own.kafkaBrokers.split(',');
  const bus = await openBus({ brokers, clientId: 'sealstream-demo', logger: QUIET, namePrefix });
  try {
    await removeNames(namePrefix, bus, own.redisUrl);
  } finally {
    await bus.stop();
  }
}
