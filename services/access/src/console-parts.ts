import { openKeysetReader, readPublicKeyFile } from '@sealstream/keyring';
import { stageCheckPlan } from '@sealstream/policy';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import {
  KafkaKeysetHeads,
  openSchemaRegistry,
  type OpenedService,
  redisTlsCa,
  untilAvailable,
} from '@sealstream/service';

import { AccessLog } from './access-log.ts';
import type { AccessParts } from './access-parts.ts';
import { AlertDesk } from './alert-desk.ts';
import type { AccessConfig } from './config.ts';
import { FlowStreams } from './flow-streams.ts';
import { FlowWatch } from './flow-watch.ts';
import { RejectPages } from './reject-pages.ts';
import { openReplayKeys, ReplayDesk } from './replay-desk.ts';

/** What the routes of the console work with. */
export type ConsoleParts = Pick<
  AccessParts,
  'accesses' | 'alerts' | 'flow' | 'keysets' | 'rejects' | 'replays' | 'streams'
>;

export interface ConsoleOptions {
  /** Told how many streams are open. */
  readonly onStreams: (open: number) => void;
  /** How often it is asked whether a session lasts; see FlowStreams. */
  readonly sessionMs?: number;
}

/**
 * Opens the feeds and readers of the console; they stop with the service. Waits for Redis up to
 * startWaitMs.
 *
 * @throws SealstreamError TOPIC_MISSING, REDIS_UNREACHABLE, FILE_UNREADABLE, CONFIG_INVALID, and what
 *   openReplayKeys throws
 */
export async function openConsoleParts(
  service: OpenedService<AccessConfig>,
  { onStreams, sessionMs }: ConsoleOptions,
): Promise<ConsoleParts> {
  const { bus, config, onStop, policy, telemetry } = service;
  const { health, logger } = telemetry;
  const shared = { redisTlsCa: redisTlsCa(config), prefix: config.namePrefix, logger };
  const waiting = {
    waitMs: config.startWaitMs,
    onWait: ({ code }: { readonly code: string }) => health.waitFor('console', code),
  };
  const redisUrl = (config.accountsRedisUrl ?? config.redisUrl).reveal();
  const redis = await untilAvailable(() => connected({ ...shared, redisUrl }), waiting);
  onStop('acknowledgements', async () => redis.stop());
  const keysets = await untilAvailable(
    () =>
      openKeysetReader({
        ...shared,
        redisUrl: config.redisUrl.reveal(),
        signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
        heads: new KafkaKeysetHeads(bus),
      }),
    waiting,
  );
  onStop('keysets', async () => keysets.stop());
  const flow = await FlowWatch.open({ bus, logger, datasets: policy.datasets });
  onStop('flow', () => flow.stop());
  const alerts = await AlertDesk.open({ bus, logger, redis });
  onStop('alerts', () => alerts.stop());
  const accesses = await AccessLog.open({ bus, logger });
  onStop('accesses', () => accesses.stop());
  const keys = await openReplayKeys(service);
  const registry = openSchemaRegistry(config);
  const schemas = registry && { source: registry };
  health.met('console');
  const often = sessionMs === undefined ? {} : { sessionMs };
  return {
    flow,
    streams: new FlowStreams({ watch: flow, onOpen: onStreams, ...often }),
    alerts,
    rejects: new RejectPages(bus),
    replays: new ReplayDesk({ bus, keys, planOf: (dataset) => stageCheckPlan(dataset, schemas) }),
    keysets,
    accesses,
  };
}

/** One that could not connect would go on trying: each try is a link of its own. */
async function connected(options: RedisOptions): Promise<RedisLink> {
  const link = new RedisLink(options);
  try {
    await link.connect();
    return link;
  } catch (error) {
    link.stop();
    throw error;
  }
}
