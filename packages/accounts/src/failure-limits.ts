/** How failures of one counter throttle. */
export interface FailureLimit {
  /** Failures that cost nothing but the answer. */
  readonly free: number;
  /** How long the first failure beyond makes wait; each next one twice as long. */
  readonly delayMs: number;
  readonly delayMsMax: number;
  /** After so long without a failure all is forgotten. */
  readonly windowMs: number;
}

/** One limit for each counter. There is none of a name alone: nobody can lock another out. */
export interface FailureLimits {
  /** A name from an address. */
  readonly pair: FailureLimit;
  /** An address, whatever the names: many people may share one. */
  readonly address: FailureLimit;
  /** A device that signed in before, in place of the other two. */
  readonly device: FailureLimit;
}

const MINUTE_MS = 60_000;

export const FAILURE_LIMITS: FailureLimits = {
  pair: { free: 5, delayMs: 1000, delayMsMax: 15 * MINUTE_MS, windowMs: 60 * MINUTE_MS },
  address: { free: 50, delayMs: 1000, delayMsMax: 5 * MINUTE_MS, windowMs: 15 * MINUTE_MS },
  device: { free: 10, delayMs: 1000, delayMsMax: 15 * MINUTE_MS, windowMs: 60 * MINUTE_MS },
};
