import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dockerEngine, dockerWorks } from './docker-engine.ts';
import type { Engine, KillSignal, StackOptions } from './engine.ts';
import { authorityOf, javaEngine } from './java-engine.ts';
import { withLock } from './lock.ts';
import { ownServers } from './own-servers.ts';
import { directoriesOf, STATE, type StackDirectories } from './paths.ts';
import { end, recordOf, runs, startDetached } from './processes.ts';
import { brokersAnswer } from './readiness.ts';
import { redisAnswers } from './redis.ts';
import { type SecureFiles, secureFiles } from './secure-files.ts';
import {
  readState,
  type ServerName,
  serversOf,
  type StackKind,
  type StackState,
  writeState,
} from './state.ts';

/** A Kafka and a Redis that answer. */
export interface Stack {
  readonly name: string;
  readonly kind: StackKind;
  /** host:port,host:port: what KAFKA_BROKERS takes. */
  readonly kafkaBrokers: string;
  /** Where each of three brokers tells the others its address; past any advertised proxy. */
  readonly internalBrokers: string;
  readonly redisUrl: string;
  /** Where clients sign in with a certificate; of a secure stack only. */
  readonly certificatesBrokers?: string;
  /** Certificates and passwords; of a secure stack only. */
  readonly secure?: SecureFiles | undefined;
  /** All of them, whether they run or not; none of the user's own. */
  readonly servers: readonly ServerName[];
  /** Empty for the user's own brokers, which do not say. */
  readonly kafkaVersion: string;
  readonly redisVersion: string;
  readonly directories: StackDirectories;
  /** Process ids of the servers now; java only. */
  readonly pids: Readonly<Partial<Record<ServerName, number>>>;
  /** Ends one server (SIGKILL: a crash) and returns when it is gone. */
  kill(server: ServerName, how?: KillSignal): Promise<void>;
  /** Starts one server again on the same port and data; returns when it answers. */
  start(server: ServerName): Promise<void>;
  /** A folder with the broker's segment files as they are now, to be searched. */
  kafkaData(): Promise<string>;
  /** Ends all servers; with `purge` removes all data as well. */
  stop(options?: { readonly purge?: boolean }): Promise<void>;
}

export type StartOptions = Omit<StackOptions, 'progress'> & {
  readonly progress?: StackOptions['progress'];
  /**
   * Where the servers come from. `auto`: the user's own when KAFKA_BROKERS and REDIS_URL are set,
   * else Docker when it works, else Java. Tests say `java`, which gives them processes to kill.
   */
  readonly kind?: StackKind | 'auto';
  /** Ends and purges the stack when this process is gone, however it went. */
  readonly forPid?: number;
};

const engines: Readonly<Record<'java' | 'docker', Engine>> = {
  java: javaEngine,
  docker: dockerEngine,
};

function engineOf(state: StackState): Engine {
  return state.kind === 'docker' ? engines.docker : engines.java;
}

/** A few lock files serve all names, so that purged stacks leave none behind. */
function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const slot = createHash('sha256').update(name).digest()[0] ?? 0;
  return withLock(join(STATE, 'locks', `stack-${slot % 16}.lock`), work);
}

async function answers(name: string, state: StackState): Promise<boolean> {
  const ca = authorityOf(name);
  const running = await engineOf(state).running('', state);
  if (state.kind === 'java' && running.length < serversOf(state).length) return false;
  const kafka = await brokersAnswer(state.kafkaBrokers, 2_000, ca);
  return kafka && (await redisAnswers(state.redisUrl, 2_000, ca)) !== undefined;
}

function watch(name: string, forPid: number): void {
  const state = readState(name);
  const owner = recordOf(forPid);
  if (state === undefined || (state.watchdog !== undefined && runs(state.watchdog))) return;
  if (owner === undefined) throw new Error(`there is no process ${forPid} to watch`);
  const program = join(import.meta.dirname, 'watchdog.ts');
  const watchdog = startDetached(process.execPath, [program, name, JSON.stringify(owner)], {
    cwd: STATE,
    log: join(directoriesOf(name).logs, 'watchdog.log'),
  });
  writeState(name, { ...state, watchdog });
}

function kindFor(before: StackState | undefined, wanted: StackKind | 'auto'): 'java' | 'docker' {
  if (before !== undefined && before.kind !== 'own') return before.kind;
  if (wanted === 'java' || wanted === 'docker') return wanted;
  return dockerWorks() ? 'docker' : 'java';
}

/**
 * Starts the stack, or finds it running: then nothing changes. Returns when both servers answer.
 * Throws MissingTool when something has to be installed first.
 */
export async function startStack(options: StartOptions): Promise<Stack> {
  const { name, forPid, progress = () => undefined } = options;
  // The compose file has one broker and no TLS, and whose own there are is not ours to say.
  const kind = options.brokers === 3 || options.secure === true ? 'java' : (options.kind ?? 'auto');
  directoriesOf(name);
  const own = kind === 'auto' || kind === 'own' ? await ownServers(process.env) : undefined;
  if (own !== undefined) return ownStack(name, own);
  await locked(name, async () => {
    const before = readState(name);
    const onWritten = () => {
      if (forPid !== undefined) watch(name, forPid);
    };
    if (before !== undefined && (await answers(name, before))) return onWritten();
    const engine = engines[kindFor(before, kind)];
    try {
      await engine.up(name, { ...options, progress, onWritten });
    } catch (error) {
      // Half a stack is of no use; its data and logs stay to be looked at.
      const state = readState(name);
      if (state !== undefined) await engine.down(name, state, false);
      throw error;
    }
  });
  return openStack(name);
}

/** The stack of that name, started by this or any other process. */
export function openStack(name: string): Stack {
  const known = readState(name);
  if (known === undefined) throw new Error(`there is no stack ${name}`);
  const now = () => readState(name) ?? known;
  return {
    name,
    kind: known.kind,
    kafkaBrokers: known.kafkaBrokers,
    internalBrokers:
      known.nodes.length === 3
        ? known.nodes.map(({ internal }) => `127.0.0.1:${internal}`).join()
        : known.kafkaBrokers,
    redisUrl: known.redisUrl,
    ...(known.certificatesPort === undefined
      ? {}
      : {
          certificatesBrokers: `127.0.0.1:${known.certificatesPort}`,
          secure: secureFiles(directoriesOf(name).root),
        }),
    servers: serversOf(known),
    kafkaVersion: known.kafkaVersion,
    redisVersion: known.redisVersion,
    directories: directoriesOf(name),
    get pids() {
      const live = Object.entries(now().processes).filter(([, process]) => runs(process));
      return Object.fromEntries(live.map(([server, process]) => [server, process.pid]));
    },
    kill: (server, how = 'SIGKILL') =>
      locked(name, () => engineOf(known).kill(name, now(), server, how)),
    start: (server) => locked(name, () => engineOf(known).start(name, server)),
    kafkaData: () => engineOf(known).kafkaData(name),
    stop: ({ purge = false } = {}) => stopStack(name, purge),
  };
}

/** Ends every process of a stack; with `purge` removes its data. Nothing to do is no error. */
export async function stopStack(name: string, purge: boolean): Promise<void> {
  const { root } = directoriesOf(name);
  await locked(name, async () => {
    const state = readState(name);
    if (state === undefined) return;
    const { watchdog, ...rest } = state;
    if (watchdog !== undefined && watchdog.pid !== process.pid) await end(watchdog, 0);
    writeState(name, rest);
    await engineOf(state).down(name, rest, purge);
    if (purge) rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** What runs of a stack, and whether it answers. */
export async function stackStatus(name: string): Promise<{
  readonly running: readonly ServerName[];
  readonly answering: boolean;
}> {
  const state = readState(name);
  if (state === undefined) return { running: [], answering: false };
  const running = await engineOf(state).running(name, state);
  return { running, answering: running.length > 0 && (await answers(name, state)) };
}

/** The last lines of what a server of a stack said. */
export function stackLogs(name: string, server: ServerName, lines: number): Promise<string> {
  const state = readState(name);
  return state === undefined ? Promise.resolve('') : engineOf(state).logs(name, server, lines);
}

function ownStack(
  name: string,
  own: { readonly kafkaBrokers: string; readonly redisUrl: string; readonly redisVersion: string },
): Stack {
  const refuse = () => Promise.reject(new Error('these servers are your own and are left alone'));
  return {
    name,
    kind: 'own',
    ...own,
    internalBrokers: own.kafkaBrokers,
    servers: [],
    kafkaVersion: '',
    directories: directoriesOf(name),
    pids: {},
    kill: refuse,
    start: refuse,
    kafkaData: refuse,
    stop: () => Promise.resolve(),
  };
}
