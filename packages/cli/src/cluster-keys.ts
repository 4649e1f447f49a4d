import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  type KeysetAdmin,
  openKeyring,
  openKeysetAdmin,
  type OutermostKeys,
  readPublicKeyFile,
  readSignerFile,
} from '@sealstream/keyring';
import { KafkaKeysetHeads, outermostKeys, presentKeys } from '@sealstream/service';

import type { Context } from './context.ts';
import { type Move, type MoveOptions, targetOf } from './key-move.ts';
import { keyPlacesOf } from './key-places.ts';
import type { KeyOptions } from './options.ts';
import { QUIET } from './quiet-logger.ts';
import { redisOf } from './servers.ts';

type HeadsBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/** Whose keys a command needs. */
export interface WantedKeys {
  readonly dataset: string;
  /** Keys that open and seal. */
  readonly purposes: readonly Purpose[];
  /** Key pairs of which the public half is enough. */
  readonly sealTo?: readonly Purpose[];
}

/** Opened keys of the cluster, and what lets go of them. */
export interface ClusterKeys {
  readonly keys: KeySource;
  /** Brings keys that were made since. */
  refresh(): Promise<void>;
  stop(): void;
}

/**
 * Opens keys of the cluster with the operator's own outermost keys.
 *
 * @throws SealstreamError KEY_FILE_*, KEY_PROVIDER_*, or why a keyset cannot be used: KEYSET_*,
 *   REDIS_UNREACHABLE
 */
export async function openKeys(
  context: Context,
  bus: HeadsBus,
  options: KeyOptions,
  { dataset, purposes, sealTo = [] }: WantedKeys,
): Promise<ClusterKeys> {
  const config = context.config();
  const places = keyPlacesOf(context, options);
  const keyring = await openKeyring({
    ...redisOf(context),
    prefix: config.namePrefix,
    provider: outermostKeys({ ...config, keyDir: places.dir }, purposes),
    purposes,
    sealTo,
    datasets: [dataset],
    signerPublicKey: readPublicKeyFile(places.signerPublic),
    heads: new KafkaKeysetHeads(bus),
    logger: QUIET,
    allowUnlocked: config.allowUnlocked,
  });
  const opened: ClusterKeys = {
    keys: keyring.keys,
    refresh: () => keyring.refresh(),
    stop: () => keyring.stop(),
  };
  const late = new AbortController();
  try {
    const lateness = sleep(config.connectWaitMs, undefined, { signal: late.signal });
    const isReady = await Promise.race([
      keyring.ready().then(() => true),
      lateness.then(
        () => false,
        () => false,
      ),
    ]);
    if (isReady) return opened;
    const [first] = keyring.health().waitsFor;
    throw new SealstreamError(first?.why ?? 'REDIS_UNREACHABLE', { keyset: first?.name });
  } catch (error) {
    keyring.stop();
    throw error;
  } finally {
    late.abort();
  }
}

/**
 * Opens the side that changes keysets, for the purposes given.
 *
 * @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_*, KEY_PROVIDER_*, CONFIG_INVALID
 */
export function openAdmin(
  context: Context,
  bus: HeadsBus,
  options: KeyOptions,
  purposes: readonly Purpose[],
): Promise<KeysetAdmin> {
  const { dir } = keyPlacesOf(context, options);
  const provider = outermostKeys({ ...context.config(), keyDir: dir }, purposes);
  return adminWith(provider, context, bus, options);
}

/**
 * As openAdmin, to move keysets from the present outermost keys to the next ones, both checked.
 *
 * @throws SealstreamError USAGE when nothing says where to; what openAdmin throws
 */
export async function openMove(
  context: Context,
  bus: HeadsBus,
  options: KeyOptions & MoveOptions,
  purposes: readonly Purpose[],
): Promise<Move> {
  const config = { ...context.config(), keyDir: keyPlacesOf(context, options).dir };
  const { next, to } = targetOf(config, options, purposes);
  await next.check();
  const admin = await adminWith(presentKeys(config, purposes), context, bus, options);
  return { admin, next, to };
}

function adminWith(
  provider: OutermostKeys,
  context: Context,
  bus: HeadsBus,
  options: KeyOptions,
): Promise<KeysetAdmin> {
  const { allowUnlocked, namePrefix } = context.config();
  return openKeysetAdmin({
    ...redisOf(context),
    prefix: namePrefix,
    provider,
    signer: readSignerFile(keyPlacesOf(context, options).signer),
    heads: new KafkaKeysetHeads(bus),
    logger: QUIET,
    allowUnlocked,
  });
}
