/** anomaly-alert: audit events, offsets and groups in, alerts out. Watches the flow and tells. */
import { isEntry, openService, readConfig, runService, type Stop } from '@sealstream/service';

import { SETTINGS } from './config.ts';
import { Watcher } from './watcher.ts';

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const config = readConfig(SETTINGS, env);
  const { audit, bus, onStop, policy, ready, stop, telemetry } = await openService(
    'anomaly-alert',
    config,
  );
  const flow = new Map([...policy.datasets].map(([name, { topics }]) => [name, topics]));
  const watcher = new Watcher({ config, flow, bus, audit, ...telemetry });
  onStop('watcher', () => watcher.stop());
  await watcher.start();
  ready();
  return stop;
}

if (isEntry(import.meta)) await runService('anomaly-alert', start);
