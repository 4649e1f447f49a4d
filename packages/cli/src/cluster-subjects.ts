import type { Bus } from '@sealstream/bus';
import { KeyedHash } from '@sealstream/crypto';
import {
  epochFiles,
  openSubjectAdmin,
  readSignerFile,
  type SubjectAdmin,
} from '@sealstream/keyring';
import { epochFolder, KafkaKeysetHeads, outermostKeys } from '@sealstream/service';

import type { CliAudit } from './cli-audit.ts';
import { openKeys } from './cluster-keys.ts';
import type { Context } from './context.ts';
import { keyPlacesOf } from './key-places.ts';
import { QUIET } from './quiet-logger.ts';
import { redisOf, withBus } from './servers.ts';
import { requireIndex, type SubjectOptions, type SubjectsOptions } from './subject-options.ts';
import { subjectValue } from './subject-value.ts';

type HeadsBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/** What a command about subjects works with. */
export interface OpenedSubjects {
  readonly admin: SubjectAdmin;
  readonly bus: Bus;
  readonly audit: CliAudit;
}

/**
 * Opens the side that changes the subjects of a dataset, and closes it after the work.
 *
 * @throws SealstreamError SERVER_MISSING, KAFKA_UNREACHABLE, REDIS_UNREACHABLE, KEY_FILE_*
 */
export function withSubjects<T>(
  context: Context,
  options: SubjectsOptions,
  work: (opened: OpenedSubjects) => Promise<T>,
): Promise<T> {
  return withBus(context, async (bus, audit) => {
    const admin = await openSubjects(context, bus, options);
    try {
      return await work({ admin, bus, audit });
    } finally {
      admin.stop();
    }
  });
}

/** @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_* */
export function openSubjects(
  context: Context,
  bus: HeadsBus,
  options: SubjectsOptions,
): Promise<SubjectAdmin> {
  const places = keyPlacesOf(context, options);
  const { allowUnlocked, epochDir, namePrefix } = context.config();
  return openSubjectAdmin({
    dataset: options.dataset,
    ...redisOf(context),
    prefix: namePrefix,
    epochs: {
      store: epochFiles(
        epochFolder({ epochDir: options.epochDir ?? epochDir, keyDir: places.dir }),
      ),
      provider: outermostKeys({ ...context.config(), keyDir: places.dir }, ['subject']),
    },
    signer: readSignerFile(places.signer),
    heads: new KafkaKeysetHeads(bus),
    logger: QUIET,
    allowUnlocked,
  });
}

/**
 * The index of the subject that the options name: given, or the keyed hash of the value given.
 *
 * @throws SealstreamError USAGE, FILE_UNREADABLE and, for a value, why the keyset of the purpose
 *   subject-index cannot be used
 */
export async function indexOf(
  context: Context,
  bus: HeadsBus,
  options: SubjectOptions,
): Promise<string> {
  if (options.index !== undefined) return requireIndex(options.index);
  const value = await subjectValue(context.terminal, options.valueFile);
  const { dataset } = options;
  const opened = await openKeys(context, bus, options, { dataset, purposes: ['subject-index'] });
  try {
    // The stages hash the same bytes: UTF-8 of what the field holds.
    const hash = new KeyedHash('subject-index', dataset, '#subject');
    return hash.digest(opened.keys, value).toString('base64url');
  } finally {
    value.fill(0);
    opened.stop();
  }
}
