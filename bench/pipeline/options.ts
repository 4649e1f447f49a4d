import { parseArgs } from 'node:util';
import { LEAST_BYTES } from './people.ts';

export const STAGES = ['ingest', 'mask', 'encrypt'] as const;
export type StageName = (typeof STAGES)[number];

/** What `npm run bench -- pipeline` was asked for. */
export interface BenchOptions {
  /** Records of each run. */
  readonly records: number;
  /** Sizes of a raw record; each is a run on servers of its own. */
  readonly bytes: readonly number[];
  readonly stages: readonly StageName[];
  readonly partitions: number;
  readonly json: boolean;
}

export const HELP = `npm run bench -- pipeline [--records N] [--bytes B] [--stage S] [--partitions P] [--json]

  Measures a service on a topic that is filled beforehand: records a second, CPU-seconds per million
  records and peak memory of the service's process; and the same of a plain loop on stock kafkajs.
  Always on a Kafka and a Redis of its own: KAFKA_BROKERS and REDIS_URL are not looked at.

  --records N     records of each run (default 200000)
  --bytes B       bytes of a raw record, one size or several: 350,1000 (default), at least ${LEAST_BYTES}
  --stage S       ingest, mask, encrypt, or all (default)
  --partitions P  partitions of each topic (default 4)
  --json          one JSON object a line on stdout instead of a table

With BENCH_NODE_FLAGS='--cpu-prof --cpu-prof-dir=DIR' the services run with these flags of Node.

Examples:
  npm run bench -- pipeline
  npm run --silent bench -- pipeline --json --stage mask --bytes 350

Exit codes: 0 measured, and every record came out once; 1 it failed; 2 usage; 3 a tool is missing.`;

/** The command line is not understood; the message says what. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const [name, ...more] = positionals;
  if (name !== 'pipeline' || more.length > 0)
    throw new UsageError('say which bench: there is one, pipeline');
  const stages = STAGES.filter((stage) => values.stage === 'all' || values.stage === stage);
  if (stages.length === 0) throw new UsageError('--stage takes ingest, mask, encrypt or all');
  return {
    records: wholeNumber('--records', values.records, 100, 20_000_000),
    bytes: values.bytes.split(',').map((text) => wholeNumber('--bytes', text, LEAST_BYTES, 65_536)),
    stages,
    partitions: wholeNumber('--partitions', values.partitions, 1, 48),
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        records: { type: 'string', default: '200000' },
        bytes: { type: 'string', default: '350,1000' },
        stage: { type: 'string', default: 'all' },
        partitions: { type: 'string', default: '4' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'usage');
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new UsageError(`${option} takes a whole number from ${least} to ${most}`);
  return number;
}
