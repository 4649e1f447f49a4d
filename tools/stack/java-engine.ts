import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, StackOptions } from './engine.ts';
import { freePorts, isFree } from './free-ports.ts';
import { LEAN_JAVA, newClusterId, prepareKafka, startKafka } from './kafka.ts';
import { type LocalServers, localServers } from './local-servers.ts';
import { directoriesOf } from './paths.ts';
import { end, gone, type ProcessRecord, runs, signal } from './processes.ts';
import { kafkaReady, redisReady, tailOf } from './readiness.ts';
import { prepareRedis, startRedis } from './redis.ts';
import { ADMIN, makeSecureFiles, secureFiles } from './secure-files.ts';
import {
  BROKERS,
  type BrokerName,
  type BrokerPorts,
  readState,
  type ServerName,
  serversOf,
  type StackState,
  writeState,
} from './state.ts';

const GRACE_MS = 20_000;

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

const lives = (record: ProcessRecord | undefined) => record !== undefined && runs(record);

interface Ports {
  readonly nodes: readonly BrokerPorts[];
  readonly redis: number;
}

/** Whether nobody but the server of this stack has its ports. */
async function hasPorts({ processes }: StackState, server: ServerName, ports: readonly number[]) {
  return lives(processes[server]) || (await Promise.all(ports.map(isFree))).every(Boolean);
}

/** The ports of an earlier life when nobody took them meanwhile, so that clients find it again. */
async function portsFor(before: StackState | undefined, brokers: number): Promise<Ports> {
  if (before !== undefined) {
    const redis = portOf(before.redisUrl);
    const { nodes } = before;
    const own = await Promise.all([
      hasPorts(before, 'redis', [redis]),
      ...nodes.map((ports, n) =>
        hasPorts(before, BROKERS[n] ?? 'kafka', Object.values(ports).filter(Boolean)),
      ),
    ]);
    if (nodes.length === brokers && own.every(Boolean)) return { nodes, redis };
    if (Object.values(before.processes).some(lives))
      throw new Error('a port of this stack was taken by another program; run `down`, then `up`');
  }
  const perBroker = brokers === 1 ? 2 : 3;
  const [redis = 0, ...ports] = await freePorts(1 + perBroker * brokers);
  const nodes = Array.from({ length: brokers }, (_, n): BrokerPorts => {
    const [client = 0, controller = 0, internal = 0] = ports.slice(n * perBroker);
    return { client, controller, internal: brokers === 1 ? 0 : internal };
  });
  return { nodes, redis };
}

async function newState(
  servers: LocalServers,
  before: StackState | undefined,
  options: StackOptions,
): Promise<StackState> {
  const brokers = options.brokers ?? (before === undefined ? 1 : before.nodes.length || 1);
  // A broker's data says how many voters there are.
  if (before !== undefined && before.nodes.length > 0 && before.nodes.length !== brokers)
    throw new Error('this stack has another number of brokers; run `down --purge`, then `up`');
  const { nodes, redis } = await portsFor(before, brokers);
  const secure = options.secure === true || before?.certificatesPort !== undefined;
  if (secure && brokers !== 1) throw new Error('a secure stack has one broker');
  return {
    kind: 'java',
    kafkaBrokers: nodes.map(({ client }) => `127.0.0.1:${client}`).join(),
    redisUrl: await redisUrlOf(options.name, secure, redis),
    kafkaVersion: servers.kafkaVersion,
    redisVersion: servers.redisVersion,
    javaFlags: options.javaFlags ?? before?.javaFlags ?? LEAN_JAVA,
    kafkaProperties: options.kafkaProperties ?? before?.kafkaProperties ?? {},
    clusterId: before?.clusterId ?? newClusterId(),
    nodes,
    advertised: options.advertised ?? before?.advertised ?? [],
    processes: before?.processes ?? {},
    ...(secure ? { certificatesPort: before?.certificatesPort ?? (await freePorts(1))[0] } : {}),
    ...(before?.watchdog === undefined ? {} : { watchdog: before.watchdog }),
  };
}

/** Of a secure stack the administrator's; its other users have passwords in secureFiles. */
async function redisUrlOf(name: string, secure: boolean, port: number): Promise<string> {
  if (!secure) return `redis://127.0.0.1:${port}`;
  const { redis } = await makeSecureFiles(directoriesOf(name).root);
  return `rediss://${ADMIN}:${redis[ADMIN]}@127.0.0.1:${port}`;
}

/** The authority of a secure stack, as PEM; undefined where it is none. */
export function authorityOf(name: string): string | undefined {
  const files = secureFiles(directoriesOf(name).root);
  return files && readFileSync(files.caFile, 'utf8');
}

function record(name: string, server: ServerName, process: ProcessRecord): void {
  const state = readState(name);
  if (state === undefined) throw new Error(`the stack ${name} was removed while it started`);
  writeState(name, { ...state, processes: { ...state.processes, [server]: process } });
}

/** Starts a server unless it runs; it does not answer yet. */
function launch(name: string, server: ServerName, servers: LocalServers): ProcessRecord {
  const state = readState(name);
  if (state === undefined) throw new Error(`there is no stack ${name}`);
  const directories = directoriesOf(name);
  const running = state.processes[server];
  if (running !== undefined && runs(running)) return running;
  const process =
    server === 'redis'
      ? startRedis(servers, directories)
      : startKafka(servers, directories, state.javaFlags, server);
  record(name, server, process);
  return process;
}

async function answers(name: string, server: ServerName, process: ProcessRecord): Promise<void> {
  const state = readState(name);
  if (state === undefined) throw new Error(`there is no stack ${name}`);
  const log = join(directoriesOf(name).logs, `${server}.log`);
  const dead = () => !runs(process);
  const why = () => `${server} did not become ready; its log ends:\n${tailOf(log, 15)}`;
  const ca = authorityOf(name);
  if (server === 'redis') return void (await redisReady(state.redisUrl, dead, why, ca));
  const broker = state.kafkaBrokers.split(',')[BROKERS.indexOf(server)] ?? '';
  await kafkaReady(broker, dead, why, ca);
}

/** Kafka and Redis as processes of this machine, from the jars of deploy/local/pom.xml. */
export const javaEngine: Engine = {
  async up(name, options) {
    const servers = await localServers(options.progress);
    const before = readState(name);
    const directories = directoriesOf(name);
    for (const folder of [directories.logs, directories.tmp])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    const state = await newState(servers, before, options);
    writeState(name, state);
    options.onWritten?.();
    const all = serversOf(state);
    const isBroker = (server: ServerName): server is BrokerName => server !== 'redis';
    const idle = all.filter((server) => !lives(state.processes[server]));
    const prepare = (broker: BrokerName) => prepareKafka(servers, directories, state, broker);
    await Promise.all(idle.filter(isBroker).map(prepare));
    if (idle.includes('redis')) prepareRedis(directories, portOf(state.redisUrl));
    // All before the first is waited for: a broker of three is ready once two of them vote.
    const started = all.map((server) => [server, launch(name, server, servers)] as const);
    await Promise.all(started.map(([server, process]) => answers(name, server, process)));
  },

  async down(name, state, purge) {
    // What is thrown away anyway need not be flushed first.
    const graceMs = purge ? 0 : GRACE_MS;
    await Promise.all(Object.values(state.processes).map((process) => end(process, graceMs)));
    if (!purge) writeState(name, { ...state, processes: {} });
  },

  async kill(_name, state, server, how) {
    const process = state.processes[server];
    if (process === undefined) return;
    signal(process, how);
    if (!(await gone(process, GRACE_MS))) throw new Error(`${server} did not end on ${how}`);
  },

  async start(name, server) {
    const servers = await localServers(() => undefined);
    await answers(name, server, launch(name, server, servers));
  },

  async running(_name, state) {
    return serversOf(state).filter((server) => lives(state.processes[server]));
  },

  async logs(name, server, lines) {
    return tailOf(join(directoriesOf(name).logs, `${server}.log`), lines);
  },

  async kafkaData(name) {
    return directoriesOf(name).kafka;
  },
};
