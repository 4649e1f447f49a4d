import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../tools/stack/paths.ts';

export interface BenchRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a bench as a user does. Whatever the shell says of servers, it must not look at it. */
export function bench(...args: string[]): BenchRun {
  const command = ['--disable-warning=ExperimentalWarning', join(ROOT, 'bench/run.ts'), ...args];
  const env = { ...process.env, KAFKA_BROKERS: '127.0.0.1:9', REDIS_URL: 'redis://127.0.0.1:9' };
  return spawnSync(process.execPath, command, { encoding: 'utf8', env, timeout: 230_000 });
}

/** The objects that it printed with --json. */
export function linesOf({ stdout }: BenchRun): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
