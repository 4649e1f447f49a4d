import type { ServiceName } from '@sealstream/contracts';

/** The checks of the demo, in the order of the table. */
export const CHECKS = [
  'accepted',
  'rejected',
  'masked',
  'encrypted',
  'opened',
  'audit log',
  'plaintext',
  'alert',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** What a check found. */
export interface Verdict {
  readonly ok: boolean;
  readonly expected: string;
  readonly seen: string;
  /** The first coordinate or place that shows it; for a failed check. */
  readonly first?: string | undefined;
  /** The service whose log tells more; the folder of all logs where it is not one's alone. */
  readonly log?: ServiceName | undefined;
}

export type Verdicts = Readonly<Record<CheckName, Verdict>>;

/** Names of the checks that failed. */
export function failedOf(verdicts: Verdicts): CheckName[] {
  return CHECKS.filter((name) => !verdicts[name].ok);
}
