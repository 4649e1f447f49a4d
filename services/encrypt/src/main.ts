/** encrypt: accepted.D in, encrypted.D out. Exactly once; fails closed. */
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
import { acceptedToEncrypted } from './accepted-to-encrypted.ts';
import { SETTINGS } from './config.ts';

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const service = await openService('encrypt', readConfig(SETTINGS, env));
  const keyring = await openServiceKeyring('encrypt', service);
  const schemas = await openServiceSchemas('encrypt', service);
  const orders = await openPauseOrders(service);
  const policy = openLivePolicy(service);
  for (const dataset of service.policy.datasets.values()) {
    const { accepted: source, encrypted: output } = dataset.topics;
    const transform = livingTransform(policy, dataset.name, (now) =>
      acceptedToEncrypted(now, keyring.of(now), schemas.plan(now, 'encrypt')),
    );
    const flow = { stage: 'encrypt', dataset, source, output, transform, keyring } as const;
    await runFlowStage(service, flow, orders);
  }
  service.ready();
  return service.stop;
}

if (isEntry(import.meta)) await runService('encrypt', start);
