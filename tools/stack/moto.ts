import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { ROOT } from './paths.ts';
import { pythonProgram } from './python-tools.ts';
import { tailOf } from './readiness.ts';

const PROGRAM = join(ROOT, 'tools', 'python', 'moto_server.py');
const START_MS = 30_000;

/**
 * moto, which answers as AWS does (KMS, S3), on 127.0.0.1 alone. All it knows is in its memory. It
 * ends with this process, however that ends.
 */
export class Moto {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #log: string;

  private constructor(child: ChildProcess, url: string, log: string) {
    this.#child = child;
    this.url = url;
    this.#log = log;
  }

  static async start(log: string, progress: (line: string) => void): Promise<Moto> {
    const python = await pythonProgram(progress);
    const [port = 0] = await freePorts(1);
    const file = openSync(log, 'a', 0o600);
    const args = [PROGRAM, '-H', '127.0.0.1', '-p', String(port)];
    const child = spawn(python, args, { stdio: ['pipe', file, file] });
    closeSync(file);
    const moto = new Moto(child, `http://127.0.0.1:${port}`, log);
    for (const deadline = performance.now() + START_MS; ; await sleep(50)) {
      if (await moto.#answers()) return moto;
      if (performance.now() > deadline || child.exitCode !== null)
        throw new Error(`moto did not start; its log ends:\n${tailOf(log, 10)}`);
    }
  }

  /** Calls that it answered so far, by its own log. */
  get calls(): number {
    return readFileSync(this.#log, 'utf8').split('POST / HTTP').length - 1;
  }

  /** Makes it hang, or go on: connections stand, and nobody answers. */
  hang(hangs: boolean): void {
    this.#child.kill(hangs ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/moto-api/data.json`)).ok;
    } catch {
      return false;
    }
  }
}
