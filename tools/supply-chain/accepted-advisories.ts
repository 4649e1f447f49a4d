/** A known weakness of a dependency that we live with for a while. */
export interface AcceptedAdvisory {
  /** GitHub's number of it: GHSA-xxxx-xxxx-xxxx. */
  readonly id: string;
  readonly package: string;
  /** Why it does no harm here, so that somebody else can check it. */
  readonly reason: string;
  /** The day from which it is a finding again: YYYY-MM-DD, half a year ahead at most. */
  readonly expires: string;
}

/** All that are accepted. Whoever adds one says why in the commit, too. */
export const ACCEPTED_ADVISORIES: readonly AcceptedAdvisory[] = [];
