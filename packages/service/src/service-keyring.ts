import {
  type ErrorCode,
  type Purpose,
  SealstreamError,
  SERVICE_PURPOSES,
  type ServiceName,
} from '@sealstream/contracts';
import {
  DatasetKeys,
  epochFiles,
  type Keyring,
  openKeyring,
  openSubjects,
  openVault,
  type OutermostKeys,
  readPublicKeyFile,
  type Subjects,
  type Vault,
} from '@sealstream/keyring';
import { type Dataset, maskPurpose, partsOf } from '@sealstream/policy';
import type { BaseConfig, KeyringConfig } from './base-settings.ts';
import { epochFolder, type SubjectConfig } from './subject-settings.ts';
import { outermostKeys } from './key-provider-settings.ts';
import { redisTlsCa } from './redis-tls.ts';
import { KafkaKeysetHeads } from './keyset-heads.ts';
import type { OpenedService } from './open-service.ts';
import { untilAvailable } from './waiting.ts';

const HEALTH_EVERY_MS = 1000;

type KeyedService = OpenedService<BaseConfig & KeyringConfig & Partial<SubjectConfig>>;

/** The keys of a service. */
export interface ServiceKeys {
  /** Those of one dataset: of its keysets and, where it has a subject, of its subjects. */
  of(dataset: Dataset): Keyring['keys'];
  /** The register of a dataset's subjects; undefined for one that has none here. */
  subjects(dataset: string): Subjects | undefined;
  /** Reads keysets and registers again now; resolves when that is done, whatever came of it. */
  refresh(): Promise<void>;
}

/** Keys of a service beside those that every service of its name has. */
export interface KeyringPart {
  /** What /readyz and the order of stopping call it; `keyring` unless told. */
  readonly part?: string;
  /** Those of the service unless told. */
  readonly purposes?: readonly Purpose[];
}

interface Opening {
  readonly name: ServiceName;
  readonly purposes: readonly Purpose[];
  readonly service: KeyedService;
}

/** Anything whose keys can be waited for. */
interface Waited {
  ready(): Promise<void>;
  health(): {
    readonly waitsFor: readonly { readonly why: ErrorCode }[];
    readonly troubles: readonly { readonly why: ErrorCode }[];
  };
}

/**
 * Opens the keys of a service with the outermost keys of its own purposes and no other, waits up to
 * startWaitMs until all can be used, and keeps /readyz true about them from then on. Every service
 * with keys knows who was shredded; only one with the purpose `subject` has keys of subjects, and
 * encrypt alone makes those that are missing.
 *
 * @throws SealstreamError KEY_FILE_*, KEY_PROVIDER_*, KEYSET_*, MEMORY_NOT_LOCKED, TOPIC_MISSING,
 *   REDIS_UNREACHABLE
 */
export async function openServiceKeyring(
  name: ServiceName,
  service: KeyedService,
  { part = 'keyring', purposes = SERVICE_PURPOSES[name] }: KeyringPart = {},
): Promise<ServiceKeys> {
  const { config, onStop, policy, telemetry } = service;
  const { health } = telemetry;
  const waiting = {
    waitMs: config.startWaitMs,
    onWait: ({ code }: SealstreamError) => health.waitFor(part, code),
  };
  // One for all tries: a PIN that was refused is not offered again.
  const provider = outermostKeys(config, purposes);
  const keyring = await untilAvailable(
    () =>
      openKeyring({
        ...sharedOptions(service),
        provider,
        purposes,
        datasets: [...policy.datasets.keys()],
        sealsFields: purposes.includes('field'),
      }),
    waiting,
  );
  onStop(part, async () => keyring.stop());
  const subjects = new Map<string, Subjects>();
  for (const dataset of policy.datasets.values()) {
    if (dataset.subject === undefined) continue;
    const opened = await untilAvailable(
      () => subjectsOf({ name, purposes, service }, dataset, provider),
      waiting,
    );
    onStop(`${part}: subjects of ${dataset.name}`, async () => opened.stop());
    subjects.set(dataset.name, opened);
  }
  const vaults = new Map<string, Vault>();
  for (const dataset of purposes.includes('vault') ? policy.datasets.values() : []) {
    if (!partsOf(dataset).some((field) => maskPurpose(field) === 'vault')) continue;
    const shreds = subjects.get(dataset.name)?.shreds;
    const { keys } = keyring;
    const opened = await openVault({
      ...sharedOptions(service),
      dataset: dataset.name,
      keys,
      shreds,
    });
    onStop(`${part}: vault of ${dataset.name}`, async () => opened.stop());
    vaults.set(dataset.name, opened);
  }
  const all: Waited[] = [keyring, ...Array.from(subjects.values(), waitedSubjects)];
  for (const one of all)
    await readyWithin(one, config.startWaitMs, (why) => health.waitFor(part, why));
  health.met(part);
  const timer = setInterval(() => {
    const missing = all.flatMap((one) => one.health().waitsFor).at(0);
    if (missing === undefined) health.met(part);
    else health.waitFor(part, missing.why);
  }, HEALTH_EVERY_MS).unref();
  onStop(`${part} health`, async () => clearInterval(timer));
  return {
    of: ({ name: dataset }) => {
      const { keys, shreds } = subjects.get(dataset) ?? {};
      const { vault } = vaults.get(dataset) ?? {};
      return new DatasetKeys(keyring.keys, { keys, shreds, vault });
    },
    subjects: (dataset) => subjects.get(dataset),
    refresh: async () => {
      await Promise.all([keyring, ...subjects.values()].map((one) => one.refresh()));
    },
  };
}

function sharedOptions({ bus, config, telemetry }: KeyedService) {
  return {
    redisUrl: config.redisUrl.reveal(),
    redisWriteUrl: config.redisWriteUrl?.reveal(),
    redisTlsCa: redisTlsCa(config),
    prefix: config.namePrefix,
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
    heads: new KafkaKeysetHeads(bus),
    cacheCeilingMs: config.keyCacheCeilingMs,
    pollMs: config.keyPollMs,
    allowUnlocked: config.allowUnlocked,
    logger: telemetry.logger,
  };
}

function subjectsOf(
  { name, purposes, service }: Opening,
  { name: dataset }: Dataset,
  provider: OutermostKeys,
): Promise<Subjects> {
  const { config } = service;
  const options = { ...sharedOptions(service), dataset };
  if (!purposes.includes('subject')) return openSubjects(options);
  const store = epochFiles(epochFolder(config));
  return openSubjects({
    ...options,
    epochs: { store, provider },
    // A person begins with a record, so whoever seals single values makes none.
    mayCreate: name === 'encrypt',
    max: config.subjectCache,
  });
}

function waitedSubjects(subjects: Subjects): Waited {
  const list = (why: ErrorCode | undefined) => (why === undefined ? [] : [{ why }]);
  return {
    ready: () => subjects.ready(),
    health: () => {
      const { trouble, waitsFor } = subjects.health();
      return { waitsFor: list(waitsFor), troubles: list(trouble) };
    },
  };
}

async function readyWithin(
  waited: Waited,
  waitMs: number,
  onWait: (why: string) => void,
): Promise<void> {
  const problem = (): ErrorCode => {
    const { troubles, waitsFor } = waited.health();
    return waitsFor.at(0)?.why ?? troubles.at(0)?.why ?? 'REDIS_UNREACHABLE';
  };
  const tell = setInterval(() => onWait(problem()), HEALTH_EVERY_MS);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new SealstreamError(problem(), { waitedForMs: waitMs }));
  }, waitMs);
  try {
    await Promise.race([waited.ready(), late.promise]);
  } finally {
    clearInterval(tell);
    clearTimeout(timer);
  }
}
