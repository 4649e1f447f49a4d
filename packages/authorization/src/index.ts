/**
 * authorization: who may do what to which field, for which purpose, when and how often.
 *
 * Promises: what no rule allows is denied, and there are no rules that forbid; a decision names the rule
 * it rests on, with the quota to reserve, or every rule that was looked at with each reason why not. The
 * same rules and request give the same decision. A further rule never takes anything away, and the
 * scopes of an API key never add anything. What needs a second person is approved by another one, for
 * exactly that request, within an hour, once. Pure: no clock and no store of its own.
 */
export { accessDiff, type AccessDifference } from './access-diff.ts';
export { AccessLanguage, type AccessText, accessWords } from './access-language.ts';
export { type AccessProblem, accessProblems, type KnownFields } from './access-problems.ts';
export {
  type AccessRules,
  type Hours,
  type Purpose,
  type Quota,
  readAccess,
  type Role,
  type Rule,
} from './access-rules.ts';
export { accessWarnings } from './access-warnings.ts';
export { type Action, ACTION_NAMES, ACTIONS, isAction } from './actions.ts';
export {
  ADMINISTRATOR,
  type Administrators,
  bootstrapLimits,
  type BootstrapLimits,
} from './administrators.ts';
export {
  type Approval,
  APPROVAL_PROBLEMS,
  approvalDigest,
  type ApprovalProblem,
  type ApprovalRequest,
  approve,
  type Approver,
  askApproval,
  type RoleGrant,
  type Step,
  useApproval,
} from './approval.ts';
export { readApproval } from './approval-document.ts';
export { canonicalJson, type Json, jsonDigest } from './canonical-json.ts';
export {
  type AccessRequest,
  type Allowed,
  decide,
  type Decision,
  type Denied,
  type Ground,
  type QuotaToReserve,
  type Scopes,
} from './decision.ts';
export { spelledField } from './field-name.ts';
export { type Refusal, type RefusalReason, REFUSALS, refusalText } from './refusal.ts';
export { ruleCells } from './rule-summary.ts';
