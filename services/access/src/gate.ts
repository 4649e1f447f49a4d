import type { Quotas } from '@sealstream/accounts';
import {
  type AccessRules,
  type Action,
  type Allowed,
  decide,
  type Ground,
  refusalText,
} from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import type { Caller } from './caller.ts';
import type { Ask } from './ask.ts';

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
   * @throws SealstreamError ACCESS_DENIED, QUOTA_SPENT, APPROVAL_NEEDED, REDIS_*; `reasonsOf` has what
   *   the audit log is told
   */
  permit(caller: Caller, action: Action, ask: Ask): Promise<Permit>;
}

/** Long enough for the rules of several roles, short enough for one event. */
const REASONS_CHARACTERS_MAX = 2000;

/** Every reason of a denial, for the audit log; the caller is told the kinds of them alone. */
const REASONS = new WeakMap<Error, string>();

/** Why a request was denied, as far as it was by the gate. */
export function reasonsOf(error: unknown): string | undefined {
  return error instanceof Error ? REASONS.get(error) : undefined;
}

export interface PolicyGateOptions {
  /** The section `access` of the policy of now; undefined allows nothing. */
  readonly rules: () => AccessRules | undefined;
  readonly quotas: Pick<Quotas, 'reserve' | 'release'>;
  readonly now?: () => number;
}

/**
 * The gate of the service.
 *
 * Promises: what no rule of the caller's roles allows is denied; a quota is taken before anything is
 * done, so that many requests at once cannot pass it; what needs a second person is denied here, since
 * no route that can bring an approval asks this way.
 */
export class PolicyGate implements Gate {
  readonly #options: PolicyGateOptions;

  constructor(options: PolicyGateOptions) {
    this.#options = options;
  }

  async permit(caller: Caller, action: Action, ask: Ask): Promise<Permit> {
    const { now = Date.now, rules } = this.#options;
    const { roles, scopes } = caller;
    const { dataset, fields, purpose, reference, values = 1 } = ask;
    const decision = decide(rules(), {
      roles,
      action,
      values,
      atMs: now(),
      ...(scopes !== undefined && { scopes }),
      ...(dataset !== undefined && { dataset }),
      ...(fields !== undefined && { fields }),
      ...(purpose !== undefined && { purpose }),
      ...(reference !== undefined && { reference }),
    });
    if (!decision.allowed) {
      const kinds = [...new Set(decision.refusals.map(({ reason }) => reason))];
      const denied = new SealstreamError('ACCESS_DENIED', {
        action,
        dataset,
        why: kinds.join(' '),
      });
      const all = decision.refusals.map(refusalText).join('; ');
      REASONS.set(denied, all.slice(0, REASONS_CHARACTERS_MAX));
      throw denied;
    }
    if (decision.fourEyes) throw new SealstreamError('APPROVAL_NEEDED', { action, dataset });
    return this.#reserved(caller, decision, values);
  }

  async #reserved(
    { person }: Caller,
    { ground, otherwise }: Allowed,
    values: number,
  ): Promise<Permit> {
    for (const one of [ground, ...otherwise]) {
      const permit = await this.#tryGround(person, one, values);
      if (permit !== undefined) return permit;
    }
    throw new SealstreamError('QUOTA_SPENT', { rule: ground.rule, limit: ground.quota?.values });
  }

  async #tryGround(
    person: string,
    { quota, rule }: Ground,
    values: number,
  ): Promise<Permit | undefined> {
    if (quota === undefined) return { rule, settle: async () => undefined };
    const { quotas } = this.#options;
    const period = { quota: quota.name, person, periodEndMs: quota.endMs };
    const { granted } = await quotas.reserve(period, quota.values, values);
    if (!granted) return undefined;
    return {
      rule,
      settle: async (used) => {
        if (used < values) await quotas.release(period, values - used);
      },
    };
  }
}
