import type { ErrorCode } from '@sealstream/contracts';

import type { BreakGlassOptions } from './access/access-options.ts';
import type { DatasetOptions, KeyOptions } from './options.ts';

/** What is to be turned back, and why. */
export interface TurnOptions extends DatasetOptions, KeyOptions, BreakGlassOptions {
  readonly path: string;
  /** Directly: why, in a few words. */
  readonly reason?: string;
  /** Through access: one of the purposes of the policy, and the number of the case. */
  readonly purpose?: string;
  readonly reference?: string;
  readonly key?: string;
}

/** What each text stands for, in their order; a code where nothing can be given. */
export type TurnedValues = readonly (Buffer | ErrorCode)[];

/**
 * Turns masked values of one field back. The audit log has how many, of which field, by whom and why
 * before the first one is turned back.
 */
export interface MaskedTurner {
  /**
   * Reads the texts and shows what they stand for, some at a time.
   *
   * @param show gets the values and the number of the first one's line; gives how many it did not show
   * @returns how many show no value
   * @throws SealstreamError USAGE, ACCESS_DENIED and what keeps it from the keys, the log or access
   */
  turn(
    texts: () => Promise<readonly Buffer[]>,
    show: (values: TurnedValues, firstLine: number) => Promise<number>,
  ): Promise<number>;
}
