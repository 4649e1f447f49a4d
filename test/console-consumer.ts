import { randomUUID } from 'node:crypto';
import { runKafkaToolUntilIdle } from '../tools/stack/kafka-tools.ts';

/** A record as Kafka's own Java client saw it. */
export interface ConsoleRecord {
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970; CreateTime or LogAppendTime as the topic has it. */
  readonly timestamp: bigint;
  readonly headers: readonly (readonly [string, Buffer | null])[];
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface ConsoleOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  /** It is done when nothing more came for so long; milliseconds, 2,000 unless told. */
  readonly idleMs?: number;
  /** How long it waits for a first record, which takes a while on a busy machine; 10,000. */
  readonly emptyMs?: number;
  /** Only this partition; all of them unless told. */
  readonly partition?: number;
}

const FIELDS = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'];
// BytesDeserializer prints each byte that is not printable ASCII, and the backslash, as \xNN, so
// neither the tab between fields nor the separator of headers can stand in what it prints.
const BYTES = 'org.apache.kafka.common.serialization.BytesDeserializer';
const HEADER_SEPARATOR = '\u001f';

/** The bytes of what Bytes.toString of Kafka's Java client printed. */
function bytesOf(text: string): Buffer {
  const latin1 = text.replace(/\\x([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(latin1, 'latin1');
}

function headersOf(text: string, orNull: (text: string) => Buffer | null) {
  if (text === 'NO_HEADERS') return [];
  return text.split(HEADER_SEPARATOR).map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon), orNull(header.slice(colon + 1))] as const;
  });
}

function recordOf(line: string, nullText: string): ConsoleRecord {
  const [timestamp, partition, offset, headers, key, value, ...rest] = line.split('\t');
  if (headers === undefined || key === undefined || value === undefined || rest.length > 0)
    throw new Error('the console consumer printed a line of another form');
  const orNull = (text: string) => (text === nullText ? null : bytesOf(text));
  const number = (text = '') => text.slice(text.indexOf(':') + 1);
  return {
    timestamp: BigInt(number(timestamp)),
    partition: Number(number(partition)),
    offset: BigInt(number(offset)),
    headers: headersOf(headers, orNull),
    key: orNull(key),
    value: orNull(value),
  };
}

/**
 * Everything on a topic from its first record on, read by Kafka's Java ConsoleConsumer: a second
 * client that shares no line with ours. In offset order within a partition.
 */
export async function consoleConsumer(options: ConsoleOptions): Promise<ConsoleRecord[]> {
  const { brokers, topic, isolation, idleMs = 2_000, emptyMs = 10_000, partition } = options;
  const nullText = `null-${randomUUID()}`;
  const properties = [
    ...FIELDS.map((field) => `print.${field}=true`),
    ...['key', 'value', 'headers'].map((part) => `${part}.deserializer=${BYTES}`),
    'key.separator=\t',
    `headers.separator=${HEADER_SEPARATOR}`,
    `null.literal=${nullText}`,
  ];
  const from =
    partition === undefined
      ? ['--from-beginning']
      : ['--partition', String(partition), '--offset', 'earliest'];
  const args = ['--bootstrap-server', brokers, '--topic', topic, '--isolation-level', isolation];
  const printed = await runKafkaToolUntilIdle(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    args.concat(
      from,
      properties.flatMap((property) => ['--property', property]),
    ),
    { idleMs, emptyMs },
  );
  const lines = printed.split('\n').filter((line) => line !== '');
  return lines.map((line) => recordOf(line, nullText));
}
