import type { Action } from '@sealstream/authorization';

import type { Caller } from './caller.ts';
import type { Ask } from './route.ts';

/** What a request was allowed. */
export interface Permit {
  /** The rule of the policy that allows it. */
  readonly rule: string;
  /** Gives back what was reserved of a quota and not used; `used` values were given. */
  readonly settle: (used: number) => Promise<void>;
}

/** Decides by the policy of now, and reserves what quotas ask for. */
export interface Gate {
  /**
   * @throws SealstreamError ACCESS_DENIED, with the reasons as told to the audit log in `reasons`;
   *   QUOTA_SPENT, APPROVAL_NEEDED
   */
  permit(caller: Caller, action: Action, ask: Ask): Promise<Permit>;
}
