import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { LEAN_JAVA } from './kafka.ts';
import { javaCommand } from './local-servers.ts';
import { mavenFolder } from './maven.ts';
import { REGISTRY_POM } from './paths.ts';
import { tailOf } from './readiness.ts';

const START_MS = 90_000;
const ANSWER_MS = 2_000;

/** Runs a program, tells its process id, and ends it when whoever holds this input is gone. */
const GUARD = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!; cat >/dev/null; kill -9 $!';

/**
 * Apicurio, a schema registry that answers as Confluent's does, on 127.0.0.1 alone. All it knows is in
 * its memory. It ends with this process, however that ends.
 */
export class Apicurio {
  /** Where the interface of Confluent's registry begins. */
  readonly url: string;
  readonly pid: number;
  readonly #guard: ChildProcess;

  private constructor(guard: ChildProcess, pid: number, url: string) {
    this.#guard = guard;
    this.pid = pid;
    this.url = url;
  }

  /** `folder`: where it may write; its log is apicurio.log there. */
  static async start(folder: string, progress: (line: string) => void): Promise<Apicurio> {
    const home = join(
      await mavenFolder(
        { pom: REGISTRY_POM, name: 'registry', what: 'a schema registry' },
        progress,
      ),
      'registry',
    );
    const jar = readdirSync(home).find((name) => name.endsWith('-runner.jar')) ?? '';
    const [port = 0] = await freePorts(1);
    const log = join(folder, 'apicurio.log');
    const args = [
      ...LEAN_JAVA,
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      `-Djava.io.tmpdir=${folder}`,
      '-jar',
      join(home, jar),
    ];
    const guard = spawn('sh', ['-c', GUARD, 'sh', log, javaCommand(), ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: folder,
    });
    const [said] = (await once(guard.stdout, 'data')) as [Buffer];
    const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const apicurio = new Apicurio(guard, Number(said), url);
    for (const deadline = performance.now() + START_MS; ; await sleep(100)) {
      if (await apicurio.#answers()) return apicurio;
      if (performance.now() > deadline) {
        await apicurio.stop();
        throw new Error(`Apicurio did not start; its log ends:\n${tailOf(log, 15)}`);
      }
    }
  }

  /** Makes it hang, or go on: connections stand, and nobody answers. */
  hang(hangs: boolean): void {
    process.kill(this.pid, hangs ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.#guard.exitCode !== null || this.#guard.signalCode !== null) return;
    const ended = once(this.#guard, 'exit');
    this.#guard.stdin?.end();
    await ended;
  }

  async #answers(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      return (await fetch(`${this.url}/subjects`, { signal })).ok;
    } catch {
      return false;
    }
  }
}
