import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage, programPath } from '../../../tools/stack/debian-package.ts';
import { runKafkaTool } from '../../../tools/stack/kafka-tools.ts';
import { stockKafkajs } from '../../../tools/stock-kafkajs.ts';
import type { Compression } from '../src/index.ts';

const progress = (line: string) => process.stderr.write(`sealstream: ${line}\n`);

/** Where lines go, or are read from: partition 0. */
interface Place {
  readonly brokers: string;
  readonly topic: string;
}

/** Writes lines as values to a partition 0, in one batch where they fit, as one client does it. */
export type LineWriter = (
  place: Place,
  compression: Compression,
  lines: readonly string[],
) => Promise<unknown>;

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** librdkafka's way, by kcat. */
export const kcatWriter: LineWriter = async ({ brokers, topic }, compression, lines) => {
  const args = ['-P', '-b', brokers, '-t', topic, '-p', '0', '-z', compression];
  return kcat([...args, '-X', 'linger.ms=500'], text(lines));
};

/** Kafka's own client, by its console producer. */
export const javaWriter: LineWriter = async ({ brokers, topic }, compression, lines) =>
  runKafkaTool(
    'org.apache.kafka.tools.ConsoleProducer',
    ['--bootstrap-server', brokers, '--topic', topic, '--compression-codec', compression].concat(
      ['linger.ms=500', 'batch.size=900000'].flatMap((setting) => ['--producer-property', setting]),
    ),
    text(lines),
  );

/** kafkajs 2.2.4 as it was published; it has gzip only. */
export const kafkajsWriter: LineWriter = async ({ brokers, topic }, compression, lines) => {
  if (compression !== 'gzip') throw new Error(`kafkajs has no ${compression}`);
  return kafkajs(['write', brokers, topic], text(lines));
};

/** Every committed value of partition 0 as kcat reads it, which looks at the checksums, too. */
export async function kcatReads({ brokers, topic }: Place): Promise<string[]> {
  const place = ['-C', '-b', brokers, '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q'];
  const printed = await kcat([...place, '-X', 'check.crcs=true', '-f', '%s\n'], '');
  return printed.split('\n').slice(0, -1);
}

/** The first `count` values of a topic as stock kafkajs reads them. */
export async function kafkajsReads({ brokers, topic }: Place, count: number): Promise<string[]> {
  const printed = await kafkajs(['read', brokers, topic, String(count)], '');
  return printed.split('\n').slice(0, -1);
}

async function kcat(args: readonly string[], input: string): Promise<string> {
  const program = await debianPackage('kcat', () => programPath('kcat'), progress);
  return run(program, args, input);
}

async function kafkajs(args: readonly string[], input: string): Promise<string> {
  const script = join(import.meta.dirname, 'stock-kafkajs-client.ts');
  const folder = await stockKafkajs(progress);
  const flags = ['--disable-warning=ExperimentalWarning', script, folder];
  return run(process.execPath, [...flags, ...args], input);
}

async function run(program: string, args: readonly string[], input: string): Promise<string> {
  const options = { maxBuffer: 2 ** 30, timeout: 60_000 };
  const running = promisify(execFile)(program, args, options);
  running.child.stdin?.end(input);
  return (await running).stdout;
}
