import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';

import { PURPOSES } from '@sealstream/contracts';
import { keyFilePath, openKeysetReader, readPublicKeyFile } from '@sealstream/keyring';
import { parsePolicy, type Dataset } from '@sealstream/policy';
import { RedisLink } from '@sealstream/redis-link';
import {
  besidePolicy,
  KafkaKeysetHeads,
  openService,
  type OpenedService,
  readConfig,
} from '@sealstream/service';
import type { FastifyInstance } from 'fastify';

import type { RunningFlow } from '../../../test/e2e/running-flow.ts';
import { AccessLog } from '../src/access-log.ts';
import type { AccessParts } from '../src/access-parts.ts';
import { accessServer } from '../src/access-server.ts';
import { AlertDesk } from '../src/alert-desk.ts';
import type { Caller } from '../src/caller.ts';
import { type AccessConfig, SETTINGS } from '../src/config.ts';
import { FlowStreams } from '../src/flow-streams.ts';
import { FlowWatch } from '../src/flow-watch.ts';
import { accessMetrics } from '../src/metrics.ts';
import { RejectPages } from '../src/reject-pages.ts';
import { openReplayKeys, ReplayDesk } from '../src/replay-desk.ts';
import { CONSOLE_ROUTES } from '../src/routes/console.ts';
import { serveRoutes } from '../src/served-routes.ts';
import { ToldAccess } from '../src/told-access.ts';

export const ALICE: Caller = {
  person: 'alice',
  account: 'alice@example',
  by: 'session',
  roles: ['operator'],
};

/** The routes of the console on a flow of their own; who asks is always Alice, and she may do all. */
export interface Console {
  readonly base: string;
  readonly server: FastifyInstance;
  readonly service: OpenedService<AccessConfig>;
  readonly told: ToldAccess;
  /** The policy of now, which tests change. */
  readonly datasets: Map<string, Dataset>;
  /** Whether her session lasts. */
  readonly session: { isOver: boolean };
  close(): Promise<void>;
}

interface ConsoleOptions {
  readonly mayReplay: boolean;
  readonly sessionMs?: number;
}

function environment(flow: RunningFlow, servers: Servers): Record<string, string> {
  return {
    KAFKA_BROKERS: servers.kafkaBrokers,
    REDIS_URL: servers.redisUrl,
    SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    SEALSTREAM_NAME_PREFIX: flow.namePrefix,
    SEALSTREAM_KEY_DIR: flow.place.keysOf('access'),
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: flow.keys.signerPublicKeyFile,
    SEALSTREAM_HTTP_PORT: '0',
    SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
    SEALSTREAM_LOG_LEVEL: 'error',
    SEALSTREAM_ALLOW_UNLOCKED: 'true',
    SEALSTREAM_INSTANCE: randomBytes(4).toString('hex'),
  };
}

type Servers = { readonly kafkaBrokers: string; readonly redisUrl: string };

/** What the tests do not come to: it fails whoever does. */
function unused(): never {
  throw new Error('no route of the console asks for this');
}

export async function openConsole(
  flow: RunningFlow,
  servers: Servers,
  { mayReplay, sessionMs }: ConsoleOptions,
): Promise<Console> {
  const { place } = flow;
  if (mayReplay)
    for (const purpose of PURPOSES)
      copyFileSync(keyFilePath(place.keys, purpose), keyFilePath(place.keysOf('access'), purpose));
  const service = await openService('access', readConfig(SETTINGS, environment(flow, servers)));
  const { bus, config, telemetry } = service;
  const { logger } = telemetry;
  const redisOptions = { redisUrl: servers.redisUrl, prefix: flow.namePrefix, logger };
  const redis = new RedisLink(redisOptions);
  await redis.connect();
  const metrics = accessMetrics(telemetry.metrics);
  const datasets = new Map(service.policy.datasets);
  const watch = await FlowWatch.open({ bus, logger, datasets });
  const alerts = await AlertDesk.open({ bus, logger, redis });
  const accesses = await AccessLog.open({ bus, logger });
  const keysets = await openKeysetReader({
    ...redisOptions,
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
    heads: new KafkaKeysetHeads(bus),
  });
  const session = { isOver: false };
  const parts: AccessParts = {
    policy: {
      datasets: () => datasets,
      access: () => undefined,
      of: (name) => datasets.get(name) ?? unused(),
    },
    desk: unused,
    gate: { permit: async () => ({ rule: 'of the test', settle: async () => undefined }) },
    resolver: { resolve: unused },
    isReady: () => true,
    get accounts() {
      return unused();
    },
    get cookies() {
      return unused();
    },
    get signIns() {
      return unused();
    },
    flow: watch,
    streams: new FlowStreams({
      watch,
      onOpen: metrics.onOpen,
      ...(sessionMs === undefined ? {} : { sessionMs }),
    }),
    alerts,
    rejects: new RejectPages(bus),
    replays: new ReplayDesk({ bus, keys: await openReplayKeys(service) }),
    keysets,
    accesses,
  };
  const told = new ToldAccess(service.audit, config.auditWaitMs);
  const server = await accessServer({
    bodyMax: config.accessBodyMax,
    requestMs: config.accessRequestMs,
    onAnswer: metrics.onAnswer,
  });
  const callers = {
    of: async () => (session.isOver ? unused() : ALICE),
  };
  serveRoutes(server, CONSOLE_ROUTES, { parts, callers, told });
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  const close = async () => {
    await server.close();
    await Promise.all([watch.stop(), alerts.stop(), accesses.stop()]);
    keysets.stop();
    redis.stop();
    await service.stop();
  };
  return { base, server, service, told, datasets, session, close };
}

/** Reads the policy file anew into the datasets of now, as main does. */
export function readPolicyAgain({ datasets }: Console, flow: RunningFlow): void {
  const { policyFile } = flow.place;
  const text = readFileSync(policyFile, 'utf8');
  const policy = parsePolicy(text, policyFile, besidePolicy(policyFile));
  for (const [name, dataset] of policy.datasets) datasets.set(name, dataset);
}
