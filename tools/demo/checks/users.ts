import type { Verdict } from './check.ts';

/** What became of somebody who tried something. */
export type AttemptOutcome = 'let in' | 'refused' | 'no answer';

/** One try under a user. */
export interface Attempt {
  readonly what: string;
  /** Each server must also let in whoever is right: one that refuses all shows nothing. */
  readonly wanted: Exclude<AttemptOutcome, 'no answer'>;
  readonly seen: AttemptOutcome;
}

/** Everybody wrong is refused, for that reason, and everybody right let in. */
export function checkUsers(attempts: readonly Attempt[]): Verdict {
  const wrong = attempts.filter(({ seen, wanted }) => seen !== wanted);
  const count = (outcome: AttemptOutcome) => attempts.filter(({ seen }) => seen === outcome).length;
  const isBoth = count('refused') > 0 && count('let in') > 0;
  const [first] = wrong;
  return {
    ok: isBoth && first === undefined,
    expected: 'wrong users, passwords and rights refused, right ones let in',
    seen: `${count('refused')} wrong ones refused, ${count('let in')} right ones let in`,
    first: first && `${first.what}: ${first.seen}`,
  };
}
