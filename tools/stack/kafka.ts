import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalServers } from './local-servers.ts';
import { LOG4J, type StackDirectories } from './paths.ts';
import { type ProcessRecord, startDetached } from './processes.ts';
import { scramArguments, type SecureFiles, secureFiles, secureProperties } from './secure-files.ts';
import { BROKERS, type BrokerName, type StackState } from './state.ts';

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

/** What of a stack says how its brokers are set up. */
type Cluster = Pick<StackState, 'nodes' | 'advertised' | 'certificatesPort' | 'kafkaProperties'>;

/** Listeners of a broker that is alone, and of one of several. */
function listenersOf({ nodes, advertised }: Omit<Cluster, 'kafkaProperties'>, index: number) {
  const { client, internal, controller } = nodes[index];
  const own = `PLAINTEXT://127.0.0.1:${client}`;
  const told = `PLAINTEXT://${advertised[index] ?? `127.0.0.1:${client}`}`;
  const control = `CONTROLLER://127.0.0.1:${controller}`;
  if (nodes.length === 1)
    return {
      listeners: `${own},${control}`,
      'advertised.listeners': told,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    };
  // A proxy before the clients' listener must not come between the brokers.
  const between = `INTERNAL://127.0.0.1:${internal}`;
  return {
    listeners: `${own},${between},${control}`,
    'advertised.listeners': `${told},${between}`,
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
}

/** How often everything is kept, and how many have to have it before it counts as written. */
function replication(brokers: number): Record<string, string> {
  const inSync = String(Math.min(2, brokers));
  return {
    'default.replication.factor': String(brokers),
    'min.insync.replicas': inSync,
    'unclean.leader.election.enable': 'false',
    'offsets.topic.replication.factor': String(brokers),
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': String(brokers),
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
  };
}

/**
 * What makes brokers of their own on a small machine; settings of the caller come on top.
 *
 * @param index of the broker in `nodes`; its node id is one more
 */
export function kafkaProperties(
  cluster: Cluster,
  index: number,
  data: string,
  secure?: SecureFiles,
): string {
  const voters = cluster.nodes.map(({ controller }, n) => `${n + 1}@127.0.0.1:${controller}`);
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(index + 1),
    'controller.quorum.voters': voters.join(','),
    ...listenersOf(cluster, index),
    'controller.listener.names': 'CONTROLLER',
    'auto.create.topics.enable': 'false',
    ...replication(cluster.nodes.length),
    'group.initial.rebalance.delay.ms': '0',
    // The default takes 128 MiB of the heap for compacting a few small topics.
    'log.cleaner.dedupe.buffer.size': '8388608',
    'log.dirs': data,
    ...secureListeners(cluster, index, secure),
    ...cluster.kafkaProperties,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function secureListeners(
  { certificatesPort, nodes }: Cluster,
  index: number,
  secure?: SecureFiles,
) {
  if (secure === undefined || certificatesPort === undefined) return {};
  return secureProperties(secure, { ...nodes[index], certificates: certificatesPort });
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

const propertiesFile = (directories: StackDirectories, broker: BrokerName) =>
  join(directories.root, `${broker}.properties`);

/** The one broker's data is the folder itself; each of three has one in it, named by its node id. */
function dataOf(directories: StackDirectories, { nodes }: Cluster, index: number): string {
  return nodes.length === 1 ? directories.kafka : join(directories.kafka, String(index + 1));
}

/** Writes a broker's settings, and formats its data folder when it is new. */
export async function prepareKafka(
  servers: LocalServers,
  directories: StackDirectories,
  state: Cluster & Pick<StackState, 'clusterId'>,
  broker: BrokerName,
): Promise<void> {
  const index = BROKERS.indexOf(broker);
  const data = dataOf(directories, state, index);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = propertiesFile(directories, broker);
  const secure = secureFiles(directories.root);
  writeFileSync(file, kafkaProperties(state, index, data, secure), { mode: 0o600 });
  const { clusterId } = state;
  const format = ['kafka.tools.StorageTool', 'format', '--ignore-formatted'];
  const java = [...LEAN_JAVA, ...javaArguments(servers, directories), ...format];
  const users = secure === undefined ? [] : scramArguments(secure);
  await promisify(execFile)(servers.java, [...java, '-t', clusterId, '-c', file, ...users], {
    cwd: directories.root,
  });
}

/** Starts the broker that prepareKafka prepared. */
export function startKafka(
  servers: LocalServers,
  directories: StackDirectories,
  javaFlags: readonly string[],
  broker: BrokerName,
): ProcessRecord {
  const file = propertiesFile(directories, broker);
  return startDetached(
    servers.java,
    [...javaFlags, ...javaArguments(servers, directories), 'kafka.Kafka', file],
    { cwd: directories.root, log: join(directories.logs, `${broker}.log`) },
  );
}
