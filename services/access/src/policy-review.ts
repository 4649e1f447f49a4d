import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import {
  type Difference,
  onlyNarrows,
  parsePolicy,
  type Policy,
  PolicyError,
  policyDiff,
  type PolicyDiff,
  type Problem,
} from '@sealstream/policy';

/** Name of a proposed text in its problems. */
const PROPOSED = 'proposal';
/** Problems and warnings told of one text, so that an answer has an end. */
const PROBLEMS_MAX = 200;

/** A text beside the policy in use. */
export interface ReviewOrder {
  /** The file of the policy in use: names in it begin there. */
  readonly file: string;
  readonly inUse: string;
  readonly proposed: string;
}

/** Hashes of the rules that a text was read as: by dataset, and of the section access. */
export interface PolicyHashes {
  readonly datasets: Readonly<Record<string, string>>;
  readonly access?: string | undefined;
}

/** What a text would do in the place of the policy in use. */
export type PolicyReview = {
  /** Of the policy in use, as it was compared. */
  readonly against: PolicyHashes;
} & (
  | { readonly holds: false; readonly problems: readonly Problem[] }
  | {
      readonly holds: true;
      readonly warnings: readonly Problem[];
      readonly differences: readonly Difference[];
      readonly access: PolicyDiff['access'];
      readonly stale: PolicyDiff['stale'];
      /** Whether somebody may or sees more, or perhaps: all but what can only hide and forbid. */
      readonly weakens: boolean;
    }
);

/**
 * Compares a text with the policy in use.
 *
 * Promises: of files that a policy names only those that the policy in use names are read, so that nobody
 * has another file of this machine read by proposing its name. `against` says what it was compared with.
 */
export function reviewPolicy({ file, inUse, proposed }: ReviewOrder): PolicyReview {
  const named = new Map<string, string | undefined>();
  const before = read(inUse, (name) => {
    const text = textBeside(file, name);
    named.set(name, text);
    return text;
  });
  // By a file that it names it does not hold any more: then this is not what the service goes by.
  if (!('datasets' in before)) return { against: { datasets: {} }, holds: false, problems: [] };
  const against = hashesOf(before);
  const after = read(proposed, (name) => named.get(name));
  if (!('datasets' in after))
    return { against, holds: false, problems: after.slice(0, PROBLEMS_MAX) };
  const diff = policyDiff(before, after);
  const warnings = after.warnings.slice(0, PROBLEMS_MAX);
  return { against, holds: true, warnings, ...diff, weakens: !onlyNarrows(diff) };
}

function read(
  text: string,
  beside: (name: string) => string | undefined,
): Policy | readonly Problem[] {
  try {
    return parsePolicy(text, PROPOSED, beside);
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
}

/** As `besidePolicy` of service, whose index would bring the client of Kafka into the thread. */
function textBeside(file: string, name: string): string | undefined {
  try {
    return readFileSync(resolve(dirname(file), name), 'utf8');
  } catch {
    return undefined;
  }
}

/** What tells whether two policies do the same. */
export function hashesOf({
  access,
  datasets,
}: Pick<Policy, 'datasets'> & { readonly access?: Policy['access'] | undefined }): PolicyHashes {
  const hashes = [...datasets].map(([name, { sha256 }]) => [name, sha256] as const);
  return { datasets: Object.fromEntries(hashes), access: access?.sha256 };
}
