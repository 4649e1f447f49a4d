import { SealstreamError } from '@sealstream/contracts';
import {
  type AccessText,
  DAYS,
  type QUOTA_PERIODS,
  type REFERENCES,
  type RuleText,
} from './access-language.ts';
import { ACTION_NAMES, ACTIONS, type Action } from './actions.ts';
import { type Json, jsonDigest } from './canonical-json.ts';
import { spelledField } from './field-name.ts';

export type Day = (typeof DAYS)[number];

/** Stands for every dataset or every field, said explicitly. */
export const EVERY = '*';

export interface Purpose {
  readonly meaning: string;
  readonly reference: (typeof REFERENCES)[number];
}

/** Hours by the clock on the wall of a zone; minutes from midnight, `toMinute` up to 1440. */
export interface Hours {
  readonly days: readonly Day[];
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: string;
}

export interface Quota {
  /** The same for the same rule in any place; another when what the rule covers changes. */
  readonly name: string;
  readonly values: number;
  readonly per: (typeof QUOTA_PERIODS)[number];
  /** In which its periods begin. */
  readonly zone: string;
}

/** What is allowed together; sets are sorted. */
export interface Rule {
  readonly role: string;
  /** Where it stands: `/access/roles/ROLE/allow/0`, a JSON Pointer (RFC 6901) into the policy. */
  readonly place: string;
  readonly actions: readonly Action[];
  /** Empty for actions on the whole system. */
  readonly datasets: readonly string[];
  /** Empty for actions that are not on fields. */
  readonly fields: readonly string[];
  /** Undefined where none is asked for. */
  readonly purposes?: readonly string[];
  readonly hours?: Hours;
  readonly quota?: Quota;
}

export interface Role {
  readonly meaning: string;
  readonly allow: readonly Rule[];
}

/** Who may do what: the section `access` of a policy, with every default filled in. */
export interface AccessRules {
  readonly purposes: ReadonlyMap<string, Purpose>;
  readonly roles: ReadonlyMap<string, Role>;
  /** Those that always need a second person, and those that the policy adds. */
  readonly fourEyes: ReadonlySet<Action>;
  /** Hex SHA-256 of the canonical rules: comments, meanings and the order of sets do not count. */
  readonly sha256: string;
}

const sorted = <T extends string>(list: readonly T[]): readonly T[] => [...new Set(list)].sort();

const minuteOf = (clock: string): number => {
  const [hours, minutes] = clock.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

/** The rules of a text that follows the language and in which `accessProblems` found nothing. */
export function readAccess(text: AccessText): AccessRules {
  const purposes = new Map(
    Object.entries(text.purposes ?? {}).map(([name, { meaning, reference = 'optional' }]) => [
      name,
      { meaning, reference },
    ]),
  );
  const roles = new Map(
    Object.entries(text.roles).map(([role, { allow, meaning }]) => [
      role,
      { meaning, allow: allow.map((rule, at) => readRule(role, at, rule)) },
    ]),
  );
  const always = ACTION_NAMES.filter((action) => ACTIONS[action].fourEyes);
  const fourEyes = new Set(sorted([...always, ...(text.fourEyes?.actions ?? [])]));
  return { purposes, roles, fourEyes, sha256: digestOf({ purposes, roles, fourEyes }) };
}

function readRule(role: string, at: number, text: RuleText): Rule {
  const { actions, datasets = [], fields = [], hours, purposes, quota } = text;
  const covers = {
    actions: sorted(actions),
    datasets: sorted(datasets),
    fields: sorted(fields.map(spelledField)),
    ...(purposes !== undefined && { purposes: sorted(purposes) }),
  };
  const zone = hours?.zone ?? 'UTC';
  return {
    role,
    place: `/access/roles/${role}/allow/${at}`,
    ...covers,
    ...(hours !== undefined && { hours: readHours(hours) }),
    ...(quota !== undefined && {
      quota: { ...quota, zone, name: quotaName(role, { ...covers, per: quota.per }) },
    }),
  };
}

/** Without the limit, the hours and the place: a change of these does not begin a new count. */
function quotaName(role: string, covers: Json): string {
  return `${role}/${digest(covers).slice(0, QUOTA_NAME_DIGITS)}`;
}

const QUOTA_NAME_DIGITS = 16;

function readHours({ days, from, to, zone }: NonNullable<RuleText['hours']>): Hours {
  const inOrder = DAYS.filter((day) => days.includes(day));
  return { days: inOrder, fromMinute: minuteOf(from), toMinute: minuteOf(to), zone };
}

function digestOf({ fourEyes, purposes, roles }: Omit<AccessRules, 'sha256'>): string {
  const references = [...purposes].map(([name, { reference }]) => [name, reference]);
  const rules = [...roles].map(([role, { allow }]) => [role, allow.map(asJson)]);
  return digest({
    purposes: Object.fromEntries(references) as Json,
    roles: Object.fromEntries(rules) as Json,
    fourEyes: [...fourEyes],
  });
}

function asJson(rule: Rule): Json {
  const { hours, place: _, quota, ...covers } = rule;
  return {
    ...covers,
    ...(hours !== undefined && { hours: { ...hours } }),
    ...(quota !== undefined && { quota: { ...quota } }),
  };
}

/** Names were checked before, so there is a canonical form. */
function digest(value: Json): string {
  const found = jsonDigest(value);
  if (found === undefined) throw new SealstreamError('INTERNAL', { what: 'access' });
  return found;
}
