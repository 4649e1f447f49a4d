import type { AdministratorCount, Quotas } from '@sealstream/accounts';
import {
  type AccessRules,
  type Action,
  type Allowed,
  type ApprovalRequest,
  ADMINISTRATOR,
  bootstrapLimits,
  type BootstrapLimits,
  decide,
  type Ground,
  type Refusal,
} from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import type { Caller } from './caller.ts';
import type { Ask } from './ask.ts';
import type { SecondPersons, UsedApproval } from './second-persons.ts';

/** A request that roles allow. */
export interface Judged {
  readonly caller: Caller;
  readonly action: Action;
  readonly ask: Ask;
  /** What it takes of a quota: the values that it can give at most, and 1 where it names no number. */
  readonly values: number;
  readonly allowed: Allowed;
  /** Whether a second person must have agreed. */
  readonly needsApproval: boolean;
}

/** What a second person would agree to, and the id of the agreement where the caller names one. */
export interface Agreement {
  /** Asked for only where a second person must agree: it is all of the request. */
  readonly details: () => Promise<ApprovalRequest['details']>;
  readonly approval?: string | undefined;
}

/** What a request was allowed. */
export interface Permit {
  /** The rule of the policy that allows it. */
  readonly rule: string;
  readonly approval?: UsedApproval | undefined;
  /** Gives back what was reserved of a quota and not used; `used` values were given. */
  readonly settle: (used: number) => Promise<void>;
}

/** Decides by the policy of now, and reserves what quotas ask for. */
export interface Gate {
  /**
   * Decides, and takes nothing yet.
   *
   * @param makesSecond whether it is what the first administrator may do before there is a second
   * @throws SealstreamError ACCESS_DENIED, TWO_ADMINISTRATORS_NEEDED, REDIS_*; `refusalsOf` has what the
   *   audit log is told
   */
  judge(caller: Caller, action: Action, ask: Ask, makesSecond: boolean): Promise<Judged>;
  /**
   * Takes what it costs: a part of a quota, and the approval of a second person, which is used up. One
   * that is missing is asked for, and its id told.
   *
   * @throws SealstreamError QUOTA_SPENT, APPROVAL_NEEDED, APPROVAL_UNKNOWN, APPROVAL_REFUSED,
   *   TOO_MANY_REQUESTS, KAFKA_UNREACHABLE, REDIS_*
   */
  permit(judged: Judged, agreement: Agreement): Promise<Permit>;
}

const NO_RULES = 'The policy has no section `access`: write roles into it (docs/access.md).';

/** Every reason of a denial, for the audit log; the caller is told the kinds of them alone. */
const REFUSALS = new WeakMap<Error, readonly Refusal[]>();

/** Why a request was denied, as far as it was by the gate. */
export function refusalsOf(error: unknown): readonly Refusal[] | undefined {
  return error instanceof Error ? REFUSALS.get(error) : undefined;
}

export interface PolicyGateOptions {
  /** The section `access` of the policy of now; undefined allows nothing. */
  readonly rules: () => AccessRules | undefined;
  readonly quotas: Pick<Quotas, 'reserve' | 'release'>;
  readonly administrators: () => Promise<AdministratorCount>;
  readonly seconds: Pick<SecondPersons, 'ask' | 'use'>;
  readonly now?: () => number;
}

/**
 * The gate of the service.
 *
 * Promises: what no rule of the caller's roles allows is denied; a quota is taken before anything is
 * done, so that many requests at once cannot pass it; what needs a second person is done with the
 * approval of exactly this request, once; until two people were administrators nobody does anything but
 * the first, who makes the second.
 */
export class PolicyGate implements Gate {
  readonly #options: PolicyGateOptions;
  /** It never goes back, so it is asked for until it is so. */
  #wereTwo = false;

  constructor(options: PolicyGateOptions) {
    this.#options = options;
  }

  async judge(caller: Caller, action: Action, ask: Ask, makesSecond: boolean): Promise<Judged> {
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
      const why = kinds.join(' ');
      const hint = kinds.includes('no-rules') ? NO_RULES : undefined;
      const denied = new SealstreamError('ACCESS_DENIED', { action, dataset, why }, hint);
      REFUSALS.set(denied, decision.refusals);
      throw denied;
    }
    const limits = await this.#limits();
    const isFirst = limits === 'second-only' && roles.includes(ADMINISTRATOR);
    if (limits !== 'all' && !(isFirst && makesSecond))
      throw new SealstreamError('TWO_ADMINISTRATORS_NEEDED', { action });
    // There is nobody else yet who could agree.
    const needsApproval = decision.fourEyes && limits === 'all';
    return { caller, action, ask, values, allowed: decision, needsApproval };
  }

  async permit(judged: Judged, { approval, details }: Agreement): Promise<Permit> {
    const { action, allowed, ask, caller, needsApproval, values } = judged;
    const { dataset } = ask;
    if (!needsApproval) return this.#reserved(caller, allowed, values);
    const request = { action, person: caller.person, details: await details() };
    const { seconds } = this.#options;
    if (approval === undefined) {
      const { approval: asked, id } = await seconds.ask(caller, request);
      const { digest, expiresMs } = asked;
      const expires = new Date(expiresMs).toISOString();
      throw new SealstreamError('APPROVAL_NEEDED', {
        action,
        dataset,
        approval: id,
        digest,
        expires,
      });
    }
    // A quota that is used up must not cost the approval.
    const permit = await this.#reserved(caller, allowed, values);
    try {
      return { ...permit, approval: await seconds.use(approval, caller, request) };
    } catch (error) {
      await permit.settle(0);
      throw error;
    }
  }

  async #limits(): Promise<BootstrapLimits> {
    if (this.#wereTwo) return 'all';
    const limits = bootstrapLimits(await this.#options.administrators());
    this.#wereTwo = limits === 'all';
    return limits;
  }

  async #reserved(
    { person }: Caller,
    { ground, otherwise }: Allowed,
    values: number,
  ): Promise<Permit> {
    const grounds = [ground, ...otherwise];
    for (const one of grounds) {
      const permit = await this.#tryGround(person, one, values);
      if (permit !== undefined) return permit;
    }
    const ends = grounds.flatMap(({ quota }) => quota?.endMs ?? []);
    const leftMs = Math.min(...ends) - (this.#options.now ?? Date.now)();
    throw new SealstreamError('QUOTA_SPENT', {
      rule: ground.rule,
      limit: ground.quota?.values,
      retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
    });
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
