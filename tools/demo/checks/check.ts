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

/** Those that come on top where every link is on TLS. */
export const SECURE_CHECKS = ['every link on TLS', 'wrong user'] as const;
export type CheckName = (typeof CHECKS)[number] | (typeof SECURE_CHECKS)[number];

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

/** All of them, or none where links are plain. */
export type SecureVerdicts =
  | Readonly<Record<(typeof SECURE_CHECKS)[number], Verdict>>
  | Readonly<Partial<Record<(typeof SECURE_CHECKS)[number], never>>>;
export type Verdicts = Readonly<Record<(typeof CHECKS)[number], Verdict>> & SecureVerdicts;

/** Names and verdicts of the checks that were made, in the order of the table. */
export function checksOf(verdicts: Verdicts): [name: CheckName, verdict: Verdict][] {
  return [...CHECKS, ...SECURE_CHECKS].flatMap((name): [CheckName, Verdict][] => {
    const verdict = verdicts[name];
    return verdict === undefined ? [] : [[name, verdict]];
  });
}

/** Names of the checks that failed. */
export function failedOf(verdicts: Verdicts): CheckName[] {
  return checksOf(verdicts).flatMap(([name, { ok }]) => (ok ? [] : [name]));
}
