import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine, StackOptions } from './engine.ts';
import { freePorts } from './free-ports.ts';
import { COMPOSE, directoriesOf } from './paths.ts';
import { kafkaReady, redisReady } from './readiness.ts';
import { readState, type ServerName, serversOf, type StackState, writeState } from './state.ts';

const run = promisify(execFile);
const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1);

/** Docker counts only when the engine answers and compose is there; a client alone does not. */
export function dockerWorks(): boolean {
  return [['info'], ['compose', 'version']].every(
    (args) => spawnSync('docker', args, { stdio: 'ignore', timeout: 10_000 }).status === 0,
  );
}

/** Broker settings as the apache/kafka image takes them. */
export function imageEnvironment(properties: Readonly<Record<string, string>>) {
  const name = (property: string) =>
    `KAFKA_${property.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')}`;
  return Object.fromEntries(
    Object.entries(properties).map(([property, value]) => [name(property).toUpperCase(), value]),
  );
}

async function compose(name: string, state: StackState, ...args: string[]): Promise<string> {
  const override = join(directoriesOf(name).root, 'compose.json');
  const env = {
    ...process.env,
    KAFKA_PORT: portOf(state.kafkaBrokers),
    REDIS_PORT: portOf(state.redisUrl),
  };
  const files = ['-p', `sealstream-${name}`, '-f', COMPOSE, '-f', override];
  const done = await run('docker', ['compose', ...files, ...args], { env, maxBuffer: 2 ** 26 });
  return done.stdout;
}

async function newState(options: StackOptions, before: StackState | undefined) {
  const [kafka, redis] = await freePorts(2);
  const image = /apache\/kafka:([\w.]+)/.exec(readFileSync(COMPOSE, 'utf8'))?.[1] ?? 'unknown';
  const state: StackState = before ?? {
    kind: 'docker',
    kafkaBrokers: `127.0.0.1:${kafka}`,
    redisUrl: `redis://127.0.0.1:${redis}`,
    kafkaVersion: image,
    redisVersion: 'unknown',
    javaFlags: [],
    kafkaProperties: {},
    clusterId: '',
    nodes: [],
    advertised: [],
    processes: {},
  };
  return { ...state, kafkaProperties: options.kafkaProperties ?? state.kafkaProperties };
}

async function ready(name: string): Promise<void> {
  const state = readState(name);
  if (state === undefined) throw new Error(`there is no stack ${name}`);
  const why = (server: ServerName) => () => `${server} did not become ready; see \`logs\``;
  await kafkaReady(state.kafkaBrokers, () => false, why('kafka'));
  const redisVersion = await redisReady(state.redisUrl, () => false, why('redis'));
  writeState(name, { ...state, redisVersion });
}

/** Kafka and Redis of docker-compose.yml, as a compose project of the stack's own. */
export const dockerEngine: Engine = {
  async up(name, options) {
    const { root } = directoriesOf(name);
    const state = await newState(options, readState(name));
    mkdirSync(root, { recursive: true, mode: 0o700 });
    const services = { kafka: { environment: imageEnvironment(state.kafkaProperties) } };
    writeFileSync(join(root, 'compose.json'), JSON.stringify({ services }));
    writeState(name, state);
    options.onWritten?.();
    options.progress('starting Kafka and Redis with Docker (the first time fetches the images)');
    await compose(name, state, 'up', '--detach', 'kafka', 'redis');
    await ready(name);
  },

  async down(name, state, purge) {
    await compose(name, state, 'down', '--remove-orphans', ...(purge ? ['--volumes'] : []));
  },

  async kill(name, state, server, how) {
    if (how === 'SIGKILL') await compose(name, state, 'kill', '--signal', how, server);
    else await compose(name, state, 'stop', server);
  },

  async start(name, server) {
    const state = readState(name);
    if (state === undefined) throw new Error(`there is no stack ${name}`);
    await compose(name, state, 'start', server);
    await ready(name);
  },

  async running(name, state) {
    const said = await compose(name, state, 'ps', '--services', '--status', 'running');
    const names = new Set(said.split('\n').map((line) => line.trim()));
    return serversOf(state).filter((server) => names.has(server));
  },

  async logs(name, server, lines) {
    const state = readState(name);
    if (state === undefined) return '';
    return compose(name, state, 'logs', '--no-color', '--tail', String(lines), server);
  },

  async kafkaData(name) {
    const state = readState(name);
    if (state === undefined) throw new Error(`there is no stack ${name}`);
    const copy = directoriesOf(name).kafka;
    if (existsSync(copy)) rmSync(copy, { recursive: true });
    await compose(name, state, 'cp', 'kafka:/var/lib/kafka/data', copy);
    return copy;
  },
};
