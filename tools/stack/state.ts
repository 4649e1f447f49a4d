import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoriesOf, STATE } from './paths.ts';
import type { ProcessRecord } from './processes.ts';

/** Brokers of a stack in the order of their node ids; one, or three. */
export const BROKERS = ['kafka', 'kafka-2', 'kafka-3'] as const;
export type BrokerName = (typeof BROKERS)[number];
export type ServerName = BrokerName | 'redis';

/** Where one broker listens on 127.0.0.1. */
export interface BrokerPorts {
  readonly client: number;
  /** For the other brokers; of three only. */
  readonly internal: number;
  readonly controller: number;
}

/** How a stack got its servers. */
export type StackKind = 'java' | 'docker' | 'own';

/** What is written down of a stack, so that any later process finds it again. */
export interface StackState {
  readonly kind: StackKind;
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly kafkaVersion: string;
  readonly redisVersion: string;
  readonly javaFlags: readonly string[];
  readonly kafkaProperties: Readonly<Record<string, string>>;
  /** Written into the brokers' data; java only. */
  readonly clusterId: string;
  /** One or three, in the order of BROKERS; java only. */
  readonly nodes: readonly BrokerPorts[];
  /** Addresses (host:port) that the brokers tell clients instead of their own; may be empty. */
  readonly advertised: readonly string[];
  /** Where clients sign in with a certificate, of a stack that is secure; java only. */
  readonly certificatesPort?: number;
  /** Servers that were started and not yet ended; java only. */
  readonly processes: Readonly<Partial<Record<ServerName, ProcessRecord>>>;
  /** The process that ends the stack when the process it belongs to is gone. */
  readonly watchdog?: ProcessRecord;
}

/** The servers of a stack, Redis first. */
export function serversOf({ nodes }: Pick<StackState, 'nodes'>): ServerName[] {
  return ['redis', ...BROKERS.slice(0, Math.max(1, nodes.length))];
}

const stateFile = (name: string) => join(directoriesOf(name).root, 'stack.json');

/** What is known of the stack of that name, or undefined when it never was or was purged. */
export function readState(name: string): StackState | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile(name), 'utf8')) as Partial<StackState>;
    // Older checkouts wrote neither; their stacks have one broker.
    return { nodes: [], advertised: [], ...state } as StackState;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the state whole or not at all. */
export function writeState(name: string, state: StackState): void {
  const file = stateFile(name);
  const partial = `${file}.partial-${process.pid}`;
  mkdirSync(directoriesOf(name).root, { recursive: true, mode: 0o700 });
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, file);
}

/** Names of all stacks of this checkout that have state. */
export function stackNames(): string[] {
  try {
    return readdirSync(join(STATE, 'stacks')).filter((name) => readState(name) !== undefined);
  } catch {
    return [];
  }
}
