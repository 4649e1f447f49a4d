import { type Purpose, SealstreamError, SERVICE_PURPOSES } from '@sealstream/contracts';
import type { Signer } from '@sealstream/crypto';
import type { KeyMove } from '@sealstream/key-care';
import {
  epochFiles,
  type EpochStore,
  type KeysetAdmin,
  openKeysetAdmin,
  openSubjectAdmin,
  openVaultRows,
  type OutermostKeys,
  readSignerFile,
  type SubjectAdmin,
  type VaultRows,
} from '@sealstream/keyring';
import {
  epochFolder,
  KafkaKeysetHeads,
  nextKeys,
  type OpenedService,
  outermostKeys,
  presentKeys,
  redisTlsCa,
} from '@sealstream/service';

import { type AccessConfig, SETTINGS } from './config.ts';

type Service = OpenedService<AccessConfig>;

/** Where keysets are moved: under the present outermost keys, or the next ones of the settings. */
export type MoveTarget = 'present' | 'next';

/** What is wrong where an outermost key was not given to this service. */
const NOT_GIVEN: readonly string[] = ['KEY_FILE_MISSING', 'KEY_PROVIDER_REFUSED'];

/**
 * Opens what changes keysets and persons, for one deed at a time and no longer.
 *
 * Promises: nothing is opened without the signer, which is read once; each deed has the outermost keys of
 * its purposes alone; what was opened is closed however the deed ends.
 */
export class SignedChanges {
  readonly #service: Pick<Service, 'bus' | 'config' | 'telemetry'>;
  readonly #signer: Signer | undefined;

  /** @throws SealstreamError KEY_FILE_* of the signer, where the settings name one */
  constructor(service: Pick<Service, 'bus' | 'config' | 'telemetry'>) {
    this.#service = service;
    const { signerKeyFile } = service.config;
    this.#signer = signerKeyFile === undefined ? undefined : readSignerFile(signerKeyFile);
  }

  /** @throws SealstreamError KEY_FILE_MISSING where the service was given no signer */
  requireSigner(): Signer {
    if (this.#signer !== undefined) return this.#signer;
    const { env } = SETTINGS.signerKeyFile;
    const hint =
      'Give the service the private key of the signer, or use `sealstream keys` and `subjects`.';
    throw new SealstreamError('KEY_FILE_MISSING', { setting: env }, hint);
  }

  /** Whether the settings name other outermost keys: then a keyset may be moved to them, and back. */
  get isMoving(): boolean {
    return nextKeys(this.#service.config, []) !== undefined;
  }

  /** Of these purposes those whose outermost keys this service was given, and the others. */
  async given(
    purposes: readonly Purpose[],
  ): Promise<{ readonly given: readonly Purpose[]; readonly left: readonly Purpose[] }> {
    const [given, left]: [Purpose[], Purpose[]] = [[], []];
    for (const purpose of purposes) ((await this.#isGiven(purpose)) ? given : left).push(purpose);
    return { given, left };
  }

  /** @throws SealstreamError KEY_FILE_MISSING when the outermost key of the purpose was not given */
  async requireGiven(purpose: Purpose): Promise<void> {
    if (await this.#isGiven(purpose)) return;
    const hint =
      'Put the outermost key of this purpose where this service finds it, or use `keys`.';
    throw new SealstreamError('KEY_FILE_MISSING', { purpose, service: 'access' }, hint);
  }

  /** @throws SealstreamError KEY_FILE_*, KEY_PROVIDER_*, REDIS_UNREACHABLE, and what the work throws */
  async keysets<T>(
    purposes: readonly Purpose[],
    work: (admin: KeysetAdmin) => Promise<T>,
  ): Promise<T> {
    return this.#withAdmin(outermostKeys(this.#service.config, purposes), work);
  }

  /** The same for a move. @throws SealstreamError also USAGE where nothing says where to */
  async move<T>(
    purposes: readonly Purpose[],
    target: MoveTarget,
    work: (move: KeyMove) => Promise<T>,
  ): Promise<T> {
    const { config } = this.#service;
    const { keyProvider, keyProviderNext = keyProvider } = config;
    // What is under the next keys already comes back with both of them.
    const isNext = target === 'next';
    const from = isNext ? presentKeys(config, purposes) : outermostKeys(config, purposes);
    const to = isNext ? nextKeys(config, purposes) : presentKeys(config, purposes);
    if (to === undefined) {
      const hint = 'The settings _NEXT of this service say where to: none of them is set.';
      throw new SealstreamError('USAGE', { setting: SETTINGS.keyProviderNext.env }, hint);
    }
    await to.check();
    const provider = isNext ? keyProviderNext : keyProvider;
    return this.#withAdmin(from, (admin) => work({ admin, from, to, provider }));
  }

  /** @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_*, and what the work throws */
  async subjects<T>(dataset: string, work: (admin: SubjectAdmin) => Promise<T>): Promise<T> {
    const provider = outermostKeys(this.#service.config, ['subject']);
    const epochs = { store: this.epochs(), provider };
    const admin = await openSubjectAdmin({ ...this.#shared(), dataset, epochs });
    return work(admin).finally(() => admin.stop());
  }

  /** The rows of a dataset in the token vault. @throws SealstreamError REDIS_* */
  async vault<T>(dataset: string, work: (rows: VaultRows) => Promise<T>): Promise<T> {
    const rows = await openVaultRows({ ...this.#shared(), dataset });
    return work(rows).finally(() => rows.stop());
  }

  epochs(): EpochStore {
    return epochFiles(epochFolder(this.#service.config));
  }

  get allowUnlocked(): boolean {
    return this.#service.config.allowUnlocked;
  }

  async #withAdmin<T>(provider: OutermostKeys, work: (admin: KeysetAdmin) => Promise<T>) {
    const admin = await openKeysetAdmin({ ...this.#shared(), provider });
    return work(admin).finally(() => admin.stop());
  }

  async #isGiven(purpose: Purpose): Promise<boolean> {
    // Without these it would not have started.
    if (SERVICE_PURPOSES.access.includes(purpose)) return true;
    try {
      await outermostKeys(this.#service.config, [purpose]).check();
      return true;
    } catch (error) {
      if (error instanceof SealstreamError && NOT_GIVEN.includes(error.code)) return false;
      throw error;
    }
  }

  #shared() {
    const { bus, config, telemetry } = this.#service;
    return {
      redisUrl: changingRedis(config),
      redisTlsCa: redisTlsCa(config),
      prefix: config.namePrefix,
      signer: this.requireSigner(),
      heads: new KafkaKeysetHeads(bus),
      logger: telemetry.logger,
      allowUnlocked: config.allowUnlocked,
    };
  }
}

/** The Redis of keysets as the user that may change them. */
export function changingRedis(
  config: Pick<AccessConfig, 'keysRedisUrl' | 'redisUrl' | 'redisWriteUrl'>,
): string {
  const { keysRedisUrl, redisUrl, redisWriteUrl = redisUrl } = config;
  return (keysRedisUrl ?? redisWriteUrl).reveal();
}
