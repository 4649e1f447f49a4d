/**
 * accounts: people and programs that may sign in, in Redis: users and who they are at identity providers,
 * API keys, sessions, quotas and requests for approval, what was proposed, and keys under which a request
 * is done once.
 *
 * Promises: of a secret only a hash is kept, and it is shown once; an unknown name gets the answers of a
 * known one, as slowly; nobody can lock another out; what is taken away is gone at the next request;
 * without Redis nobody gets in.
 */
export {
  type Accounts,
  type AccountsOptions,
  openAccounts,
  type SignInOptions,
} from './accounts.ts';
export { ANY, type ApiKey, type KeyScopes } from './api-key.ts';
export type { ApiKeyPage, ApiKeys, KeyRefusal, KeyVerdict, NewApiKey } from './api-keys.ts';
export {
  type Approval,
  type ApprovalDocument,
  APPROVALS_OF_ONE_MAX,
  type Approvals,
} from './approvals.ts';
export { FAILURE_LIMITS, type FailureLimit, type FailureLimits } from './failure-limits.ts';
export type { HashCost } from './hash-order.ts';
export type { HashQueueOptions } from './hash-queue.ts';
export type { Identity, LinkedIdentity } from './identity.ts';
export type { Begun, IdempotencyKeys, IdempotentAnswer, IdempotentRequest } from './idempotency.ts';
export type {
  KeptPending,
  NewPending,
  PendingDocument,
  PendingSignIns,
  TakenPending,
} from './pending-sign-ins.ts';
export type { Proposal, ProposalDocument, ProposalPage, Proposals } from './proposals.ts';
export type { QuotaPeriod, Quotas, Reserved } from './quotas.ts';
export type { ProvedIdentity, Session } from './session.ts';
export type {
  Checked,
  IdentityProof,
  Renewed,
  SessionLives,
  SessionOrigin,
  Sessions,
  SessionTokens,
  TokenRefusal,
} from './sessions.ts';
export type { SignIn, SignInAnswer, SignInRequest } from './sign-in.ts';
export { ADMINISTRATOR, type RoleGrant, type User } from './user.ts';
export type {
  AdministratorCount,
  Bootstrap,
  FirstUser,
  NewUser,
  Seen,
  UserPage,
  Users,
} from './users.ts';
