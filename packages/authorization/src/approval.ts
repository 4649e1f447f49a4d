import type { AccessRules } from './access-rules.ts';
import type { Action } from './actions.ts';
import { type Json, jsonDigest } from './canonical-json.ts';
import { decide } from './decision.ts';

/** How long an approval is of use, from the request on. */
export const APPROVAL_LIFETIME_MS = 3_600_000;
/** A role that the requester gave so shortly before does not count for approving them. */
export const FRESH_GRANT_MS = 7 * 86_400_000;

/** What is to be approved: exactly this, by exactly this person. */
export interface ApprovalRequest {
  readonly action: Action;
  /** Whoever asks; accounts and API keys are linked to a person. */
  readonly person: string;
  /** All that decides what will happen: dataset, key ids, role, reference. */
  readonly details: Readonly<Record<string, Json>>;
}

interface Asked {
  /** Hex SHA-256 of the canonical request. */
  readonly digest: string;
  readonly request: ApprovalRequest;
  readonly createdMs: number;
  /** From here on nothing can be done with it. */
  readonly expiresMs: number;
}

interface Agreed extends Asked {
  readonly approvedBy: string;
  /** The account by which that person did. */
  readonly approvedAs: string;
  readonly approvedMs: number;
}

/** What a store keeps of one; each state has what the one before had. */
export type Approval =
  | (Asked & { readonly state: 'open' })
  | (Agreed & { readonly state: 'approved' })
  | (Agreed & { readonly state: 'used'; readonly usedMs: number });

/** A role that somebody was given. */
export interface RoleGrant {
  readonly role: string;
  /** The person who gave it. */
  readonly by: string;
  readonly atMs: number;
}

/** Who wants to approve, and how they signed in. */
export interface Approver {
  readonly person: string;
  readonly account: string;
  readonly by: 'person' | 'api-key' | 'certificate';
  readonly roles: readonly RoleGrant[];
}

/** Why a step was not taken; a closed list. */
export const APPROVAL_PROBLEMS = {
  'request-unfit': 'the request has no canonical form',
  lapsed: 'the hour of the request is over',
  'not-open': 'it was approved before',
  'not-approved': 'nobody approved it yet',
  used: 'it was used',
  'other-request': 'it was asked for another request',
  'same-person': 'whoever asked cannot approve',
  'api-key': 'an API key cannot approve',
  certificate: 'a certificate cannot approve',
  'approver-gone': 'the account of whoever approved it is disabled or gone since',
  'no-rule': 'no role of the approver allows approvals.decide now',
  'fresh-role': 'the only roles that allow it were given by whoever asked, within 7 days',
} as const;
export type ApprovalProblem = keyof typeof APPROVAL_PROBLEMS;

/** The next state, or why there is none; a refused step changes nothing. */
export type Step<T> = { readonly next: T } | { readonly problem: ApprovalProblem };

/** The digest of a request, or undefined when it has no canonical form (RFC 8785). */
export function approvalDigest({ action, details, person }: ApprovalRequest): string | undefined {
  return jsonDigest({ action, details, person });
}

/** Asks for an approval. */
export function askApproval(request: ApprovalRequest, nowMs: number): Step<Approval> {
  const digest = approvalDigest(request);
  if (digest === undefined) return { problem: 'request-unfit' };
  const expiresMs = nowMs + APPROVAL_LIFETIME_MS;
  return { next: { state: 'open', digest, request, createdMs: nowMs, expiresMs } };
}

/**
 * Approves what was asked for.
 *
 * @param seen digest of what the approver was shown
 */
export function approve(
  approval: Approval,
  approver: Approver,
  seen: string,
  { nowMs, rules }: { readonly nowMs: number; readonly rules: AccessRules | undefined },
): Step<Approval> {
  const { createdMs, digest, expiresMs, request } = approval;
  if (approval.state !== 'open')
    return { problem: approval.state === 'used' ? 'used' : 'not-open' };
  if (!isBefore(nowMs, expiresMs)) return { problem: 'lapsed' };
  if (!covers(approval, seen)) return { problem: 'other-request' };
  if (approver.by !== 'person') return { problem: approver.by };
  if (approver.person === request.person) return { problem: 'same-person' };
  const may = (grants: readonly RoleGrant[]) => {
    const roles = grants.map(({ role }) => role);
    const action = 'approvals.decide' as const;
    return decide(rules, { roles, action, atMs: nowMs, values: 1 }).allowed;
  };
  if (!may(approver.roles)) return { problem: 'no-rule' };
  const counting = approver.roles.filter((grant) => !isFresh(grant, request.person, nowMs));
  if (!may(counting)) return { problem: 'fresh-role' };
  const asked = { digest, request, createdMs, expiresMs };
  const { account: approvedAs, person: approvedBy } = approver;
  return { next: { ...asked, state: 'approved', approvedBy, approvedAs, approvedMs: nowMs } };
}

/** Also a grant from the future is fresh: its clock cannot be believed. */
const isFresh = ({ atMs, by }: RoleGrant, requester: string, nowMs: number): boolean =>
  by === requester && !(nowMs - atMs >= FRESH_GRANT_MS);

/** NaN is before nothing. */
const isBefore = (nowMs: number, endMs: number): boolean => nowMs < endMs;

/** The digest is made anew, so that a stored request that was changed covers nothing. */
const covers = ({ digest, request }: Approval, other: string): boolean =>
  digest === other && approvalDigest(request) === digest;

/** The account that an approval was given by, as it is now. */
export interface ApprovingAccount {
  readonly person: string;
  readonly disabled: boolean;
}

/**
 * Uses an approval up, right before what it allows is done. A store must take this step once: by
 * compare-and-set on the state. An account that is disabled since approves nothing, also nothing before:
 * somebody else may have had it.
 *
 * @param approver the account `approvedAs`, undefined where there is none
 */
export function useApproval(
  approval: Approval,
  request: ApprovalRequest,
  { approver, nowMs }: { readonly approver: ApprovingAccount | undefined; readonly nowMs: number },
): Step<Approval> {
  if (approval.state === 'used') return { problem: 'used' };
  if (approval.state === 'open') return { problem: 'not-approved' };
  if (!isBefore(nowMs, approval.expiresMs)) return { problem: 'lapsed' };
  const digest = approvalDigest(request);
  if (digest === undefined || !covers(approval, digest)) return { problem: 'other-request' };
  // A stored state that somebody wrote by hand is not believed.
  if (approval.approvedBy === approval.request.person) return { problem: 'same-person' };
  const isThere = approver?.disabled === false && approver.person === approval.approvedBy;
  if (!isThere) return { problem: 'approver-gone' };
  return { next: { ...approval, state: 'used', usedMs: nowMs } };
}
