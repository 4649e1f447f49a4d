import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { GuardedProcess } from './guarded-process.ts';
import { LEAN_JAVA } from './kafka.ts';
import { javaCommand } from './local-servers.ts';
import { mavenFolder } from './maven.ts';
import { REGISTRY_POM } from './paths.ts';
import { tailOf } from './readiness.ts';

const START_MS = 90_000;
const ANSWER_MS = 2_000;

/**
 * Apicurio, a schema registry that answers as Confluent's does, on 127.0.0.1 alone. All it knows is in
 * its memory. It ends with this process, however that ends.
 */
export class Apicurio {
  /** Where the interface of Confluent's registry begins. */
  readonly url: string;
  readonly #process: GuardedProcess;

  private constructor(process: GuardedProcess, url: string) {
    this.#process = process;
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
    const server = await GuardedProcess.start(javaCommand(), args, { cwd: folder, log });
    const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    const apicurio = new Apicurio(server, url);
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
    process.kill(this.#process.pid, hangs ? 'SIGSTOP' : 'SIGCONT');
  }

  stop(): Promise<void> {
    return this.#process.stop();
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
