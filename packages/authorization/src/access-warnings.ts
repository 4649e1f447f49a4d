import type { AccessProblem } from './access-problems.ts';
import { type AccessRules, EVERY, type Role, type Rule } from './access-rules.ts';
import { ADMINISTRATOR } from './administrators.ts';
import type { Action } from './actions.ts';

/** What is allowed in a section and worth a second look. */
export function accessWarnings({ roles }: AccessRules): readonly AccessProblem[] {
  const ofRoles = [...roles].flatMap(([name, role]) => [
    ...roleWarnings(role).map((message) => ({ place: ['roles', name], message })),
    ...role.allow.flatMap((rule, at) =>
      ruleWarnings(rule).map(({ message, word }) => ({
        place: ['roles', name, 'allow', at, ...word],
        message,
      })),
    ),
  ]);
  if (roles.has(ADMINISTRATOR)) return ofRoles;
  const message = `there is no role ${ADMINISTRATOR}, which the first person gets`;
  return [...ofRoles, { place: ['roles'], message }];
}

function roleWarnings({ allow }: Role): readonly string[] {
  const may = (action: Action) => allow.some(({ actions }) => actions.includes(action));
  return may('approvals.decide') && may('subjects.shred')
    ? ['may order a shred and approve one: two of its holders are enough to end a person']
    : [];
}

function ruleWarnings(rule: Rule): readonly { message: string; word: readonly string[] }[] {
  if (!rule.actions.includes('reveal')) return [];
  const found = [];
  if (rule.fields.includes(EVERY))
    found.push({
      word: ['fields'],
      message: "'*' opens every field, also those that the policy gets later",
    });
  if (rule.quota === undefined)
    found.push({ word: ['actions'], message: 'reveal without a quota opens any number of values' });
  return found;
}
