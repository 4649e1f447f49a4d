import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePorts } from '../../../tools/stack/free-ports.ts';
import { localServers } from '../../../tools/stack/local-servers.ts';
import { redisSettings } from '../../../tools/stack/redis.ts';

const START_MS = 10_000;

/** A command with what it takes. */
export type Command = readonly [string, ...(string | number)[]];

interface ConnectOptions {
  readonly tls?: { readonly ca: string };
  readonly retryStrategy?: () => null;
  readonly maxRetriesPerRequest?: number;
}

/** Gives one command on a connection of its own. Rejects with what Redis says. */
export async function given(
  url: string,
  [command, ...rest]: Command,
  options: ConnectOptions = {},
): Promise<unknown> {
  const bare = { enableReadyCheck: false, disableClientInfo: true, protocol: 2 } as const;
  const client = new Redis(url, { ...options, ...bare });
  client.on('error', () => undefined);
  try {
    return await client.call(command, ...rest);
  } finally {
    client.disconnect();
  }
}

/** A redis-server of one test, which may be filled, cut off, stopped and set back. */
export class OwnRedis {
  readonly dir = mkdtempSync(join(tmpdir(), 'sealstream-redis-'));
  readonly port: number;
  readonly #program: string;
  #settings: readonly string[] = [];
  #child: ChildProcess | undefined;

  private constructor(program: string, port: number) {
    this.#program = program;
    this.port = port;
  }

  /** @param settingsFor lines of redis.conf beside those of the local stack, of a port and a folder */
  static async start(
    settingsFor: (port: number, dir: string) => readonly string[] = () => [],
  ): Promise<OwnRedis> {
    const { redisServer } = await localServers((line) => process.stderr.write(`${line}\n`));
    const [port = 0] = await freePorts(1);
    const redis = new OwnRedis(redisServer, port);
    redis.#settings = settingsFor(port, redis.dir);
    await redis.#run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Gives one command. */
  run(...command: Command): Promise<unknown> {
    return given(this.url, command);
  }

  /** Writes all it holds into a file, as a backup would. */
  async backUp(): Promise<string> {
    await this.run('SAVE');
    const file = join(this.dir, 'backup');
    copyFileSync(join(this.dir, 'dump.rdb'), file);
    return file;
  }

  /** Stops, puts a backup (or nothing) in the place of what it holds, and starts again. */
  async setBack(backup?: string): Promise<void> {
    await this.stop();
    for (const name of ['dump.rdb', 'appendonly.aof', 'appendonlydir'])
      rmSync(join(this.dir, name), { recursive: true, force: true });
    if (backup !== undefined) copyFileSync(backup, join(this.dir, 'dump.rdb'));
    // With an append-only file to write, Redis would not look at the backup.
    await this.#run(['appendonly no']);
  }

  /** Starts it again on what it had. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#run();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #run(more: readonly string[] = []): Promise<void> {
    const file = join(this.dir, 'redis.conf');
    const lines = [redisSettings(this.port, this.dir), ...this.#settings, ...more];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    this.#child = spawn(this.#program, [file], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    this.#child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (const deadline = Date.now() + START_MS; ; await sleep(10)) {
      if (said.includes('Ready to accept connections')) return;
      if (Date.now() > deadline || this.#child.exitCode !== null)
        throw new Error(`redis-server did not start:\n${said.slice(-500)}`);
    }
  }
}
