import { SealstreamError } from '@sealstream/contracts';

/** How a service ends; after sysexits.h, so that a supervisor can tell what a restart would do. */
export const EXIT = {
  /** Asked to stop, and stopped. */
  stopped: 0,
  /** A defect: it ended because it cannot vouch for its state; a restart is right. */
  crashed: 70,
  /** Kafka, Redis, a topic or a keyset was not there in time; a restart is right. */
  unavailable: 75,
  /** Settings, policy or key files are wrong; a restart does not help. */
  misconfigured: 78,
} as const;

/** The exit code for an error that ended the start. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SealstreamError) || error.code === 'INTERNAL') return EXIT.crashed;
  return error.retryable ? EXIT.unavailable : EXIT.misconfigured;
}
