import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'packages/cli/dist/main.js');
export const EXAMPLE = join(ROOT, 'examples/people');

export interface Ended {
  readonly exit: number | null;
  readonly out: Buffer;
  readonly err: string;
}

interface Given {
  readonly cwd?: string;
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Closes the reading end of stdout after the first bytes, as `head` does. */
  readonly closeEarly?: boolean;
}

/** Runs the built command as a process of its own, with none of our settings in its environment. */
export function sealstream(argv: readonly string[], given: Given = {}): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(SEALSTREAM_|KAFKA_BROKERS$|REDIS_URL$)/.test(name),
    ),
  );
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: given.cwd ?? ROOT,
    env: { ...env, ...given.env },
  });
  const out: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    if (given.closeEarly === true) child.stdout.destroy();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  // A command that ends before it read everything closes the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(given.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out: Buffer.concat(out), err }));
  });
}

/** A fresh directory, removed with the test. */
export function emptyDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
