import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, StackOptions } from './engine.ts';
import { freePorts, isFree } from './free-ports.ts';
import { LEAN_JAVA, newClusterId, prepareKafka, startKafka } from './kafka.ts';
import { type LocalServers, localServers } from './local-servers.ts';
import { directoriesOf } from './paths.ts';
import { end, gone, type ProcessRecord, runs, signal } from './processes.ts';
import { kafkaReady, redisReady, tailOf } from './readiness.ts';
import { prepareRedis, startRedis } from './redis.ts';
import { readState, SERVERS, type ServerName, type StackState, writeState } from './state.ts';

const GRACE_MS = 20_000;

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

const lives = (record: ProcessRecord | undefined) => record !== undefined && runs(record);

/** The ports of an earlier life when nobody took them meanwhile, so that clients find it again. */
async function portsFor(before: StackState | undefined): Promise<[number, number, number]> {
  if (before !== undefined) {
    const ports = [
      portOf(before.kafkaBrokers),
      before.controllerPort,
      portOf(before.redisUrl),
    ] as const;
    const { kafka, redis } = before.processes;
    const free = await Promise.all(ports.map(isFree));
    if ((lives(kafka) || (free[0] && free[1])) && (lives(redis) || free[2])) return [...ports];
    if (lives(kafka) || lives(redis))
      throw new Error('a port of this stack was taken by another program; run `down`, then `up`');
  }
  const [kafka = 0, controller = 0, redis = 0] = await freePorts(3);
  return [kafka, controller, redis];
}

async function newState(
  servers: LocalServers,
  before: StackState | undefined,
  options: StackOptions,
): Promise<StackState> {
  const [kafka, controllerPort, redis] = await portsFor(before);
  return {
    kind: 'java',
    kafkaBrokers: `127.0.0.1:${kafka}`,
    redisUrl: `redis://127.0.0.1:${redis}`,
    kafkaVersion: servers.kafkaVersion,
    redisVersion: servers.redisVersion,
    javaFlags: options.javaFlags ?? before?.javaFlags ?? LEAN_JAVA,
    kafkaProperties: options.kafkaProperties ?? before?.kafkaProperties ?? {},
    clusterId: before?.clusterId ?? newClusterId(),
    controllerPort,
    processes: before?.processes ?? {},
    ...(before?.watchdog === undefined ? {} : { watchdog: before.watchdog }),
  };
}

function record(name: string, server: ServerName, process: ProcessRecord): void {
  const state = readState(name);
  if (state === undefined) throw new Error(`the stack ${name} was removed while it started`);
  writeState(name, { ...state, processes: { ...state.processes, [server]: process } });
}

async function startServer(name: string, server: ServerName, servers: LocalServers) {
  const state = readState(name);
  if (state === undefined) throw new Error(`there is no stack ${name}`);
  const directories = directoriesOf(name);
  const running = state.processes[server];
  const process =
    running !== undefined && runs(running)
      ? running
      : server === 'kafka'
        ? startKafka(servers, directories, state.javaFlags)
        : startRedis(servers, directories);
  record(name, server, process);
  const log = join(directories.logs, `${server}.log`);
  const dead = () => !runs(process);
  const why = () => `${server} did not become ready; its log ends:\n${tailOf(log, 15)}`;
  if (server === 'kafka') await kafkaReady(state.kafkaBrokers, dead, why);
  else await redisReady(state.redisUrl, dead, why);
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
    if (!lives(state.processes.kafka))
      await prepareKafka(
        servers,
        directories,
        { broker: portOf(state.kafkaBrokers), controller: state.controllerPort },
        state,
      );
    if (!lives(state.processes.redis)) prepareRedis(directories, portOf(state.redisUrl));
    for (const server of SERVERS) await startServer(name, server, servers);
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
    await startServer(name, server, await localServers(() => undefined));
  },

  async running(_name, state) {
    return SERVERS.filter((server) => lives(state.processes[server]));
  },

  async logs(name, server, lines) {
    return tailOf(join(directoriesOf(name).logs, `${server}.log`), lines);
  },

  async kafkaData(name) {
    return directoriesOf(name).kafka;
  },
};
