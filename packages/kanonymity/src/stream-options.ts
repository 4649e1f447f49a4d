import type { QuasiIdentifier } from './quasi-identifier.ts';
import type { SubjectGroups } from './subject-groups.ts';

export interface StreamOptions {
  readonly quasiIdentifiers: readonly QuasiIdentifier[];
  /** How many sensitive values an entry has; 0 when not given. */
  readonly sensitiveCount?: number;
  /** Different subjects in each group, 2 at least. */
  readonly k: number;
  /** Different values in each sensitive place of each group; 1 when not given. */
  readonly l?: number;
  /** Different producers in each group; without it producers do not count. */
  readonly producers?: number;
  /** How old an entry may become, in the unit of arrivals. */
  readonly delay: number;
  /** How many entries wait at most; when one more comes, the oldest one's group goes early. */
  readonly maxEntries: number;
  /** Where a subject may not be in any number of groups: the groups that each was in. */
  readonly subjects?: SubjectGroups;
  /** A whole number from 0 to `below` - 1, each as likely; members are shuffled with it. */
  readonly random: (below: number) => number;
}

function wholeFrom(least: number, value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number from ${least} on`);
}

/** Bound of a quasi-identifier's share in sums of 32 bits. */
const MOST_QUASI_IDENTIFIERS = 256;

/** @throws RangeError naming the option */
export function checkOptions(options: StreamOptions): void {
  const { k, l = 1, producers, delay, maxEntries, quasiIdentifiers } = options;
  wholeFrom(2, k, 'k');
  wholeFrom(1, l, 'l');
  wholeFrom(0, options.sensitiveCount ?? 0, 'sensitiveCount');
  if (l > 1 && (options.sensitiveCount ?? 0) === 0)
    throw new RangeError('l above 1 needs a sensitive value');
  if (producers !== undefined) wholeFrom(1, producers, 'producers');
  if (!Number.isFinite(delay) || delay <= 0)
    throw new RangeError('delay must be a number above zero');
  wholeFrom(Math.max(k, l, producers ?? 1), maxEntries, 'maxEntries');
  if (quasiIdentifiers.length === 0 || quasiIdentifiers.length > MOST_QUASI_IDENTIFIERS)
    throw new RangeError(`there must be 1 to ${MOST_QUASI_IDENTIFIERS} quasi-identifiers`);
}
