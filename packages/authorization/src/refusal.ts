/** Why something is denied: a closed list, each with the one sentence that says it to people. */
export const REFUSALS = {
  'no-rules': 'the policy has no section access, so nothing is allowed',
  'request-unfit': 'the time is none, or the count of values is no whole number above zero',
  'action-unknown': 'there is no such action',
  'dataset-missing': 'the action is done to a dataset, and none was named',
  'field-missing': 'the action is done to fields, and none was named',
  'scope-action': 'the API key was not made for this action',
  'scope-dataset': 'the API key was not made for this dataset',
  'no-role': 'the caller has no role',
  'role-unknown': 'the policy has no such role',
  action: 'allows other actions',
  dataset: 'is for other datasets',
  field: 'is not for these fields',
  'purpose-missing': 'asks for a purpose, and none was given',
  purpose: 'is for other purposes',
  'reference-missing': 'the purpose asks for a case number, and none was given',
  'reference-unwanted': 'the purpose takes no case number, and one was given',
  hours: 'does not count at this time',
  quota: 'allows fewer values in a whole period than were asked for',
} as const;
export type RefusalReason = keyof typeof REFUSALS;

/** One reason, and what it is about. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** The role, where the policy has none of that name. */
  readonly role?: string;
  /** Place of the rule that did not fit; undefined where no rule was looked at. */
  readonly rule?: string;
  /** Of reason `field`: those that the rule is not for. */
  readonly fields?: readonly string[];
}

/** A refusal as a sentence for people. */
export function refusalText({ fields, reason, role, rule }: Refusal): string {
  const about = rule ?? role;
  const which = fields === undefined ? '' : `: ${fields.join(', ')}`;
  return `${about === undefined ? '' : `${about}: `}${REFUSALS[reason]}${which}`;
}
