import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import type { Accounts, Proposal, ProposalDocument } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';
import type { LivePolicy } from '@sealstream/service';
import { z } from 'zod';

import type { Caller } from './caller.ts';
import { hashesOf, type PolicyReview } from './policy-review.ts';
import { PolicyReviewer } from './policy-reviewer.ts';
import type { UsedApproval } from './second-persons.ts';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
/** As long as it counts among those of its person: withdrawing must not be a way to fill the list. */
const WITHDRAWN_KEPT_DAYS = 1;
/** Proposals of one person at once: whoever proposes must not fill the list of the others. */
const OF_ONE_MAX = 20;
/** Of what a second person is shown: all of it, or it is not proposed. */
const SHOWN_CHARACTERS_MAX = 40_000;

/** What is kept of a proposal beside its text. */
const Head = z.object({
  sha256: z.string(),
  against: z.string(),
  why: z.string(),
  weakens: z.boolean(),
  account: z.string(),
  person: z.string(),
  createdMs: z.int(),
  approval: z.object({ id: z.string(), by: z.string() }).optional(),
  withdrawnMs: z.int().optional(),
});
type Head = z.infer<typeof Head>;

const Body = z.object({ text: z.string(), review: z.unknown() });

/** A text that holds, beside the policy in use. */
export type HoldingReview = Extract<PolicyReview, { readonly holds: true }>;

/** A text that somebody proposes. */
export interface ProposedText {
  readonly text: string;
  /** Hex SHA-256 of the policy that it was compared with. */
  readonly against: string;
  readonly why: string;
}

export interface KeptProposal extends Head {
  readonly id: string;
  readonly expiresMs: number;
}

export interface WholeProposal extends KeptProposal {
  readonly text: string;
  readonly review: HoldingReview;
}

export interface PolicyDeskOptions {
  /** The policy in use, as it is at each moment. */
  readonly policy: Pick<LivePolicy, 'access' | 'datasets' | 'text'>;
  /** The file of the policy in use. */
  readonly file: string;
  readonly accounts: Pick<Accounts, 'proposals'>;
  readonly reviewer?: Pick<PolicyReviewer, 'review'>;
  readonly now?: () => number;
}

/**
 * The policy in use, and texts that are proposed for its place.
 *
 * Promises: what is kept was compared with the policy that was in use when it was kept, and carries who
 * proposed it and who agreed; what somebody else wrote to Redis is never given as a proposal.
 */
export class PolicyDesk {
  readonly #options: PolicyDeskOptions;
  readonly #reviewer: Pick<PolicyReviewer, 'review'>;

  constructor(options: PolicyDeskOptions) {
    this.#options = options;
    this.#reviewer = options.reviewer ?? new PolicyReviewer();
  }

  /** Of the policy in use. */
  get inUse(): { readonly text: string; readonly sha256: string } {
    const text = this.#options.policy.text;
    return { text, sha256: sha256Of(text) };
  }

  /**
   * What a text would do in the place of the policy in use.
   *
   * @throws SealstreamError PROPOSAL_OUTDATED when a file that the policy names is not the one in use,
   *   TOO_MANY_REQUESTS, REQUEST_TOO_LARGE
   */
  async review(text: string): Promise<PolicyReview> {
    const { file, policy } = this.#options;
    const { sha256, text: inUse } = this.inUse;
    // Precondition: what is compared with is what the service goes by.
    const own = hashesOf(policy);
    const key = `${sha256} ${sha256Of(text)} ${JSON.stringify(own)}`;
    const review = await this.#reviewer.review(key, { file, inUse, proposed: text });
    if (!isDeepStrictEqual(review.against, own))
      throw new SealstreamError('PROPOSAL_OUTDATED', { what: 'a file that the policy names' });
    return review;
  }

  /**
   * The same of what is proposed.
   *
   * @throws SealstreamError PROPOSAL_OUTDATED, PROPOSAL_INVALID, REQUEST_TOO_LARGE when a second person
   *   could not be shown all of it, TOO_MANY_REQUESTS
   */
  async holding({ against, text }: ProposedText): Promise<HoldingReview> {
    this.#requireCurrent(against);
    const review = await this.review(text);
    // Precondition: it was not replaced while it was compared.
    this.#requireCurrent(against);
    if (!review.holds) {
      const [first] = review.problems;
      const { column, line } = first ?? {};
      const problems = review.problems.length;
      throw new SealstreamError('PROPOSAL_INVALID', { line, column, problems });
    }
    const { access, differences } = review;
    const characters = JSON.stringify([differences, access]).length;
    if (review.weakens && characters > SHOWN_CHARACTERS_MAX) {
      const hint =
        'It changes more than a second person can be shown; propose it in smaller steps.';
      throw new SealstreamError('REQUEST_TOO_LARGE', { characters }, hint);
    }
    return review;
  }

  /**
   * Keeps a proposal for 30 days.
   *
   * @throws SealstreamError what `holding` throws, TOO_MANY_REQUESTS when the person or all have too many,
   *   REDIS_*
   */
  async propose(
    proposed: ProposedText,
    { account, person }: Pick<Caller, 'account' | 'person'>,
    approval: UsedApproval | undefined,
  ): Promise<WholeProposal> {
    const { proposals } = this.#options.accounts;
    const { proposals: kept } = await this.list();
    const own = kept.filter((one) => one.person === person).length;
    if (own >= OF_ONE_MAX) throw new SealstreamError('TOO_MANY_REQUESTS', { proposals: own });
    const review = await this.holding(proposed);
    // Precondition: what weakens was agreed to, whatever the rule was by which it came here.
    if (review.weakens && approval === undefined) throw new SealstreamError('APPROVAL_NEEDED');
    const { against, text, why } = proposed;
    const head: Head = {
      sha256: sha256Of(text),
      against,
      why,
      weakens: review.weakens,
      account,
      person,
      createdMs: this.#now(),
      ...(approval === undefined ? {} : { approval: { ...approval } }),
    };
    const body = JSON.stringify({ text, review });
    const { expiresMs, id } = await proposals.put(documentOf(head), body, KEPT_DAYS * DAY_MS);
    return { ...head, id, expiresMs, text, review };
  }

  /**
   * Takes back what the same person proposed; it is listed as withdrawn for a day. A second time changes
   * nothing.
   *
   * @throws SealstreamError ACCESS_DENIED for what another person proposed, PROPOSAL_SETTLED for what a
   *   second person agreed to or is in use, ACCOUNT_CONFLICT; what `get` throws
   */
  async withdraw(id: string, { person }: Pick<Caller, 'person'>): Promise<KeptProposal> {
    const { proposals } = this.#options.accounts;
    const found = await proposals.get(id);
    if (found === undefined) throw new SealstreamError('PROPOSAL_UNKNOWN');
    const kept = headOf(found);
    if (kept.person !== person)
      throw new SealstreamError('ACCESS_DENIED', {}, 'Only who proposed it can withdraw it.');
    const settled = kept.approval !== undefined || kept.sha256 === this.inUse.sha256;
    if (settled) throw new SealstreamError('PROPOSAL_SETTLED', { proposal: id });
    if (kept.withdrawnMs !== undefined) return kept;
    const { expiresMs: _, id: _id, ...head } = kept;
    const document = documentOf({ ...head, withdrawnMs: this.#now() });
    return headOf(await proposals.amend(id, document, WITHDRAWN_KEPT_DAYS * DAY_MS));
  }

  /** All that are kept, and ids of what is not authentic. @throws SealstreamError REDIS_* */
  async list(): Promise<{
    readonly proposals: readonly KeptProposal[];
    readonly refused: readonly string[];
  }> {
    const { proposals, refused } = await this.#options.accounts.proposals.list();
    return { proposals: proposals.map(headOf), refused };
  }

  /** @throws SealstreamError PROPOSAL_UNKNOWN, PROPOSAL_NOT_AUTHENTIC, REDIS_* */
  async get(id: string): Promise<WholeProposal> {
    const found = await this.#options.accounts.proposals.get(id);
    if (found === undefined) throw new SealstreamError('PROPOSAL_UNKNOWN');
    const { review, text } = Body.parse(JSON.parse(found.body));
    // It was made here: its authenticator holds.
    return { ...headOf(found), text, review: review as HoldingReview };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** @throws SealstreamError PROPOSAL_OUTDATED */
  #requireCurrent(against: string): void {
    const { sha256 } = this.inUse;
    if (against !== sha256) throw new SealstreamError('PROPOSAL_OUTDATED', { inUse: sha256 });
  }
}

function documentOf(head: Head): ProposalDocument {
  return JSON.parse(JSON.stringify(head)) as ProposalDocument;
}

function headOf({ document, expiresMs, id }: Proposal): KeptProposal {
  return { ...Head.parse(document), id, expiresMs };
}

/** Hex SHA-256 of a text in UTF-8. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
