import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoriesOf, STATE } from './paths.ts';
import type { ProcessRecord } from './processes.ts';

export type ServerName = 'kafka' | 'redis';
export const SERVERS: readonly ServerName[] = ['redis', 'kafka'];

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
  /** Written into the broker's data; java only. */
  readonly clusterId: string;
  readonly controllerPort: number;
  /** Servers that were started and not yet ended; java only. */
  readonly processes: Readonly<Partial<Record<ServerName, ProcessRecord>>>;
  /** The process that ends the stack when the process it belongs to is gone. */
  readonly watchdog?: ProcessRecord;
}

const stateFile = (name: string) => join(directoriesOf(name).root, 'stack.json');

/** What is known of the stack of that name, or undefined when it never was or was purged. */
export function readState(name: string): StackState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(name), 'utf8')) as StackState;
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
