import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { clearPlace } from '../demo/place.ts';
import type { Progress } from '../demo/progress.ts';
import { filesUnder } from '../plaintext-search.ts';
import type { Ground } from './ground.ts';
import type { FaultsSession } from './session.ts';

/**
 * Ends and removes what a run began, as far as it came. After a finding or a failure the logs of
 * everybody and the audit log stay.
 */
export async function tearDown(
  parts: Partial<Ground>,
  session: FaultsSession | undefined,
  progress: Progress,
  isWhole: boolean,
): Promise<void> {
  const { bus, network, place, stack } = parts;
  if (place === undefined) return;
  progress.begin('stopping and removing');
  await session?.stop();
  await bus?.stop();
  await network?.close();
  // The servers' logs go with their data, and may tell why.
  if (!isWhole && stack !== undefined)
    for (const file of filesUnder(stack.directories.logs))
      copyFileSync(file, join(place.logs, `server-${basename(file)}`));
  await stack?.stop({ purge: true });
  clearPlace(place, !isWhole && filesUnder(place.logs).length > 0);
  progress.end();
}
