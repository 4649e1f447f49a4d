import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MavenSource, mavenFolder } from './maven.ts';
import { MissingTool } from './missing.ts';
import { POM } from './paths.ts';

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
const REDIS_LINE = 'apt-get install -y redis-server (macOS: brew install redis)';

/** The command that starts Java. Throws MissingTool. */
export function javaCommand(): string {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const said = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (said.error !== undefined) throw new MissingTool('Java 17 or newer is missing', JAVA_LINE);
  const major = Number(/version "(\d+)/.exec(`${said.stderr}${said.stdout}`)?.[1] ?? 0);
  if (major < 17) throw new MissingTool(`Java 17 or newer is needed, ${java} is older`, JAVA_LINE);
  return java;
}

const SERVERS: MavenSource = {
  pom: POM,
  name: 'servers',
  what: 'Kafka and Redis',
  finish: (folder) => {
    for (const name of readdirSync(join(folder, 'redis')))
      chmodSync(join(folder, 'redis', name), 0o755);
  },
};

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
 * Throws MissingTool.
 */
export async function localServers(progress: (line: string) => void): Promise<LocalServers> {
  const java = javaCommand();
  const folder = await mavenFolder(SERVERS, progress);
  const pom = readFileSync(POM, 'utf8');
  const kafkaVersion = /<kafka.version>(.*)<\/kafka.version>/.exec(pom)?.[1] ?? '';
  return { java, libs: join(folder, 'libs'), kafkaVersion, ...redisServer(folder) };
}
