import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalServers } from './local-servers.ts';
import { LOG4J, type StackDirectories } from './paths.ts';
import { type ProcessRecord, startDetached } from './processes.ts';
import type { StackState } from './state.ts';

/** Starts quickly and stays small; for everything but a broker that is being measured. */
export const LEAN_JAVA = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xms64m', '-Xmx512m'];
/** As a broker is run in earnest; for the bench. */
export const MEASURED_JAVA = ['-XX:+UseG1GC', '-Xms1g', '-Xmx1g'];

/**
 * Broker settings with which what takes minutes happens within seconds: deleting what is past
 * retention (together with a small segment.ms on the topic), aborting a dead owner's transaction,
 * taking back a broker after kill -9.
 */
export const QUICK_BROKER: Readonly<Record<string, string>> = {
  // With checks each second a record of a fixed old time would be gone before it is read; topics
  // with a retention.ms of their own keep to it.
  'log.retention.ms': '-1',
  'log.initial.task.delay.ms': '500',
  'log.retention.check.interval.ms': '1000',
  'log.segment.delete.delay.ms': '500',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  'group.min.session.timeout.ms': '1000',
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
};

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

/** What makes a broker of its own on a small machine; settings of the caller come on top. */
export function kafkaProperties(
  ports: KafkaPorts,
  data: string,
  extra: Readonly<Record<string, string>>,
): string {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // The default takes 128 MiB of the heap for compacting a few small topics.
    'log.cleaner.dedupe.buffer.size': '8388608',
    'log.dirs': data,
    ...extra,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function javaArguments(servers: LocalServers, directories: StackDirectories): string[] {
  return [
    '-cp',
    join(servers.libs, '*'),
    `-Dlog4j2.configurationFile=${LOG4J}`,
    `-Dkafka.logs.dir=${directories.logs}`,
    `-Djava.io.tmpdir=${directories.tmp}`,
    '-XX:-UsePerfData',
  ];
}

/** An id for a new cluster. It must not begin with a dash, which Kafka would take for a flag. */
export function newClusterId(): string {
  return Buffer.concat([Buffer.of(1), randomBytes(15)]).toString('base64url');
}

/** Writes the broker's settings, and formats its data folder when it is new. */
export async function prepareKafka(
  servers: LocalServers,
  directories: StackDirectories,
  ports: KafkaPorts,
  state: Pick<StackState, 'clusterId' | 'kafkaProperties'>,
): Promise<void> {
  mkdirSync(directories.kafka, { recursive: true, mode: 0o700 });
  const file = join(directories.root, 'kafka.properties');
  writeFileSync(file, kafkaProperties(ports, directories.kafka, state.kafkaProperties), {
    mode: 0o600,
  });
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '--ignore-formatted',
    '-t',
    state.clusterId,
    '-c',
    file,
  ];
  const java = [...LEAN_JAVA, ...javaArguments(servers, directories), ...format];
  await promisify(execFile)(servers.java, java, { cwd: directories.root });
}

/** Starts the broker that prepareKafka prepared. */
export function startKafka(
  servers: LocalServers,
  directories: StackDirectories,
  javaFlags: readonly string[],
): ProcessRecord {
  const file = join(directories.root, 'kafka.properties');
  return startDetached(
    servers.java,
    [...javaFlags, ...javaArguments(servers, directories), 'kafka.Kafka', file],
    { cwd: directories.root, log: join(directories.logs, 'kafka.log') },
  );
}
