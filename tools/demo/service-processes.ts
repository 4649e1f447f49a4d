import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICE_PURPOSES, type ServiceName } from '@sealstream/contracts';
import { ROOT } from '../stack/paths.ts';
import { end, type ProcessRecord, runs, startDetached } from '../stack/processes.ts';
import { tailOf } from '../stack/readiness.ts';
import type { DemoPlace } from './place.ts';

/** A service that runs as a process of its own, in a process group of its own. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly url: string;
  readonly log: string;
  readonly process: ProcessRecord;
  /** Authority (PEM) of the certificate that it answers with over TLS. */
  readonly httpCa?: string | undefined;
  /** Where people and programs get in; of access, where it was told. */
  readonly accessPort?: number | undefined;
}

/** What all services are told. */
export interface ServiceEnvironment {
  readonly place: DemoPlace;
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly signerPublicKeyFile: string;
  readonly auditKeyFile: string;
  readonly policyFile: string;
  /** Settings of the user's own servers, such as SEALSTREAM_KAFKA_TLS. */
  readonly more: Readonly<Record<string, string>>;
  /** Authority (PEM) of the certificates that `more` names; its HTTP is on TLS where it is given. */
  readonly httpCa?: string | undefined;
}

const SECRET_BYTES = 32;
const STOP_MS = 15_000;
const EACH_MS = 2000;

/** Nothing of this process's environment but what a program needs to run at all. */
function bareEnvironment(place: DemoPlace): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), TMPDIR: place.tmp };
}

/** Nobody signs in to a demo by itself: a port that is free, and a secret that is gone with it. */
function ownAccess(): Record<string, string> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { SEALSTREAM_ACCESS_PORT: '0', SEALSTREAM_ACCESS_SECRET: secret };
}

/** The whole environment of a service. @param port of its health and metrics */
export function settingsOf(
  name: ServiceName,
  port: number,
  common: ServiceEnvironment,
): Record<string, string> {
  const { place } = common;
  // Services refuse settings that are not theirs, and this one is of those that hold keys.
  const { SEALSTREAM_ALLOW_UNLOCKED: unlocked, ...more } = common.more;
  const keyring = {
    ...(unlocked === undefined ? {} : { SEALSTREAM_ALLOW_UNLOCKED: unlocked }),
    REDIS_URL: common.redisUrl,
    SEALSTREAM_KEY_DIR: place.keysOf(name),
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: common.signerPublicKeyFile,
  };
  const audit = {
    SEALSTREAM_AUDIT_DIR: place.audit,
    SEALSTREAM_AUDIT_KEY_FILE: common.auditKeyFile,
  };
  return {
    ...bareEnvironment(place),
    ...(name === 'access' ? ownAccess() : {}),
    ...more,
    KAFKA_BROKERS: common.kafkaBrokers,
    SEALSTREAM_POLICY_FILE: common.policyFile,
    SEALSTREAM_HTTP_PORT: String(port),
    ...(SERVICE_PURPOSES[name].length > 0 ? keyring : {}),
    ...(name === 'audit' ? audit : {}),
    ...(SERVICE_PURPOSES[name].includes('subject') ? { SEALSTREAM_EPOCH_DIR: place.epochs } : {}),
  };
}

/** What a supervisor wants to know of a start besides. */
export interface StartOptions {
  /** Name of the log in the folder of logs; that of the service unless told. */
  readonly logName?: string;
  readonly onExit?: (code: number | null) => void;
}

/** Starts a service; it is not ready when this returns. */
export function startService(
  name: ServiceName,
  port: number,
  environment: ServiceEnvironment,
  { logName = name, onExit }: StartOptions = {},
): ServiceProcess {
  const program = join(ROOT, 'services', name, 'dist', 'main.js');
  const log = join(environment.place.logs, `${logName}.log`);
  const process_ = startDetached(process.execPath, [program], {
    cwd: environment.place.root,
    log,
    env: settingsOf(name, port, environment),
    ...(onExit === undefined ? {} : { onExit }),
  });
  const { httpCa, more } = environment;
  const accessPort = Number(more['SEALSTREAM_ACCESS_PORT'] ?? 0);
  const url = `${httpCa === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const links = { httpCa, ...(name === 'access' && accessPort > 0 ? { accessPort } : {}) };
  return { name, url, log, process: process_, ...links };
}

/** What is answered to GET; status 0: nothing is. Over TLS the authority `ca` (PEM) is believed alone. */
export async function answerOf(
  url: string,
  ca?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const options = { agent: false, signal: AbortSignal.timeout(EACH_MS) } as const;
  try {
    const request = ca === undefined ? getPlain(url, options) : getTls(url, { ...options, ca });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  } catch {
    return { status: 0, text: '' };
  }
}

/** Whether a service runs its stages. Throws with the end of its log when its process is gone. */
export async function isReady(service: ServiceProcess): Promise<boolean> {
  const { status } = await answerOf(`${service.url}/readyz`, service.httpCa);
  if (status !== 200) requireRunning(service);
  return status === 200;
}

export function requireRunning({ name, process, log }: ServiceProcess): void {
  if (runs(process)) return;
  throw new Error(`${name} has ended; the end of ${log}:\n${tailOf(log, 5)}`);
}

/** What /metrics says now; '' when it does not answer. */
export async function metricsOf(service: ServiceProcess): Promise<string> {
  return (await answerOf(`${service.url}/metrics`, service.httpCa)).text;
}

/** Ends services as a supervisor does: SIGTERM, which drains, and SIGKILL after some time. */
export async function stopServices(services: readonly ServiceProcess[]): Promise<void> {
  await Promise.all(services.map(({ process }) => end(process, STOP_MS)));
  await sleep(0);
}
