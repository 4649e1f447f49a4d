import { type ChildProcess, spawn } from 'node:child_process';

const GRACE_MS = 20_000;
const KEPT_BYTES = 4000;

/** A program of ours that ends before this process does. */
export interface Child {
  readonly process: ChildProcess;
  /** The end of what it said on stderr. */
  said(): string;
  /** Resolves with its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** SIGTERM, and SIGKILL when that does not help. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a Node program with nothing of this environment but what it needs to run at all. */
export function startNode(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  running.add(child);
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-KEPT_BYTES);
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  // Whoever waits is told as well; without this a failed start would end the bench at once.
  exited.catch(() => undefined);
  return {
    process: child,
    said: () => tail,
    exited,
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      child.kill('SIGTERM');
      await exited.finally(() => clearTimeout(timer));
    },
  };
}

/** BENCH_NODE_FLAGS gives Node's own flags to what is measured, such as `--cpu-prof`. */
export function nodeFlags(): string[] {
  return (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}
