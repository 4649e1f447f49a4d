/** ingest: raw.D in, accepted.D or rejected.D out. Exactly once; fails closed. */
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
import { SETTINGS } from './config.ts';
import { DeleteBehind, mayDelete } from './delete-behind.ts';
import { DownstreamAge } from './downstream-age.ts';
import { rawToAccepted } from './raw-to-accepted.ts';

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const service = await openService('ingest', readConfig(SETTINGS, env));
  const { audit, bus, config, onStop, telemetry } = service;
  const keyring = await openServiceKeyring('ingest', service);
  const schemas = await openServiceSchemas('ingest', service);
  const orders = await openPauseOrders(service);
  const policy = openLivePolicy(service);
  for (const dataset of service.policy.datasets.values()) {
    const { raw: source, accepted: output } = dataset.topics;
    const transform = livingTransform(policy, dataset.name, (now) =>
      rawToAccepted(now, keyring.of(now), schemas.check(now)),
    );
    const flow = { stage: 'ingest', dataset, source, output, transform, keyring } as const;
    const running = await runFlowStage(service, flow, orders);
    const age = new DownstreamAge({
      bus,
      dataset,
      limitMs: config.downstreamAgeMs,
      everyMs: config.downstreamEveryMs,
      stage: running.stage,
      logger: telemetry.logger,
    });
    onStop(`age of ${output}`, () => age.stop());
    if (await mayDelete(bus, dataset)) {
      const lanes = () => running.stage.lanes();
      const everyMs = config.deleteEveryMs;
      const { logger } = telemetry;
      const behind = new DeleteBehind({ bus, dataset, everyMs, lanes, audit, logger });
      onStop(`deletion behind ${source}`, () => behind.stop());
    } else {
      telemetry.logger.warn({ topic: source }, 'plaintext stays in raw: deletion is not allowed');
    }
  }
  service.ready();
  return service.stop;
}

if (isEntry(import.meta)) await runService('ingest', start);
