import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuditKey, vkeyPath } from '@sealstream/audit-log';
import type { Bus } from '@sealstream/bus';
import {
  type Logger,
  KEYSET_PURPOSES,
  PURPOSES,
  SealstreamError,
  SERVICE_PURPOSES,
  SERVICES,
} from '@sealstream/contracts';
import {
  createKeyFiles,
  createSignerFiles,
  DatasetKeys,
  epochFiles,
  fileProvider,
  keyFilePath,
  openKeyring,
  openSubjectAdmin,
  openSubjects,
  openKeysetAdmin,
  readPublicKeyFile,
  readSignerFile,
} from '@sealstream/keyring';
import { EncryptedOpener, type SealedRecord } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';
import { KafkaKeysetHeads } from '@sealstream/service';
import type { Opened } from './checks/opened.ts';
import type { DemoPlace } from './place.ts';

/** Where the keys of a demo are; only the operator's folder holds all. */
export interface DemoKeys {
  readonly signerPublicKeyFile: string;
  readonly auditKeyFile: string;
  /** C2SP verifier key of the audit log. */
  readonly auditVkey: string;
}

/** Makes all key files, and for each service a folder with the outermost keys of its purposes. */
export async function makeKeyFiles(place: DemoPlace): Promise<DemoKeys> {
  mkdirSync(place.keys, { recursive: true, mode: 0o700 });
  createKeyFiles(place.keys, PURPOSES);
  for (const service of SERVICES) {
    const directory = place.keysOf(service);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const purpose of SERVICE_PURPOSES[service])
      copyFileSync(keyFilePath(place.keys, purpose), keyFilePath(directory, purpose));
  }
  const signerPublicKeyFile = join(place.keys, 'signer.pub');
  createSignerFiles(join(place.keys, 'signer.key'), signerPublicKeyFile);
  const auditKeyFile = join(place.keysOf('audit'), 'audit.key');
  await createAuditKey(auditKeyFile);
  const auditVkey = readFileSync(vkeyPath(auditKeyFile), 'utf8').trim();
  return { signerPublicKeyFile, auditKeyFile, auditVkey };
}

/** What is needed to reach the keysets of a demo. */
export interface KeysetAccess {
  readonly place: DemoPlace;
  readonly bus: Bus;
  readonly redisUrl: string;
  /** The authority to believe at Redis, as PEM; the system's when absent. */
  readonly redisTlsCa?: string | undefined;
  /** Where our names in Redis begin; the keyring's own default when absent. */
  readonly redisPrefix: string | undefined;
  readonly logger: Logger;
}

/**
 * Creates the keysets of a dataset as `sealstream keys rotate` does.
 *
 * @returns whether key memory can be locked on this machine
 */
export async function makeKeysets(access: KeysetAccess, dataset: string): Promise<boolean> {
  try {
    await ensureAll(access, dataset, false);
    return true;
  } catch (error) {
    if (!(error instanceof SealstreamError) || error.code !== 'MEMORY_NOT_LOCKED') throw error;
    await ensureAll(access, dataset, true);
    return false;
  }
}

async function ensureAll(access: KeysetAccess, dataset: string, allowUnlocked: boolean) {
  const { place, redisUrl, redisTlsCa, redisPrefix, bus, logger } = access;
  const options = {
    redisUrl,
    redisTlsCa,
    prefix: redisPrefix,
    signer: readSignerFile(join(place.keys, 'signer.key')),
    heads: new KafkaKeysetHeads(bus),
    logger,
    allowUnlocked,
  };
  const provider = fileProvider(place.keys, KEYSET_PURPOSES);
  const admin = await openKeysetAdmin({ ...options, provider });
  try {
    for (const purpose of KEYSET_PURPOSES) await admin.ensure(purpose, dataset);
  } finally {
    admin.stop();
  }
  const subjects = await openSubjectAdmin({ ...options, dataset, epochs: epochsOf(place) });
  await subjects.ensure().finally(() => subjects.stop());
}

function epochsOf(place: DemoPlace) {
  return { store: epochFiles(place.epochs), provider: fileProvider(place.keys, ['subject']) };
}

/** Opens encrypted records with the keys for fields and subjects, as a consumer who may does. */
export interface RecordOpener {
  open(records: readonly SealedRecord[]): Promise<Opened[]>;
  stop(): void;
}

export async function recordOpener(access: KeysetAccess, dataset: Dataset): Promise<RecordOpener> {
  const { place, redisUrl, redisTlsCa, redisPrefix, bus, logger } = access;
  const options = {
    redisUrl,
    redisTlsCa,
    prefix: redisPrefix,
    signerPublicKey: readPublicKeyFile(join(place.keys, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
    // What it opens is invented, and the services say on their own account whether they may start.
    allowUnlocked: true,
  };
  const keyring = await openKeyring({
    ...options,
    provider: fileProvider(place.keys, ['field']),
    purposes: ['field'],
    sealTo: [],
    datasets: [dataset.name],
  });
  const epochs = epochsOf(place);
  const subjects = await openSubjects({ ...options, dataset: dataset.name, epochs });
  await Promise.all([keyring.ready(), subjects.ready()]);
  const opener = new EncryptedOpener(dataset, new DatasetKeys(keyring.keys, subjects));
  return {
    open: async (records) => {
      const opened = await opener.openAll(records);
      return opened.map((one): Opened => {
        if (!one.ok) return { ok: false, code: one.code };
        return one.value === null
          ? { ok: false, code: 'no value' }
          : { ok: true, value: one.value };
      });
    },
    stop: () => {
      subjects.stop();
      keyring.stop();
    },
  };
}
