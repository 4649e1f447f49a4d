import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianPackage, programPath } from '../tools/stack/debian-package.ts';
import type { ConsoleRecord } from './console-consumer.ts';

/** Numbers and sizes on a line, headers on the next, then key and value as they are. */
const FORMAT = String.raw`%p %o %T %K %S\n%h\n%k%s\n`;
const NEWLINE = 10;

/** What kcat prints for headers without a value. */
const NULL_TEXT = 'NULL';

/** The program kcat, installed when missing. */
export function kcatProgram(): Promise<string> {
  return debianPackage(
    'kcat',
    () => programPath('kcat'),
    (line) => process.stderr.write(`sealstream: ${line}\n`),
  );
}

/**
 * Everything on a topic, read by kcat (librdkafka), which checks the CRC of every batch: committed
 * records only, in offset order within a partition. Names and values of headers must have no comma,
 * equals sign or line break, since kcat prints them as text.
 */
export async function kcat(brokers: string, topic: string): Promise<ConsoleRecord[]> {
  const program = await kcatProgram();
  const settings = ['isolation.level=read_committed', 'check.crcs=true'];
  const args = ['-C', '-q', '-e', '-b', brokers, '-t', topic, '-o', 'beginning', '-f', FORMAT];
  const { stdout } = await promisify(execFile)(
    program,
    [...args, ...settings.flatMap((setting) => ['-X', setting])],
    { encoding: 'buffer', maxBuffer: 2 ** 30 },
  );
  return [...recordsIn(stdout)];
}

function* recordsIn(printed: Buffer): Generator<ConsoleRecord> {
  let at = 0;
  const line = () => {
    const end = printed.indexOf(NEWLINE, at);
    const text = printed.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const bytes = (size: number) => {
    if (size < 0) return null;
    at += size;
    return printed.subarray(at - size, at);
  };
  while (at < printed.length) {
    const [partition, offset, timestamp, keyBytes, valueBytes] = line().split(' ').map(Number);
    const headers = headersIn(line());
    const [key, value] = [bytes(keyBytes), bytes(valueBytes)];
    if (printed[at] !== NEWLINE) throw new Error('kcat printed something of another form');
    at += 1;
    const numbers = { partition, offset: BigInt(offset), timestamp: BigInt(timestamp) };
    yield { ...numbers, headers, key, value };
  }
}

function headersIn(text: string): [string, Buffer | null][] {
  if (text === '') return [];
  return text.split(',').map((header) => {
    const equals = header.indexOf('=');
    const value = header.slice(equals + 1);
    return [header.slice(0, equals), value === NULL_TEXT ? null : Buffer.from(value)];
  });
}
