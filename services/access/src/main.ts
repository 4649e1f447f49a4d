/** access: people and programs get in here, and only where they belong. */
import type { Server } from 'node:tls';

import { datasetOf } from '@sealstream/policy';
import {
  isEntry,
  type LivePolicy,
  openLivePolicy,
  openService,
  openServiceKeyring,
  runService,
  type Stop,
} from '@sealstream/service';

import type { PolicyOfNow } from './access-parts.ts';
import { accessServer } from './access-server.ts';
import { Callers } from './callers.ts';
import { openConsoleParts } from './console-parts.ts';
import { DatasetDesks, openVaults } from './dataset-desks.ts';
import { openDocumentDesks } from './document-desks.ts';
import { PolicyGate } from './gate.ts';
import { openKeyCare } from './key-care-parts.ts';
import { accessConfig, listen } from './listening.ts';
import { accessMetrics, observe } from './metrics.ts';
import { ROUTES } from './routes.ts';
import { openServedAccounts } from './served-accounts.ts';
import { openServedGrants } from './served-grants.ts';
import { openServedOidc } from './served-oidc.ts';
import { SecondPersons } from './second-persons.ts';
import { openCertificates } from './served-certificates.ts';
import { serveConsole } from './served-console.ts';
import { serveRoutes } from './served-routes.ts';
import { SessionCookies } from './session-cookies.ts';
import { ToldAccess } from './told-access.ts';
import { ToldSignIns } from './told-sign-ins.ts';

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const config = accessConfig(env);
  const service = await openService('access', config);
  const { audit, onStop, telemetry } = service;
  try {
    const metrics = accessMetrics(telemetry.metrics);
    const keys = await openServiceKeyring('access', service);
    const vaults = await openVaults(service);
    const told = new ToldAccess(audit, config.auditWaitMs);
    const grants = await openServedGrants(service, keys, told);
    const accounts = await openServedAccounts(service);
    const live = openLivePolicy(service);
    const policy = policyOfNow(live);
    const desks = new DatasetDesks(policy, keys, vaults);
    const signIns = new ToldSignIns(audit, metrics.signIns, telemetry.logger);
    onStop('sign-ins', async () => signIns.stop());
    const { certificates, tls } = openCertificates(service);
    const cookies = new SessionCookies(tls !== undefined);
    const isSecure = tls !== undefined;
    const oidc = openServedOidc(service, { accounts, policy, signIns, isSecure });
    const seconds = new SecondPersons({ accounts, rules: policy.access, told });
    const gate = new PolicyGate({
      rules: policy.access,
      quotas: accounts.quotas,
      administrators: () => accounts.users.administrators(),
      seconds,
    });
    const consoleParts = await openConsoleParts(service, {
      onStreams: (open) => metrics.streams.set(open),
    });
    const documents = await openDocumentDesks(service, live, accounts);
    const keyCare = await openKeyCare(service, { ...consoleParts, keys, told });
    const server = await accessServer({
      bodyMax: config.accessBodyMax,
      requestMs: config.accessRequestMs,
      tls: tls?.serverOptions,
      onAnswer: (...answer) => observe(metrics, ...answer),
    });
    serveRoutes(server, ROUTES, {
      callers: new Callers({ accounts, certificates, cookies, signIns }),
      parts: {
        told,
        policy,
        desk: (dataset) => desks.of(dataset),
        gate,
        seconds,
        accounts,
        cookies,
        signIns,
        oidc,
        ...grants,
        ...consoleParts,
        ...documents.parts,
        ...keyCare,
        isReady: () => telemetry.health.report().ready,
      },
    });
    await serveConsole(server);
    // With a certificate it is a server of TLS.
    tls?.serve(server.server as unknown as Server);
    onStop('server', () => server.close());
    onStop('exports', async () => documents.stop());
    const port = await listen(server, config);
    telemetry.logger.info({ host: config.accessHost, port }, 'answering people and programs');
  } catch (error) {
    await service.stop();
    throw error;
  }
  service.ready();
  return service.stop;
}

/** The policy as it is at each moment. */
function policyOfNow(live: LivePolicy): PolicyOfNow {
  return {
    datasets: () => live.datasets,
    access: () => live.access,
    of: (name) => datasetOf(live, name),
  };
}

if (isEntry(import.meta)) await runService('access', start, { youngMb: 16 });
