import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { EnsuredSubjects, KeysetAdmin, KeysetChange, ListedKeyset } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import {
  type Due,
  DUE_AGE_MS,
  DUE_USES,
  type DueLimits,
  kindsOf,
  type KeyKind,
  whyDue,
} from '@sealstream/service';

import type { Tell } from './tell.ts';

/** What is made per dataset: its keysets, and the register of its subjects when it has any. */
export const ROTATED_PURPOSES: readonly Purpose[] = [...KEYSET_PURPOSES, 'subject'];

/** What a rotation works with. */
export interface RotationParts {
  /** Opened for the purposes of the order. */
  readonly admin: Pick<KeysetAdmin, 'createOrRotate' | 'ensure' | 'list'>;
  /** Makes the register of a dataset's subjects where there is none. */
  readonly ensureSubjects: (dataset: string) => Promise<EnsuredSubjects>;
  readonly tell: Tell;
}

export interface RotationOrder {
  /**
   * all: new keys wherever keys rotate; missing: only what is not there; due: what is missing, too old
   * or used too often.
   */
  readonly mode: 'all' | 'missing' | 'due';
  /** Of ROTATED_PURPOSES. */
  readonly purposes: readonly Purpose[];
  /** Whether somebody named the purpose: then that it never rotates is an error, and not passed over. */
  readonly isNamed: boolean;
  /** What is due, with mode `due`; 90 days and 2^30 uses where not given. */
  readonly limits?: Partial<DueLimits>;
}

/** A change, and with mode `due` why it was made. */
export type MadeKey = KeysetChange & {
  /** Where a keyset has keys of several. */
  readonly algorithm?: string;
  readonly why?: Due;
};

/**
 * Makes the keys of a dataset. Each change is told before the next one is begun.
 *
 * @throws SealstreamError USAGE for a purpose that was named and never rotates; KEYSET_CONFLICT,
 *   KEYSET_ROLLED_BACK, KEYSET_MISSING, KEY_FILE_*, REDIS_*, KAFKA_UNREACHABLE
 */
export async function rotateKeys(
  { admin, ensureSubjects, tell }: RotationParts,
  dataset: Dataset,
  order: RotationOrder,
): Promise<MadeKey[]> {
  const { mode, purposes } = order;
  const { name } = dataset;
  const listed = mode === 'due' ? await admin.list() : [];
  const made: MadeKey[] = [];
  const note = async ({ algorithm, purpose }: KeyKind, change: MadeKey): Promise<void> => {
    const { action, keyId, version, why } = change;
    const more = { ...(algorithm && { algorithm }), ...(why && { why }) };
    made.push({ ...change, ...more });
    if (action === 'unchanged') return;
    const type = action === 'created' ? 'key-created' : 'key-rotated';
    await tell({ type, dataset: name, details: { purpose, keyId, version, ...more } });
  };
  const keysets = purposes.filter((purpose) => purpose !== 'subject');
  for (const kind of keysets.flatMap((purpose) => kindsOf(purpose, dataset)))
    await note(kind, await changed(admin, name, kind, listed, order));
  if (dataset.subject === undefined || !purposes.includes('subject')) return made;
  // The register as a change of a keyset: its key is the epoch.
  const { epoch: keyId, ...ensured } = await ensureSubjects(name);
  await note({ purpose: 'subject', rotates: false }, { ...ensured, keyId });
  return made;
}

async function changed(
  admin: RotationParts['admin'],
  dataset: string,
  kind: KeyKind,
  listed: readonly ListedKeyset[],
  { isNamed, limits, mode }: RotationOrder,
): Promise<MadeKey> {
  const { algorithm, purpose, rotates } = kind;
  if (mode === 'missing') return admin.ensure(purpose, dataset, algorithm);
  if (mode === 'due') {
    const keyset = listed.find(({ name }) => name === `${purpose}/${dataset}`);
    const { ageMs = DUE_AGE_MS, uses = DUE_USES } = limits ?? {};
    const why = whyDue(keyset, kind, { ageMs, uses }, Date.now());
    if (why === undefined) return admin.ensure(purpose, dataset, algorithm);
    return { ...(await admin.createOrRotate(purpose, dataset, algorithm)), why };
  }
  // Of the fields only the deterministic ones never rotate, so these are passed over.
  const isRefused = isNamed && purpose !== 'field';
  if (!rotates && !isRefused) return admin.ensure(purpose, dataset, algorithm);
  return admin.createOrRotate(purpose, dataset, algorithm).catch((error: unknown) => {
    const isNever = error instanceof SealstreamError && error.code === 'USAGE';
    if (!isNever) throw error;
    throw new SealstreamError(
      'USAGE',
      { purpose, dataset },
      'Keys of this purpose are made once and never rotate: hashes of old and new records would ' +
        'no longer match, and every join on them would break. See `sealstream keys new-epoch`.',
    );
  });
}
