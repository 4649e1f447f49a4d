import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  DatasetKeys,
  epochFiles,
  type EpochSource,
  type Keyring,
  type KeysetAdmin,
  openKeyring,
  openKeysetAdmin,
  openSubjects,
  openVault,
  type OutermostKeys,
  readPublicKeyFile,
  readSignerFile,
  type Subjects,
  type Vault,
} from '@sealstream/keyring';
import { epochFolder, KafkaKeysetHeads, outermostKeys, presentKeys } from '@sealstream/service';

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
  /**
   * Of a dataset with a subject: who was shredded, and the keys of its subjects to open with or, with
   * `create`, to seal with.
   */
  readonly subjects?: 'shreds' | 'open' | 'create' | undefined;
  /** Whether values get tokens; needs the purpose `vault`. */
  readonly vault?: boolean | undefined;
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
  wanted: WantedKeys,
): Promise<ClusterKeys> {
  const { dataset, purposes, sealTo = [] } = wanted;
  const config = context.config();
  const places = keyPlacesOf(context, options);
  const shared = {
    ...redisOf(context),
    prefix: config.namePrefix,
    signerPublicKey: readPublicKeyFile(places.signerPublic),
    heads: new KafkaKeysetHeads(bus),
    logger: QUIET,
    allowUnlocked: config.allowUnlocked,
  };
  const provider = outermostKeys({ ...config, keyDir: places.dir }, purposes);
  const keyring = await openKeyring({ ...shared, provider, purposes, sealTo, datasets: [dataset] });
  const vaultWith = async (shreds?: Subjects['shreds']): Promise<Vault | undefined> =>
    wanted.vault === true
      ? openVault({ ...shared, dataset, keys: keyring.keys, shreds })
      : undefined;
  if (wanted.subjects === undefined) {
    const vault = await vaultWith();
    const keys = new DatasetKeys(keyring.keys, { vault: vault?.vault });
    return whenReady(stoppedWith(keyring, vault), keys, config.connectWaitMs);
  }
  try {
    const subjects = await openSubjects({
      ...shared,
      ...(wanted.subjects === 'shreds' ? {} : { epochs: epochsOf(context, options) }),
      dataset,
      mayCreate: wanted.subjects === 'create',
    });
    const vault = await vaultWith(subjects.shreds);
    const own = { keys: subjects.keys, shreds: subjects.shreds, vault: vault?.vault };
    const keys = new DatasetKeys(keyring.keys, own);
    const both = stoppedWith(bothOf(keyring, subjects), vault);
    return await whenReady(both, keys, config.connectWaitMs);
  } catch (error) {
    // It watches Redis, and the process would not end.
    keyring.stop();
    throw error;
  }
}

/** Where the operator's epoch keys are, and what unwraps them. */
export function epochsOf(
  context: Context,
  options: KeyOptions & { readonly epochDir?: string },
): EpochSource {
  const config = { ...context.config(), keyDir: keyPlacesOf(context, options).dir };
  const epochDir = options.epochDir ?? config.epochDir;
  return {
    store: epochFiles(epochFolder({ epochDir, keyDir: config.keyDir })),
    provider: outermostKeys(config, ['subject']),
  };
}

type Waited = Pick<Keyring, 'health' | 'ready' | 'refresh' | 'stop'>;

function stoppedWith(waited: Waited, vault: Vault | undefined): Waited {
  return {
    ready: () => waited.ready(),
    health: () => waited.health(),
    refresh: () => waited.refresh(),
    stop: () => {
      waited.stop();
      vault?.stop();
    },
  };
}

function bothOf(keyring: Keyring, subjects: Subjects): Waited {
  return {
    ready: async () => {
      await Promise.all([keyring.ready(), subjects.ready()]);
    },
    health: () => {
      const health = keyring.health();
      const { usable, waitsFor } = subjects.health();
      const waiting = waitsFor === undefined ? [] : [{ name: 'subjects', why: waitsFor }];
      return {
        ...health,
        usable: health.usable && usable,
        waitsFor: [...health.waitsFor, ...waiting],
      };
    },
    refresh: async () => {
      await Promise.all([keyring.refresh(), subjects.refresh()]);
    },
    stop: () => {
      keyring.stop();
      subjects.stop();
    },
  };
}

/** The keys once all can be used, or why they cannot, waited for so long. */
async function whenReady(waited: Waited, keys: KeySource, waitMs: number): Promise<ClusterKeys> {
  const opened: ClusterKeys = {
    keys,
    refresh: () => waited.refresh(),
    stop: () => waited.stop(),
  };
  const late = new AbortController();
  try {
    const lateness = sleep(waitMs, undefined, { signal: late.signal });
    const isReady = await Promise.race([
      waited.ready().then(() => true),
      lateness.then(
        () => false,
        () => false,
      ),
    ]);
    if (isReady) return opened;
    const [first] = waited.health().waitsFor;
    throw new SealstreamError(first?.why ?? 'REDIS_UNREACHABLE', { keyset: first?.name });
  } catch (error) {
    waited.stop();
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
  const target = targetOf(config, options, purposes);
  await target.to.check();
  const from = presentKeys(config, purposes);
  const admin = await adminWith(from, context, bus, options);
  return { admin, from, ...target };
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
