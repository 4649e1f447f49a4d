import type { Purpose } from '@sealstream/contracts';
import { KEY_USES_HIGH, type ListedKeyset } from '@sealstream/keyring';
import { type Dataset, type Field, partsOf } from '@sealstream/policy';

type Algorithm = Field['seal']['algorithm'];

/** Joins rest on equal values giving equal hashes, so these keys stay for the life of a keyset. */
const NEVER: readonly Purpose[] = ['hash', 'fpe', 'vault', 'subject-index'];

/** From when on a key is due. */
export interface DueLimits {
  readonly ageMs: number;
  /** Uses reserved, of keys whose uses are counted. */
  readonly uses: number;
}

export const DUE_AGE_MS = 90 * 86_400_000;
/** Half of what a key is used for at most: as much again is left while it is rotated. */
export const DUE_USES = KEY_USES_HIGH;

/** Why a key is made. */
export type Due = 'missing' | 'unfinished' | 'age' | 'uses';

/** One kind of key of a keyset; `algorithm` is absent where its purpose has one alone. */
export interface KeyKind {
  readonly purpose: Purpose;
  readonly algorithm?: Algorithm;
  readonly rotates: boolean;
}

/**
 * The kinds of keys that a dataset needs of a purpose: of `field`, one for each algorithm that its
 * policy seals with, and the default one always, so that the keyset is there when a policy changes.
 */
export function kindsOf(purpose: Purpose, dataset: Dataset): KeyKind[] {
  if (purpose !== 'field') return [{ purpose, rotates: !NEVER.includes(purpose) }];
  const sealed = partsOf(dataset).filter(
    ({ encrypt, seal }) => encrypt === 'seal' && seal.keys === 'field',
  );
  const algorithms = new Set<Algorithm>(['xchacha20-poly1305']);
  for (const { seal } of sealed) algorithms.add(seal.algorithm);
  if (dataset.unknownSeal.keys === 'field') algorithms.add(dataset.unknownSeal.algorithm);
  return Array.from(algorithms, (algorithm) => ({
    purpose,
    algorithm,
    rotates: algorithm !== 'xchacha20-poly1305-siv',
  }));
}

/**
 * Why a kind of key is to be made now; undefined when it is not.
 *
 * @param keyset as listed; undefined when there is none
 */
export function whyDue(
  keyset: ListedKeyset | undefined,
  { algorithm, rotates }: KeyKind,
  limits: DueLimits,
  nowMs: number,
): Due | undefined {
  const keys = (keyset?.keys ?? []).filter(
    (key) => algorithm === undefined || key.algorithm === algorithm,
  );
  const active = keys.find(({ state }) => state === 'active');
  const isPending = keys.some(({ state }) => state === 'pending');
  // A new epoch that was cut short is not for a timer to finish.
  if (isPending && (rotates || active === undefined)) return 'unfinished';
  if (active === undefined) return 'missing';
  if (!rotates) return undefined;
  if ((active.uses ?? 0) >= limits.uses) return 'uses';
  return nowMs - Date.parse(active.created) >= limits.ageMs ? 'age' : undefined;
}

/**
 * When the kind of key is due by its age; undefined where it does not rotate or has no active key.
 *
 * @param ageMs after which a key is due
 * @returns milliseconds since 1970
 */
export function rotationDueAt(
  keyset: ListedKeyset,
  { algorithm, rotates }: KeyKind,
  ageMs: number = DUE_AGE_MS,
): number | undefined {
  const active = keyset.keys.find(
    (key) => key.state === 'active' && (algorithm === undefined || key.algorithm === algorithm),
  );
  return rotates && active !== undefined ? Date.parse(active.created) + ageMs : undefined;
}
