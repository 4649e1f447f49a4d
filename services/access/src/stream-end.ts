import type { ErrorCode } from '@sealstream/contracts';

/** What came of a stream. */
export interface StreamEnd {
  /** How many values were given in truth. */
  readonly values: number;
  /** Why it ended before its end. */
  readonly failed?: ErrorCode | undefined;
}
