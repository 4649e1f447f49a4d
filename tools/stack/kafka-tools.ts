import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LEAN_JAVA } from './kafka.ts';
import { localServers } from './local-servers.ts';
import { LOG4J } from './paths.ts';

async function toolCommand(className: string): Promise<[string, string[]]> {
  const servers = await localServers(() => undefined);
  const log = [`-Dlog4j2.configurationFile=${LOG4J}`, '-Dsealstream.log=SYSTEM_ERR'];
  const java = ['-cp', join(servers.libs, '*'), '-XX:-UsePerfData', ...log];
  return [servers.java, [...LEAN_JAVA, ...java, className]];
}

/**
 * Runs one of Kafka's own command-line classes, such as org.apache.kafka.tools.TopicCommand, with
 * `input` on its stdin, and returns what it printed on stdout. Throws with what it said when it fails.
 */
export async function runKafkaTool(
  className: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const [java, first] = await toolCommand(className);
  const running = promisify(execFile)(java, [...first, ...args], { maxBuffer: 2 ** 30 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/**
 * Runs a class that would go on for ever, and ends it when it printed nothing for `idleMs` after
 * its first output, or nothing at all for `emptyMs`. Returns what it printed on stdout.
 */
export async function runKafkaToolUntilIdle(
  className: string,
  args: readonly string[],
  { idleMs, emptyMs }: { readonly idleMs: number; readonly emptyMs: number },
): Promise<string> {
  const [java, first] = await toolCommand(className);
  const child = spawn(java, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  let ended = false;
  const end = () => {
    ended = true;
    child.kill('SIGTERM');
  };
  let timer = setTimeout(end, emptyMs);
  child.stdout.on('data', (bytes: Buffer) => {
    printed.push(bytes);
    clearTimeout(timer);
    timer = setTimeout(end, idleMs);
  });
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (!ended && code !== 0)
    throw new Error(`${className} failed: ${Buffer.concat(said).toString('utf8')}`);
  return Buffer.concat(printed).toString('utf8');
}

/** Kafka's own topic tool: topicCommand(brokers, '--list'). */
export function topicCommand(brokers: string, ...args: string[]): Promise<string> {
  const server = ['--bootstrap-server', brokers];
  return runKafkaTool('org.apache.kafka.tools.TopicCommand', [...server, ...args]);
}

/** Creates a topic with Kafka's own tool. */
export async function createTopic(
  brokers: string,
  topic: string,
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const shape = ['--partitions', String(partitions), '--replication-factor', '1'];
  const configs = Object.entries(settings).map(([name, value]) => ['--config', `${name}=${value}`]);
  await topicCommand(brokers, '--create', '--topic', topic, ...shape, ...configs.flat());
}
