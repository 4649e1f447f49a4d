import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';

import { PURPOSES, SealstreamError } from '@sealstream/contracts';
import { keyFilePath } from '@sealstream/keyring';
import { parsePolicy, type Dataset } from '@sealstream/policy';
import { besidePolicy, openService, type OpenedService, readConfig } from '@sealstream/service';
import type { FastifyInstance } from 'fastify';

import type { RunningFlow } from '../../../test/e2e/running-flow.ts';
import type { AccessParts } from '../src/access-parts.ts';
import { accessServer } from '../src/access-server.ts';
import type { Caller } from '../src/caller.ts';
import { type AccessConfig, SETTINGS } from '../src/config.ts';
import { openConsoleParts } from '../src/console-parts.ts';
import { accessMetrics } from '../src/metrics.ts';
import { CONSOLE_ROUTES } from '../src/routes/console.ts';
import { serveRoutes } from '../src/served-routes.ts';
import { ToldAccess } from '../src/told-access.ts';

export const ALICE: Caller = {
  person: 'alice',
  account: 'alice@example',
  by: 'session',
  roles: ['operator'],
};

/** The routes of the console on a flow of their own; who asks is always Alice, and she may do all but one. */
export interface Console {
  readonly base: string;
  readonly server: FastifyInstance;
  readonly service: OpenedService<AccessConfig>;
  readonly told: ToldAccess;
  /** The policy of now, which tests change. */
  readonly datasets: Map<string, Dataset>;
  /** Whether her session lasts. */
  readonly session: { isOver: boolean; denied?: string };
  close(): Promise<void>;
}

/** A reject as the console lists it. */
export interface Reject {
  readonly id: string;
  readonly code: string;
  readonly stage: string;
  readonly at: string;
  readonly source: { readonly partition: number; readonly offset: string };
}

/** An access as the console lists it. */
export interface ListedAccess {
  readonly action: string;
  readonly request: string;
  readonly outcome: string;
  readonly type: string;
  readonly given?: number;
}

/** A page of a list; the cursor where there are more. */
export interface Page<T> {
  readonly items: T[];
  readonly cursor?: string;
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
    SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
    SEALSTREAM_HTTP_PORT: '0',
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
  const { config, telemetry } = service;
  const metrics = accessMetrics(telemetry.metrics);
  const datasets = new Map(service.policy.datasets);
  const session: Console['session'] = { isOver: false };
  const consoleParts = await openConsoleParts(service, {
    onStreams: (open) => metrics.streams.set(open),
    ...(sessionMs === undefined ? {} : { sessionMs }),
  });
  // Without what only signing in needs: no route of the console asks for it.
  const told = new ToldAccess(service.audit, config.auditWaitMs);
  const parts = {
    ...consoleParts,
    policy: {
      datasets: () => datasets,
      of: (name) => datasets.get(name) ?? unused(),
      access: unused,
    },
    desk: unused,
    gate: {
      judge: async (caller, action, ask) => {
        if (session.denied === action) throw new SealstreamError('ACCESS_DENIED');
        const ground = { role: 'operator', rule: 'of the test' };
        const allowed = { allowed: true, ground, otherwise: [], fourEyes: false } as const;
        return { caller, action, ask, values: 1, allowed, needsApproval: false };
      },
      permit: async () => ({ rule: 'of the test', settle: async () => undefined }),
    },
    told,
    isReady: () => true,
  } satisfies Partial<AccessParts> as Partial<AccessParts> as AccessParts;
  const server = await accessServer({
    bodyMax: config.accessBodyMax,
    requestMs: config.accessRequestMs,
    onAnswer: (route, status) => metrics.requests.inc({ route, status: String(status) }),
  });
  const callers = {
    of: async () => (session.isOver ? unused() : ALICE),
  };
  serveRoutes(server, CONSOLE_ROUTES, { parts, callers });
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  const close = async () => {
    await server.close();
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
