// npm run services: the services of the flow as processes of this machine, until Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SERVICE_PURPOSES, type ServiceName, SERVICES } from '@sealstream/contracts';
import type { SettingsTable } from '@sealstream/service';
import { settingsTables } from './pages/settings-pages.ts';
import { freePorts } from './stack/free-ports.ts';
import { passedSettings } from './stack/passed-settings.ts';
import { ROOT } from './stack/paths.ts';
import { tailOf } from './stack/readiness.ts';

const HELP = `npm run services -- [NAME ...] [--dir DIR] [--free-ports]

  Starts ingest, mask, encrypt, audit, anomaly-alert and access (or those named) for the policy and keys that
  sealstream init made, and stops them on Ctrl-C. Needs KAFKA_BROKERS and REDIS_URL, and passes on to
  each service what it knows of SEALSTREAM_KAFKA_*, SEALSTREAM_REDIS_TLS_CA_FILE,
  SEALSTREAM_SCHEMA_REGISTRY_*, SEALSTREAM_ACCESS_TLS_*, SEALSTREAM_ACCESS_CLIENT_*,
  SEALSTREAM_NAME_PREFIX and SEALSTREAM_LOG_LEVEL. For trying things: in earnest each
  service runs under a supervisor, with its own user, key files and permissions (docs/operations.md).

  --dir DIR      where sealstream.yaml and .sealstream are (default: here)
  --free-ports   answer /readyz and /metrics on free ports instead of 9401 to 9406, and
                 people on a free one instead of 9443

Exit codes: 0 stopped, 1 a service ended by itself, 2 usage, 3 no servers named.`;

const EXIT = { stopped: 0, ended: 1, usage: 2, missing: 3 } as const;
const FIRST_PORT = 9401;
const ACCESS_PORT = 9443;
const NO_REDIS: readonly ServiceName[] = SERVICES.filter(
  (name) => SERVICE_PURPOSES[name].length === 0,
);

const note = (line: string) => process.stderr.write(`sealstream: ${line}\n`);

interface Running {
  readonly name: ServiceName;
  readonly url: string;
  /** Where people and programs get in; of access. */
  readonly entrance?: string;
  readonly log: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

function environmentOf(
  name: ServiceName,
  table: SettingsTable,
  dir: string,
  port: number,
  accessPort: number,
): NodeJS.ProcessEnv {
  const { REDIS_URL: redis, ...rest } = passedSettings(table, process.env);
  const keys = join(dir, '.sealstream', 'keys');
  const keyring = {
    REDIS_URL: redis,
    SEALSTREAM_KEY_DIR: keys,
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keys, 'signer.pub'),
  };
  const log = { SEALSTREAM_AUDIT_DIR: join(dir, '.sealstream', 'audit') };
  const audit = { ...log, SEALSTREAM_AUDIT_KEY_FILE: join(keys, 'audit.key') };
  const access = {
    ...log,
    SEALSTREAM_AUDIT_VKEY_FILE: join(keys, 'audit.vkey'),
    SEALSTREAM_ACCESS_SECRET_FILE: join(keys, 'access.secret'),
    SEALSTREAM_ACCESS_PORT: String(accessPort),
  };
  return {
    ...rest,
    ...(NO_REDIS.includes(name) ? {} : keyring),
    ...(name === 'audit' ? audit : {}),
    ...(name === 'access' ? access : {}),
    SEALSTREAM_POLICY_FILE: join(dir, 'sealstream.yaml'),
    SEALSTREAM_HTTP_PORT: String(port),
  };
}

/** Starts a service in a process group of its own, so that Ctrl-C reaches it through us alone. */
function start(
  name: ServiceName,
  table: SettingsTable,
  dir: string,
  port: number,
  accessPort: number,
): Running {
  const logs = join(dir, '.sealstream', 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = join(logs, `${name}.log`);
  const file = openSync(log, 'a', 0o600);
  const program = join(ROOT, 'services', name, 'dist', 'main.js');
  const env = environmentOf(name, table, dir, port, accessPort);
  const child = spawn(process.execPath, [program], {
    detached: true,
    stdio: ['ignore', file, file],
    env,
  });
  closeSync(file);
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  const scheme = env['SEALSTREAM_ACCESS_TLS_CERT_FILE'] === undefined ? 'http' : 'https';
  const entrance = name === 'access' ? { entrance: `${scheme}://127.0.0.1:${accessPort}` } : {};
  return { name, url: `http://127.0.0.1:${port}`, ...entrance, log, child, ended };
}

const lives = ({ child }: Running) => child.exitCode === null && child.signalCode === null;

async function isReady({ url }: Running): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function tellWhenReady(service: Running): Promise<void> {
  while (lives(service) && !(await isReady(service))) await sleep(200);
  const { entrance, log, name, url } = service;
  const people = entrance === undefined ? '' : `people and programs at ${entrance}, `;
  if (lives(service)) note(`${name} works: ${people}${url}/metrics, log ${log}`);
}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: '.' },
      'free-ports': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const names = SERVICES.filter((name) => positionals.length === 0 || positionals.includes(name));
  const unknown = positionals.find((name) => !SERVICES.some((known) => known === name));
  if (unknown !== undefined) throw new RangeError(`there is no service ${unknown}`);
  return { names, help: values.help, dir: resolve(values.dir), free: values['free-ports'] };
}

async function main(): Promise<number> {
  const { names, help, dir, free } = options();
  if (help) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.stopped;
  }
  for (const setting of ['KAFKA_BROKERS', 'REDIS_URL'])
    if (!process.env[setting]) {
      note(`set ${setting} to your own server, or start local ones: npm run stack -- up`);
      return EXIT.missing;
    }
  if (!existsSync(join(dir, 'sealstream.yaml')))
    throw new RangeError(`there is no sealstream.yaml in ${dir}; make one: sealstream init`);
  const [accessPort = ACCESS_PORT, ...ports] = free
    ? await freePorts(names.length + 1)
    : [ACCESS_PORT, ...names.map((name) => FIRST_PORT + SERVICES.indexOf(name))];
  const tables = await settingsTables();
  const running = names.map((name, index) =>
    start(name, tables.get(name) ?? {}, dir, ports[index] ?? 0, accessPort),
  );
  const asked = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, done);
  });
  void Promise.all(running.map(tellWhenReady));
  await Promise.race([asked, ...running.map(({ ended }) => ended)]);
  const gone = running.filter((service) => !lives(service));
  for (const { name, child, log } of gone)
    note(`${name} ended (${child.exitCode ?? child.signalCode}):\n${tailOf(log, 3)}`);
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ ended }) => ended));
  note('all services have stopped');
  return gone.length === 0 ? EXIT.stopped : EXIT.ended;
}

try {
  process.exitCode = await main();
} catch (error) {
  note(error instanceof Error ? error.message : 'usage');
  process.stderr.write(`${HELP}\n`);
  process.exitCode = EXIT.usage;
}
