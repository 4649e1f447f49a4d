import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program, tells its process id, and ends it when whoever holds this input is gone. */
const GUARD = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; cat >/dev/null; kill -9 $!';

/** A server that ends with this process, however that ends; all that it says is appended to a log. */
export class GuardedProcess {
  readonly pid: number;
  readonly #guard: ChildProcess;

  private constructor(guard: ChildProcess, pid: number) {
    this.#guard = guard;
    this.pid = pid;
  }

  static async start(
    command: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly log: string },
  ): Promise<GuardedProcess> {
    const { cwd, log } = options;
    const guard = spawn('sh', ['-c', GUARD, 'sh', log, command, ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd,
    });
    const [said] = (await once(guard.stdout, 'data')) as [Buffer];
    return new GuardedProcess(guard, Number(said));
  }

  async stop(): Promise<void> {
    if (this.#guard.exitCode !== null || this.#guard.signalCode !== null) return;
    const ended = once(this.#guard, 'exit');
    this.#guard.stdin?.end();
    await ended;
  }
}
