import { type AccessRules, EVERY, type Purpose, type Quota, type Rule } from './access-rules.ts';
import { ACTIONS, type Action, isAction } from './actions.ts';
import type { Refusal } from './refusal.ts';
import { type QuotaPeriod, quotaPeriod, withinHours } from './wall-clock.ts';

/** What an API key is for. It narrows what the roles of its owner allow, and never widens it. */
export interface Scopes {
  /** Actions by name, or `*`. */
  readonly actions: readonly string[];
  /** Datasets by name, or `*`. */
  readonly datasets: readonly string[];
}

/** What somebody wants to do. Names are compared as they stand: a field in the policy's own spelling. */
export interface AccessRequest {
  readonly roles: readonly string[];
  /** Of the API key that was used; undefined for a person who signed in. */
  readonly scopes?: Scopes;
  readonly action: Action;
  readonly dataset?: string;
  /** As the policy spells them: `/ssn`, `#key`, `#header/x-user`. */
  readonly fields?: readonly string[];
  readonly purpose?: string;
  /** Case number. */
  readonly reference?: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** How many values at most; a whole number above zero. */
  readonly values: number;
}

/** What to reserve before anything is done, in the name of the person. */
export interface QuotaToReserve extends Quota, QuotaPeriod {}

/** A rule that allows a request. */
export interface Ground {
  readonly role: string;
  /** `/access/roles/ROLE/allow/0` */
  readonly rule: string;
  readonly quota?: QuotaToReserve;
}

export interface Allowed {
  readonly allowed: true;
  readonly ground: Ground;
  /** Other rules that allow it, to be tried in this order when the quota of the first is used up. */
  readonly otherwise: readonly Ground[];
  /** Whether an approval by a second person must be used first. */
  readonly fourEyes: boolean;
}

export interface Denied {
  readonly allowed: false;
  /** Every rule that was looked at, with each reason why not; or why none was. Never empty. */
  readonly refusals: readonly Refusal[];
}

export type Decision = Allowed | Denied;

/**
 * Decides about a request by the rules of a policy; without rules nothing is allowed.
 *
 * One rule must allow all of it: its fields, purpose, hours and quota belong together, and who may see
 * two fields for two purposes was not given both at once. Of several that do, one without a quota is
 * taken; else each is a ground, by role and place, so that a further rule never takes anything away.
 * The same rules and request give the same decision, in whatever order roles and fields come.
 */
export function decide(rules: AccessRules | undefined, request: AccessRequest): Decision {
  const unfit = unfitness(rules, request);
  if (rules === undefined || unfit.length > 0) return { allowed: false, refusals: unfit };
  const refusals: Refusal[] = [];
  const grounds: Ground[] = [];
  for (const name of [...new Set(request.roles)].sort()) {
    const role = rules.roles.get(name);
    if (role === undefined) refusals.push({ reason: 'role-unknown', role: name });
    for (const rule of role?.allow ?? []) {
      const against = refusalsOf(rule, rules.purposes, request);
      refusals.push(...against);
      if (against.length === 0) grounds.push(groundOf(rule, request.atMs));
    }
  }
  const ground = grounds.find(({ quota }) => quota === undefined) ?? grounds[0];
  if (ground === undefined) return { allowed: false, refusals };
  return {
    allowed: true,
    ground,
    otherwise: ground.quota === undefined ? [] : grounds.slice(1),
    fourEyes: rules.fourEyes.has(request.action),
  };
}

/** Milliseconds on either side of 1970 that a Date reaches (ECMA-262, time values). */
const TIME_MAX = 8.64e15;
/** A period around the time must have its end within bounds, too. */
const PERIOD_MAX_MS = 40 * 86_400_000;

const isTime = (atMs: number): boolean =>
  Number.isSafeInteger(atMs) && Math.abs(atMs) <= TIME_MAX - PERIOD_MAX_MS;

/** What stands against a request whatever the rules are. */
function unfitness(rules: AccessRules | undefined, request: AccessRequest): readonly Refusal[] {
  const { action, atMs, dataset, fields = [], roles, scopes, values } = request;
  if (rules === undefined) return [{ reason: 'no-rules' }];
  // What comes from outside was cast to the type somewhere.
  if (!isAction(action)) return [{ reason: 'action-unknown' }];
  const { on } = ACTIONS[action];
  const found: Refusal[] = [];
  const refuse = (is: boolean, reason: Refusal['reason']) => {
    if (is) found.push({ reason });
  };
  refuse(!isTime(atMs) || !Number.isSafeInteger(values) || values < 1, 'request-unfit');
  refuse(on !== 'system' && dataset === undefined, 'dataset-missing');
  refuse(on === 'fields' && fields.length === 0, 'field-missing');
  refuse(scopes !== undefined && !names(scopes.actions, action), 'scope-action');
  refuse(
    scopes !== undefined && dataset !== undefined && !names(scopes.datasets, dataset),
    'scope-dataset',
  );
  refuse(roles.length === 0, 'no-role');
  return found;
}

const names = (list: readonly string[], name: string): boolean =>
  list.includes(EVERY) || list.includes(name);

function refusalsOf(
  rule: Rule,
  purposes: ReadonlyMap<string, Purpose>,
  request: AccessRequest,
): readonly Refusal[] {
  const { action, atMs, dataset, fields = [], values } = request;
  const { hours, place, quota } = rule;
  // Of a rule for something else nothing more is worth saying.
  if (!rule.actions.includes(action)) return [{ reason: 'action', rule: place }];
  const { on } = ACTIONS[action];
  const found: Refusal[] = [];
  const refuse = (reason: Refusal['reason'], more: Pick<Refusal, 'fields'> = {}) =>
    found.push({ reason, rule: place, ...more });
  if (on !== 'system' && !names(rule.datasets, dataset ?? '')) refuse('dataset');
  const others = [...new Set(fields)].filter((field) => !names(rule.fields, field)).sort();
  if (on === 'fields' && others.length > 0) refuse('field', { fields: others });
  const unpurposed = purposeRefusal(rule, purposes, request);
  if (unpurposed !== undefined) refuse(unpurposed);
  if (hours !== undefined && !withinHours(hours, atMs)) refuse('hours');
  if (quota !== undefined && values > quota.values) refuse('quota');
  return found;
}

function purposeRefusal(
  rule: Rule,
  purposes: ReadonlyMap<string, Purpose>,
  { purpose, reference = '' }: AccessRequest,
): Refusal['reason'] | undefined {
  if (rule.purposes === undefined) return undefined;
  if (purpose === undefined) return 'purpose-missing';
  const known = purposes.get(purpose);
  if (known === undefined || !rule.purposes.includes(purpose)) return 'purpose';
  const isGiven = reference.trim() !== '';
  if (known.reference === 'required' && !isGiven) return 'reference-missing';
  // It would stand on the audit log, and nobody said what may be in it.
  if (known.reference === 'none' && isGiven) return 'reference-unwanted';
  return undefined;
}

function groundOf({ place, quota, role }: Rule, atMs: number): Ground {
  if (quota === undefined) return { role, rule: place };
  return { role, rule: place, quota: { ...quota, ...quotaPeriod(quota, atMs) } };
}
