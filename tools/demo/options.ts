import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { seesSockets } from './process-sockets.ts';

/** What `npm run demo` was asked for. */
export interface DemoOptions {
  /** Generated records; five examples and twelve bad ones come on top. */
  readonly records: number;
  readonly keep: boolean;
  /** Shred one person at the end and show what opens no more. */
  readonly shred: boolean;
  /** Every link on TLS, and each program under a user of its own. */
  readonly secure: boolean;
  readonly json: boolean;
  /** The same seed gives the same people. */
  readonly seed: string;
}

/** Fewer would be no flow that can be seen to stop: one record a second over 30 s. */
export const LEAST_RECORDS = 200;
const MOST_RECORDS = 5_000_000;

export const HELP = `npm run demo [-- --records N --secure --shred --keep --json --seed S]

  Starts Kafka, Redis and the six services on 127.0.0.1, publishes invented people, and checks what
  came out: counts, order, every record opened again, the audit log, plaintext, an alert.

  --records N   records to generate (default 20000, at least ${LEAST_RECORDS})
  --secure      every link on TLS, each program under a user of its own with the rights that it needs;
                checks that no port answers in plaintext and that wrong users are refused (Linux)
  --shred       shred one person after the checks, and show that nothing of them opens any more
  --keep        leave it all running at the end, and print every address
  --end ID      end and remove what an earlier --keep left running
  --json        one JSON object as the last line of stdout instead of the table
  --seed S      the same people again (default: others each time)

With KAFKA_BROKERS and REDIS_URL set it runs on these servers, under names that begin with
sealstream-demo-<id>. and that are deleted at the end; --secure is for servers of its own and is refused then.
Exit codes: 0 all checks passed, 1 a check or the run failed, 2 usage, 3 server or tool missing.`;

/** The command line is not understood; the message says what. */
export class UsageError extends Error {}

/** What to do: run, end an earlier run, or show the help. */
export type DemoCommand =
  | ({ readonly do: 'run' } & DemoOptions)
  | { readonly do: 'end'; readonly id: string }
  | { readonly do: 'help' };

/** @throws UsageError */
export function parseDemo(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): DemoCommand {
  const { values } = parsed(args);
  if (values.help) return { do: 'help' };
  if (values.end !== undefined) return { do: 'end', id: values.end };
  const { keep, json, secure, seed, shred } = values;
  const records = Number(values.records);
  if (!Number.isInteger(records) || records < LEAST_RECORDS || records > MOST_RECORDS)
    throw new UsageError(`--records takes a whole number from ${LEAST_RECORDS} to ${MOST_RECORDS}`);
  if (secure) requireOwnStack(environment);
  const people = seed ?? randomBytes(4).toString('hex');
  return { do: 'run', records, keep, shred, secure, json, seed: people };
}

/** Users and rights are made only on servers that the demo starts, and looked into where that can be done. */
function requireOwnStack(environment: NodeJS.ProcessEnv): void {
  for (const name of ['KAFKA_BROKERS', 'REDIS_URL'])
    if ((environment[name] ?? '') !== '')
      throw new UsageError(`--secure starts servers of its own; unset ${name}, or leave it out`);
  if (!seesSockets)
    throw new UsageError('--secure looks at the connections of processes, which needs Linux');
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        records: { type: 'string', default: '20000' },
        keep: { type: 'boolean', default: false },
        secure: { type: 'boolean', default: false },
        shred: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        seed: { type: 'string' },
        end: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'usage');
  }
}
