import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that can be told from a later one with the same number. */
export interface ProcessRecord {
  readonly pid: number;
  /** When it started, as the kernel tells it; opaque, only compared. */
  readonly started: string;
}

/** When a process started, or undefined when it is gone or only waits to be collected. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name stands in brackets and may hold anything; after it come state (0) and start (19).
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return rest[0] === 'Z' || rest[0] === 'X' ? undefined : `${boot}/${rest[19] ?? ''}`;
    } catch {
      return undefined;
    }
  }
  const ps = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [state, ...started] = ps.stdout.trim().split(/\s+/);
  return ps.status !== 0 || !state || state.startsWith('Z') ? undefined : started.join(' ');
}

/** The record of a process that runs now. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const started = startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs. */
export function runs(record: ProcessRecord): boolean {
  return startOf(record.pid) === record.started;
}

export interface DetachedOptions {
  readonly cwd: string;
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Told how it ended, while this process lives: an exit code, or null when a signal ended it. */
  readonly onExit?: (code: number | null) => void;
}

/** Starts a program that outlives this process; all that it says is appended to `log`. */
export function startDetached(
  command: string,
  args: readonly string[],
  options: DetachedOptions,
): ProcessRecord {
  const log = openSync(options.log, 'a', 0o600);
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: options.env ?? process.env,
    });
    // Without a listener a failed start would end this process; readiness reports it.
    child.on('error', () => undefined);
    child.on('exit', (code) => options.onExit?.(code));
    child.unref();
    const record = child.pid === undefined ? undefined : recordOf(child.pid);
    if (record === undefined) throw new Error(`${command} did not start; see ${options.log}`);
    return record;
  } finally {
    closeSync(log);
  }
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): boolean {
  if (!runs(record)) return false;
  try {
    return process.kill(record.pid, name);
  } catch {
    return false;
  }
}

/** Waits until the process is gone; false when it still runs after `waitMs`. */
export async function gone(record: ProcessRecord, waitMs: number): Promise<boolean> {
  for (const deadline = Date.now() + waitMs; runs(record); await sleep(25))
    if (Date.now() > deadline) return false;
  return true;
}

/** Ends a process: asks with SIGTERM, and after `graceMs` with SIGKILL. Returns when it is gone. */
export async function end(record: ProcessRecord, graceMs: number): Promise<void> {
  // A stopped process would never see the SIGTERM.
  signal(record, 'SIGCONT');
  if (graceMs > 0 && signal(record, 'SIGTERM') && (await gone(record, graceMs))) return;
  signal(record, 'SIGKILL');
  if (!(await gone(record, 10_000))) throw new Error(`process ${record.pid} does not end`);
}
