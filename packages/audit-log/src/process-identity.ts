import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names one process so that another can tell whether it still lives. A process number alone is
 * used again; its start time within one boot is not. Both mean something only to those who see
 * the same processes: the same boot and, in containers, the same process namespace.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to start, as the kernel says; empty where it does not say. */
  readonly started: string;
  /** Within which the pid has a meaning. */
  readonly realm: string;
}

/** Whether a process runs: `unknown` when it lives, or lived, where we cannot look. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), realm: ownRealm() };
}

/** Whether the process with this identity still runs. */
export function livenessOf(other: ProcessIdentity): Liveness {
  if (other.realm !== ownRealm()) return 'unknown';
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (isGone) return 'dead';
  }
  return other.started === startOf(other.pid) ? 'alive' : 'dead';
}

function ownRealm(): string {
  const boot = tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  const namespace = tryRead(() => readlinkSync('/proc/self/ns/pid'));
  return `${hostname()} ${boot} ${namespace}`;
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and parentheses. */
function startOf(pid: number): string {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Empty where there is no /proc: then a living pid counts as the same process. */
function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
