import { openKeysetReader, readPublicKeyFile } from '@sealstream/keyring';
import { RedisLink } from '@sealstream/redis-link';
import { KafkaKeysetHeads, type OpenedService, redisTlsCa } from '@sealstream/service';

import { AccessLog } from './access-log.ts';
import type { AccessParts } from './access-parts.ts';
import { AlertDesk } from './alert-desk.ts';
import type { AccessConfig } from './config.ts';
import { FlowStreams } from './flow-streams.ts';
import { FlowWatch } from './flow-watch.ts';
import type { AccessMetrics } from './metrics.ts';
import { RejectPages } from './reject-pages.ts';
import { openReplayKeys, ReplayDesk } from './replay-desk.ts';

type ConsoleParts = Pick<
  AccessParts,
  'accesses' | 'alerts' | 'flow' | 'keysets' | 'rejects' | 'replays' | 'streams'
>;

/**
 * Opens what the routes of the console read; all of it stops with the service.
 *
 * @throws SealstreamError TOPIC_MISSING, KAFKA_UNREACHABLE, REDIS_UNREACHABLE, and what the keys of a
 *   replay are refused with, where they were given
 */
export async function openConsoleParts(
  service: OpenedService<AccessConfig>,
  { onOpen }: Pick<AccessMetrics, 'onOpen'>,
): Promise<ConsoleParts> {
  const { bus, config, onStop, policy, telemetry } = service;
  const { logger } = telemetry;
  const place = {
    redisUrl: config.redisUrl.reveal(),
    redisTlsCa: redisTlsCa(config),
    prefix: config.namePrefix,
    logger,
  };
  // Acknowledgements are written, so they go where accounts go.
  const redisUrl = (config.accountsRedisUrl ?? config.redisUrl).reveal();
  const redis = new RedisLink({ ...place, redisUrl });
  onStop('acknowledgements', async () => redis.stop());
  await redis.connect();
  const flow = await FlowWatch.open({ bus, logger, datasets: policy.datasets });
  onStop('flow', () => flow.stop());
  const alerts = await AlertDesk.open({ bus, logger, redis });
  onStop('alerts', () => alerts.stop());
  const accesses = await AccessLog.open({ bus, logger });
  onStop('accesses', () => accesses.stop());
  const keysets = await openKeysetReader({
    ...place,
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
    heads: new KafkaKeysetHeads(bus),
  });
  onStop('keysets', async () => keysets.stop());
  const keys = await openReplayKeys(service);
  return {
    flow,
    streams: new FlowStreams({ watch: flow, onOpen }),
    alerts,
    rejects: new RejectPages(bus),
    replays: new ReplayDesk({ bus, keys }),
    keysets,
    accesses,
  };
}
