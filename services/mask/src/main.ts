/** mask: accepted.D in, masked.D out. Exactly once; fails closed. */
import {
  isEntry,
  livingTransform,
  openLivePolicy,
  openPauseOrders,
  openService,
  openServiceKeyring,
  openServiceSchemas,
  readConfig,
  runFlowStage,
  runService,
  type Stop,
} from '@sealstream/service';
import { acceptedToGroups } from './accepted-to-groups.ts';
import { acceptedToMasked } from './accepted-to-masked.ts';
import { SETTINGS } from './config.ts';
import { requireNoneWaiting } from './none-waiting.ts';

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const service = await openService('mask', readConfig(SETTINGS, env));
  const keyring = await openServiceKeyring('mask', service);
  const schemas = await openServiceSchemas('mask', service);
  const orders = await openPauseOrders(service);
  const policy = openLivePolicy(service);
  for (const dataset of service.policy.datasets.values()) {
    await requireNoneWaiting(service.bus, dataset);
    const { accepted: source, masked: output } = dataset.topics;
    const remembers = acceptedToGroups(dataset, keyring.of(dataset));
    const transform =
      remembers?.stage.transform ??
      livingTransform(policy, dataset.name, (now) =>
        acceptedToMasked(now, keyring.of(now), schemas.plan(now, 'mask')),
      );
    const flow = { stage: 'mask', dataset, source, output, transform, keyring } as const;
    await runFlowStage(service, remembers === undefined ? flow : { ...flow, remembers }, orders);
  }
  service.ready();
  return service.stop;
}

if (isEntry(import.meta)) await runService('mask', start);
