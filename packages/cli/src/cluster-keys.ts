import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  fileProvider,
  type KeysetAdmin,
  openKeyring,
  openKeysetAdmin,
  readPublicKeyFile,
  readSignerFile,
} from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';

import type { Context } from './context.ts';
import { keyPlacesOf } from './key-places.ts';
import type { KeyOptions } from './options.ts';
import { QUIET } from './quiet-logger.ts';
import { redisUrlOf } from './servers.ts';

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
 * Opens keys of the cluster with the operator's own key files.
 *
 * @throws SealstreamError KEY_FILE_*, or why a keyset cannot be used: KEYSET_*, REDIS_UNREACHABLE
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
    redisUrl: redisUrlOf(context),
    prefix: config.namePrefix,
    provider: fileProvider(places.dir, purposes),
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
 * @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_*
 */
export function openAdmin(
  context: Context,
  bus: HeadsBus,
  options: KeyOptions,
  purposes: readonly Purpose[],
): Promise<KeysetAdmin> {
  const places = keyPlacesOf(context, options);
  return openKeysetAdmin({
    redisUrl: redisUrlOf(context),
    prefix: context.config().namePrefix,
    provider: fileProvider(places.dir, purposes),
    signer: readSignerFile(places.signer),
    heads: new KafkaKeysetHeads(bus),
    logger: QUIET,
    allowUnlocked: context.config().allowUnlocked,
  });
}
