import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { ROOT } from '../stack/paths.ts';
import { startStack, type Stack } from '../stack/stack.ts';
import type { StackKind } from '../stack/state.ts';
import { type DemoBuses, oneBus, userBuses } from './buses.ts';
import { sealstream } from './command-line.ts';
import { type DemoKeys, type KeysetAccess, makeKeyFiles, makeKeysets } from './keys.ts';
import { type DemoPlace, demoPlace, makePlace } from './place.ts';
import type { Progress } from './progress.ts';
import { grantRights, SecureUsers } from './secure-users.ts';

const DATASET = 'people';
const EXAMPLE_POLICY = join(ROOT, 'examples', 'people', 'sealstream.yaml');

/** What links warn of is the services' to tell; here it would tear the progress line. */
export const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What the services stand on: servers, topics, keys, policy. */
export interface Ground {
  readonly place: DemoPlace;
  readonly stack: Stack;
  /** The operator's. */
  readonly bus: Bus;
  readonly buses: DemoBuses;
  /** Where every link is on TLS: how each program gets in. */
  readonly secure: SecureUsers | undefined;
  readonly dataset: Dataset;
  readonly keys: DemoKeys;
  readonly access: KeysetAccess;
  /** Settings of the services that this machine or these servers make necessary. */
  readonly settings: Readonly<Record<string, string>>;
  /** And how the operator's command reaches them. */
  readonly commandSettings: Readonly<Record<string, string>>;
  /** Before the names of all topics, groups and Redis keys; '' on servers of the demo's own. */
  readonly namePrefix: string;
}

/** On servers of others every name says whose it is, and all of them are removed at the end. */
function namesOf(place: DemoPlace, kind: StackKind) {
  if (kind !== 'own') return { namePrefix: '', settings: {} };
  const namePrefix = `sealstream-demo-${place.id}.`;
  // How to reach the user's own brokers is for the services to know as well.
  const connection = Object.entries(process.env).filter(([name]) => {
    return name.startsWith('SEALSTREAM_KAFKA_');
  });
  const known: Record<string, string | undefined> = Object.fromEntries(connection);
  return { namePrefix, settings: { ...known, SEALSTREAM_NAME_PREFIX: namePrefix } };
}

export interface GroundOptions {
  readonly progress: Progress;
  /** The servers stay when this process is gone. */
  readonly keep: boolean;
  /** Told of each part as soon as it is there, so that a failure can take it down again. */
  readonly onPart: (part: Partial<Ground>) => void;
  readonly signal: AbortSignal;
  readonly kind: StackKind | 'auto';
  /** Every link on TLS, and each program under a user of its own. */
  readonly secure: boolean;
}

/** Starts the servers and makes topics, key files and keysets. */
export async function layGround(options: GroundOptions): Promise<Ground> {
  const { progress, onPart, signal } = options;
  const place = demoPlace(randomBytes(3).toString('hex'));
  makePlace(place);
  onPart({ place });
  progress.begin('servers');
  const stack = await serversFor(options, place);
  const { kafkaVersion, redisVersion } = stack;
  const { namePrefix, settings } = namesOf(place, stack.kind);
  onPart({ namePrefix });
  copyFileSync(EXAMPLE_POLICY, place.policyFile);
  const policy = parsePolicy(readFileSync(place.policyFile, 'utf8'), place.policyFile);
  const dataset = datasetOf(policy, DATASET);
  const secure = options.secure ? new SecureUsers(stack) : undefined;
  const buses = await busesOf(stack, { dataset, namePrefix, place, secure });
  onPart({ buses });
  signal.throwIfAborted();
  progress.end(
    `${`Kafka ${kafkaVersion}`.trim()}, Redis ${redisVersion} (${stack.kind}); demo ${place.id}`,
  );
  progress.begin('topics and keys');
  const plain = { ...settings, KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
  const links = secure?.commandSettings('operator') ?? plain;
  await sealstream(place, ['topics', 'apply', '--policy', place.policyFile], links);
  signal.throwIfAborted();
  const keys = await makeKeyFiles(place);
  const access = {
    place,
    bus: buses.operator,
    redisUrl: secure?.redisUrl('operator') ?? stack.redisUrl,
    redisTlsCa: secure?.ca,
    redisPrefix: namePrefix === '' ? undefined : namePrefix,
    logger: QUIET,
  };
  const canLock = await makeKeysets(access, DATASET);
  progress.end('made by `sealstream topics apply` and as `sealstream keys rotate` makes them');
  if (!canLock) progress.note('key memory cannot be locked here: SEALSTREAM_ALLOW_UNLOCKED=true');
  const unlocked: Record<string, string> = canLock ? {} : { SEALSTREAM_ALLOW_UNLOCKED: 'true' };
  const all = { ...settings, ...unlocked };
  const made = { place, stack, bus: buses.operator, buses, secure, dataset, keys, access };
  return { ...made, settings: all, commandSettings: { ...links, ...unlocked }, namePrefix };
}

async function serversFor(options: GroundOptions, place: DemoPlace): Promise<Stack> {
  const { keep, kind, onPart, progress, secure } = options;
  const stack = await startStack({
    name: `demo-${place.id}`,
    kind,
    secure,
    progress: (line) => progress.update(line),
    ...(keep ? {} : { forPid: process.pid }),
  });
  onPart({ stack });
  return stack;
}

/** On a stack with users, the administrator first gives each the rights of the plan. */
async function busesOf(
  stack: Stack,
  {
    dataset,
    namePrefix,
    place,
    secure,
  }: Pick<Ground, 'dataset' | 'namePrefix' | 'place' | 'secure'>,
): Promise<DemoBuses> {
  if (secure === undefined) return oneBus(stack.kafkaBrokers, namePrefix, QUIET);
  await grantRights(place, secure);
  return userBuses(secure, dataset, QUIET);
}
