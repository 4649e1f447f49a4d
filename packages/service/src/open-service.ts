import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic, type Logger, SealstreamError, type ServiceName } from '@sealstream/contracts';
import type { Policy } from '@sealstream/policy';

import { AuditEmitter } from './audit-emitter.ts';
import type { BaseConfig } from './base-settings.ts';
import { errorFields } from './error-fields.ts';
import { Health } from './health.ts';
import { type HttpServer, openHttp } from './http.ts';
import { httpTlsFiles } from './http-tls-settings.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { instanceName, type Stop } from './lifecycle.ts';
import { type LogLevel, openLog } from './log.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { readPolicy } from './policy-file.ts';
import { type RunningStage, runStage, type StageRequest } from './stages.ts';
import { StopList } from './stop-list.ts';
import { VERSION } from './version.ts';
import { TlsFiles } from './tls-files.ts';
import { untilAvailable } from './waiting.ts';

/** What a service can tell the outside. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
}

/** What openService gives. */
export interface OpenedService<C extends BaseConfig> {
  readonly config: C;
  readonly policy: Policy;
  readonly bus: Bus;
  readonly telemetry: Telemetry;
  /** Plain events of this process; stages write their batch events in their transactions. */
  readonly audit: AuditEmitter;
  /** The port of /livez, /readyz and /metrics. */
  readonly httpPort: number;
  /** Starts a stage with shared metrics, health and audit events; it stops with the service. */
  readonly stage: (request: StageRequest) => Promise<RunningStage>;
  /** What is opened last is stopped first. */
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
  /** Everything runs: /readyz says so from now on. */
  readonly ready: () => void;
  /** An error after which the process cannot go on: it ends as by one that nobody caught. */
  readonly fail: (error: unknown) => void;
  readonly stop: Stop;
}

/**
 * Opens what every service needs: log, metrics, health, policy, Kafka, audit events.
 *
 * Promises: /livez and /readyz answer before anything is waited for; Kafka and the service's audit
 * topic are waited for up to startWaitMs; `service-started` and `policy-loaded` are on the audit
 * topic before this resolves; what was opened is closed again when it fails. stop() drains within
 * drainMs, says `service-stopped`, and then closes everything.
 *
 * @throws SealstreamError POLICY_INVALID, FILE_UNREADABLE, CONFIG_INVALID, KAFKA_UNREACHABLE,
 *   TOPIC_MISSING
 */
export async function openService<C extends BaseConfig>(
  name: ServiceName,
  config: C,
): Promise<OpenedService<C>> {
  const deadlineMs = performance.now() + config.startWaitMs;
  const remainingMs = () => Math.max(0, deadlineMs - performance.now());
  const closing = new StopList();
  try {
    const policy = readPolicy(config.policyFile);
    const telemetry = await openTelemetry(name, config, policy, closing);
    const { health, logger } = telemetry;
    const http = await openServiceHttp(config, telemetry, closing);
    logger.info({ host: config.httpHost, port: http.port }, 'answering /livez, /readyz, /metrics');
    health.waitFor('service', 'starting');
    health.waitFor('kafka', 'KAFKA_UNREACHABLE');
    const bus = await openBus({
      ...kafkaConnection(config),
      clientId: `sealstream-${name}`,
      logger,
      connectTimeoutMs: config.startWaitMs,
    });
    closing.add('kafka', () => bus.stop({ withinMs: config.drainMs }));
    const audit = await openAudit({ bus, config, name, logger, remainingMs }, health);
    closing.add('audit events', () => audit.stop(config.drainMs));
    await withinMs(remainingMs(), tellStart(audit, policy));
    health.met('kafka');
    return opened(config, { policy, bus, telemetry, audit, httpPort: http.port }, closing);
  } catch (error) {
    await closing.stop(config.drainMs);
    throw error;
  }
}

async function openServiceHttp(
  config: BaseConfig,
  telemetry: Telemetry,
  closing: StopList,
): Promise<HttpServer> {
  const { httpHost: host, httpPort: port } = config;
  const paths = httpTlsFiles(config);
  const tls = paths && TlsFiles.open({ ...paths, use: 'http', ...telemetry });
  if (tls !== undefined) closing.add('http certificate', async () => tls.stop());
  const http = await openHttp({ host, port, tls, ...telemetry });
  closing.add('http', () => http.stop());
  return http;
}

type Parts = 'audit' | 'bus' | 'httpPort' | 'policy' | 'telemetry';

function opened<C extends BaseConfig>(
  config: C,
  parts: Pick<OpenedService<C>, Parts>,
  closing: StopList,
): OpenedService<C> {
  const { audit, bus, telemetry } = parts;
  const running = new StopList();
  const fail = (error: unknown) =>
    queueMicrotask(() => {
      throw error;
    });
  return {
    config,
    ...parts,
    onStop: (name, stop) => running.add(name, stop),
    ready: () => telemetry.health.met('service'),
    fail,
    stage: async (request) => {
      const stage = await runStage(request, { bus, audit, ...telemetry, onFailed: fail });
      running.add(`${request.stage}/${request.dataset}`, () => stage.stop(config.drainMs));
      return stage;
    },
    stop: async () => {
      telemetry.health.waitFor('service', 'stopping');
      const isDrained = await running.stop(config.drainMs);
      if (!isDrained) telemetry.logger.warn({ waitMs: config.drainMs }, 'stopped before drained');
      audit.note({ type: 'service-stopped', details: { drained: isDrained } });
      await closing.stop(config.drainMs);
    },
  };
}

async function openTelemetry(
  name: ServiceName,
  config: BaseConfig,
  policy: Policy,
  closing: StopList,
): Promise<Telemetry> {
  const { logFile, logFileAge, logFileCount, logFileSize } = config;
  const log = await openLog({
    service: name,
    instance: config.instance ?? instanceName(),
    level: config.logLevel as LogLevel,
    ...(logFile === undefined
      ? {}
      : {
          file: { path: logFile, sizeBytes: logFileSize, ageMs: logFileAge, count: logFileCount },
        }),
  });
  closing.add('log', () => log.close());
  if (logFile !== undefined) {
    // runService tells stderr; who reads the file must learn of a crash too.
    const tell = (error: Error) => log.error(errorFields(error), 'an error that nobody caught');
    process.on('uncaughtExceptionMonitor', tell);
    closing.add('crash', async () => void process.off('uncaughtExceptionMonitor', tell));
  }
  const metrics = openMetrics(name);
  for (const { name: dataset, revision, sha256 } of policy.datasets.values())
    metrics.policyInfo.set({ dataset, revision: String(revision), sha256 }, 1);
  return { logger: log, metrics, health: new Health() };
}

interface AuditParts {
  readonly bus: Bus;
  readonly config: BaseConfig;
  readonly name: ServiceName;
  readonly logger: Logger;
  readonly remainingMs: () => number;
}

async function openAudit(
  { bus, config, logger, name, remainingMs }: AuditParts,
  health: Health,
): Promise<AuditEmitter> {
  const topic = auditTopic(name);
  await untilAvailable(
    async () => {
      if ((await bus.admin.partitionCount(topic)) === 0)
        throw new SealstreamError('TOPIC_MISSING', { topic });
    },
    { waitMs: remainingMs(), onWait: ({ code }) => health.waitFor('kafka', code) },
  );
  return new AuditEmitter({
    bus,
    service: name,
    instance: config.instance ?? instanceName(),
    logger,
    heartbeatMs: config.auditHeartbeatMs,
  });
}

async function tellStart(audit: AuditEmitter, policy: Policy): Promise<void> {
  const { version: node } = process;
  const started = audit.emit({ type: 'service-started', details: { version: VERSION, node } });
  const loaded = [...policy.datasets.values()].map(({ name, revision, sha256 }) =>
    audit.emit({ type: 'policy-loaded', dataset: name, details: { revision, sha256 } }),
  );
  await Promise.all([started, ...loaded]);
}

async function withinMs(ms: number, action: Promise<void>): Promise<void> {
  const giveUp = new AbortController();
  const late = sleep(ms, undefined, { signal: giveUp.signal }).then(
    () => Promise.reject(new SealstreamError('KAFKA_UNREACHABLE')),
    () => undefined,
  );
  await Promise.race([action, late]).finally(() => giveUp.abort());
}
