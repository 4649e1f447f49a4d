import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from '../plaintext-search.ts';
import { end } from '../stack/processes.ts';
import { stopStack } from '../stack/stack.ts';
import type { Ground } from './ground.ts';
import { clearPlace, demoPlace, readKept, writeKept } from './place.ts';
import type { Progress } from './progress.ts';
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
  const { place, stack, bus } = parts;
  if (place === undefined) return [];
  await session?.stopReading();
  await bus?.stop();
  if (keep && session !== undefined) return keptLines(session);
  progress.begin('stopping and removing');
  await stopServices(session?.services ?? []);
  // The servers' logs go with their data; after a failure they may tell why.
  if (!isWhole && stack?.kind === 'java')
    for (const file of filesUnder(stack.directories.logs))
      copyFileSync(file, join(place.logs, `server-${file.split('/').at(-1)}`));
  await stack?.stop({ purge: true });
  clearPlace(place, !isWhole);
  progress.end();
  if (isWhole) return [' Everything was stopped and removed (keep it: --keep).', ...next()];
  return [` Everything was stopped; the logs stay in ${place.logs}`, ...next()];
}

function next(): string[] {
  return [' Your own data next:  npm run sealstream -- init --sample FILE'];
}

function keptLines({ ground, services }: DemoSession): string[] {
  const { place, stack } = ground;
  writeKept(place, { processes: services.map(({ process }) => process) });
  const urls = services.map(
    ({ name, url }) => `   ${name.padEnd(14)} ${url}/livez  ${url}/readyz  ${url}/metrics`,
  );
  return [
    ' It is left running:',
    `   KAFKA_BROKERS=${stack.kafkaBrokers}`,
    `   REDIS_URL=${stack.redisUrl}`,
    ...urls,
    `   policy ${place.policyFile}`,
    `   keys ${place.keys}`,
    `   audit log ${place.audit}`,
    `   logs ${place.logs}`,
    ` End and remove it:  npm run demo -- --end ${place.id}`,
  ];
}

/** Ends and removes what an earlier run left running. False when there is no such run. */
export async function endKept(id: string): Promise<boolean> {
  const place = demoPlace(id);
  const kept = readKept(place);
  if (kept === undefined) return false;
  await Promise.all(kept.processes.map((process) => end(process, STOP_MS)));
  await stopStack(`demo-${id}`, true);
  clearPlace(place, false);
  return true;
}
