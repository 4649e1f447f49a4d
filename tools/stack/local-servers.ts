import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { MissingTool } from './missing.ts';
import { POM, STATE } from './paths.ts';

/** Where the servers of deploy/local/pom.xml are on this machine. */
export interface LocalServers {
  readonly java: string;
  /** Folder of Kafka's jars. */
  readonly libs: string;
  readonly kafkaVersion: string;
  readonly redisServer: string;
  readonly redisVersion: string;
}

const JAVA_LINE = 'apt-get install -y openjdk-17-jre-headless (macOS: brew install openjdk@17)';
const MAVEN_LINE = 'apt-get install -y maven (macOS: brew install maven)';
const REDIS_LINE = 'apt-get install -y redis-server (macOS: brew install redis)';

function javaCommand(): string {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (said.error !== undefined) throw new MissingTool('Java 17 or newer is missing', JAVA_LINE);
  const major = Number(/version "(\d+)/.exec(`${said.stderr}${said.stdout}`)?.[1] ?? 0);
  if (major < 17) throw new MissingTool(`Java 17 or newer is needed, ${java} is older`, JAVA_LINE);
  return java;
}

/** Copies the servers into `folder`, whole or not at all: a folder that is there is complete. */
function download(folder: string, progress: (line: string) => void): void {
  progress('fetching Kafka and Redis with Maven (once)');
  const partial = `${folder}.partial-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const args = ['-B', '-q', '-ntp', '-f', POM, 'package', `-Dservers.directory=${partial}`];
    const maven = spawnSync('mvn', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (maven.error !== undefined) throw new MissingTool('Maven is missing', MAVEN_LINE);
    if (maven.status !== 0)
      throw new Error(`Maven failed:\n${`${maven.stdout}${maven.stderr}`.trim().slice(-2000)}`);
    for (const name of readdirSync(join(partial, 'redis')))
      chmodSync(join(partial, 'redis', name), 0o755);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function versionOfRedis(command: string): string | undefined {
  const said = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return said.status === 0 ? /v=(\S+)/.exec(said.stdout)?.[1] : undefined;
}

/** The bundled redis-server that runs here, else the one on PATH. */
function redisServer(folder: string): Pick<LocalServers, 'redisServer' | 'redisVersion'> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const bundled = readdirSync(join(folder, 'redis')).filter((name) => name.endsWith(platform));
  for (const command of [...bundled.map((name) => join(folder, 'redis', name)), 'redis-server']) {
    const redisVersion = versionOfRedis(command);
    if (redisVersion !== undefined) return { redisServer: command, redisVersion };
  }
  throw new MissingTool('no redis-server runs on this machine', REDIS_LINE);
}

/**
 * Finds Java, and brings Kafka and Redis into .sealstream/tools when they are not there yet.
 * The folder is named by the hash of the pom, so a new version never mixes with an old one.
 * Throws MissingTool.
 */
export async function localServers(progress: (line: string) => void): Promise<LocalServers> {
  const java = javaCommand();
  const pom = readFileSync(POM, 'utf8');
  const hash = createHash('sha256').update(pom).digest('hex').slice(0, 12);
  const folder = join(STATE, 'tools', `servers-${hash}`);
  if (!existsSync(folder))
    await withLock(join(STATE, 'tools', 'servers.lock'), async () => {
      if (!existsSync(folder)) download(folder, progress);
    });
  const kafkaVersion = /<kafka.version>(.*)<\/kafka.version>/.exec(pom)?.[1] ?? '';
  return { java, libs: join(folder, 'libs'), kafkaVersion, ...redisServer(folder) };
}
