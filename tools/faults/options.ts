import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type FaultKind, KIND_NAMES } from './kinds.ts';
import { REQUEST_NAMES, type RequestName } from './requests.ts';

export const CLIENTS = ['sealstream', 'stock'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** What `npm run faults` was asked for. */
export interface FaultsOptions {
  readonly rounds: number;
  /** Of the plan, only this round (from 1 on). */
  readonly onlyRound?: number;
  readonly seed: string;
  /** Records a second that the producer writes while it can. */
  readonly perSecond: number;
  readonly client: ClientName;
  /** Only faults of these kinds. */
  readonly kinds: readonly FaultKind[];
  /** Of lost answers, only those to these requests. */
  readonly requests: readonly RequestName[];
  readonly isShort: boolean;
  /** Keep the logs of a run in which nothing was found as well. */
  readonly keepLogs: boolean;
  readonly json: boolean;
}

const MOST_ROUNDS = 1000;
const MOST_PER_SECOND = 5000;

export const HELP = `npm run faults -- [--rounds N --seed S --round K --kinds A,B --client stock --json]

  Runs the five services on three real brokers and a real Redis, while records are written and faults
  are done to them: processes killed and stopped, brokers and Redis gone, connections cut, slow and
  half open, answers lost, a disk full, a clock that jumps. After each round and at the end it checks
  that every record came out once, in order and nowhere in clear. docs/faults.md tells more.

  --rounds N       rounds of two or three faults each (default 20; from 20 on all kinds come up)
  --seed S         the same plan and the same records again (default: others each time)
  --round K        only round K of that plan, as after a finding
  --kinds A,B      only faults of these kinds:
                   ${KIND_NAMES.slice(0, 7).join(', ')},
                   ${KIND_NAMES.slice(7).join(', ')}
  --answers A,B    of lost answers, only those to these requests:
                   ${REQUEST_NAMES.slice(0, 7).join(', ')},
                   ${REQUEST_NAMES.slice(7).join(', ')}
  --client stock   a plain kafkajs worker in place of mask, to see that the checks find what it loses
  --rate R         records a second (default 150)
  --short          short faults close together; Redis is away for 5 s instead of 60
  --keep-logs      the logs and the audit log stay, as they do after a finding
  --json           one JSON object as the last line of stdout instead of the table

Always on servers of its own on 127.0.0.1: KAFKA_BROKERS and REDIS_URL are not looked at.

Examples:
  npm run faults
  npm run --silent faults -- --rounds 20 --seed 5eed --json
  npm run faults -- --rounds 20 --seed 5eed --round 7

Exit codes: 0 nothing found, 1 something was found or the run failed, 2 usage, 3 a tool is missing.`;

/** The command line is not understood; the message says what. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseFaults(args: readonly string[]): FaultsOptions | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const rounds = wholeNumber('--rounds', values.rounds, 1, MOST_ROUNDS);
  const client = CLIENTS.find((name) => name === values.client);
  if (client === undefined) throw new UsageError(`--client takes ${CLIENTS.join(' or ')}`);
  return {
    rounds,
    ...(values.round === undefined
      ? {}
      : { onlyRound: wholeNumber('--round', values.round, 1, rounds) }),
    seed: seedOf(values.seed),
    perSecond: wholeNumber('--rate', values.rate, 1, MOST_PER_SECOND),
    client,
    kinds: namesOf('--kinds', values.kinds, KIND_NAMES),
    requests: namesOf('--answers', values.answers, REQUEST_NAMES),
    isShort: values.short,
    keepLogs: values['keep-logs'],
    json: values.json,
  };
}

function seedOf(given: string | undefined): string {
  if (given !== undefined && !/^[\w.-]{1,64}$/.test(given))
    throw new UsageError('--seed takes 1 to 64 letters, digits, dots, _ and -');
  return given ?? randomBytes(4).toString('hex');
}

function namesOf<N extends string>(
  option: string,
  given: string | undefined,
  all: readonly N[],
): readonly N[] {
  if (given === undefined) return all;
  const names = given.split(',');
  const unknown = names.find((name) => !all.some((each) => each === name));
  if (unknown !== undefined)
    throw new UsageError(`${option}: there is no ${unknown === '' ? 'empty name' : unknown}`);
  return all.filter((each) => names.includes(each));
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new UsageError(`${option} takes a whole number from ${least} to ${most}`);
  return number;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '20' },
        round: { type: 'string' },
        seed: { type: 'string' },
        rate: { type: 'string', default: '150' },
        client: { type: 'string', default: 'sealstream' },
        kinds: { type: 'string' },
        answers: { type: 'string' },
        short: { type: 'boolean', default: false },
        'keep-logs': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'usage');
  }
}
