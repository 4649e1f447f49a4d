import { type AccessRules, EVERY, type Hours, type Role, type Rule } from './access-rules.ts';
import { ruleSummary } from './rule-summary.ts';

/** One thing that other rules allow otherwise. */
export interface AccessDifference {
  /** `role NAME`, `purpose NAME` or `fourEyes`. */
  readonly what: string;
  /** Of a role the rules that are gone, and those that came; undefined where there is none. */
  readonly before?: string;
  readonly after?: string;
  /** Whether callers may do more, less or something else; `perhaps` where it may be more. */
  readonly callers: 'more' | 'perhaps' | 'less' | 'other';
}

/**
 * What callers may do more or less of under other rules; nothing where both do the same. Where it cannot
 * be said that nobody may do more, it is `perhaps`: who rolls it out needs a second person then, too.
 */
export function accessDiff(
  before: AccessRules | undefined,
  after: AccessRules | undefined,
): readonly AccessDifference[] {
  if (before?.sha256 === after?.sha256) return [];
  return [
    ...mapDiff(before?.purposes, after?.purposes).flatMap(([name, was, is]) => {
      if (was?.reference === is?.reference) return [];
      const callers = was && is && STRICT[is.reference] < STRICT[was.reference] ? 'more' : 'other';
      return [difference(`purpose ${name}`, was?.reference, is?.reference, callers)];
    }),
    ...mapDiff(before?.roles, after?.roles).flatMap(([name, was, is]) => {
      const [gone, come] = [rulesWithout(was, is), rulesWithout(is, was)];
      if (gone === undefined && come === undefined) return [];
      return [difference(`role ${name}`, gone, come, callersMay(was, is))];
    }),
    ...fourEyesDiff(before, after),
  ];
}

/** What a purpose asks for; less of it is a way around somebody's eyes. */
const STRICT = { required: 1, optional: 0, none: 0 } as const;

function mapDiff<T>(
  before: ReadonlyMap<string, T> | undefined,
  after: ReadonlyMap<string, T> | undefined,
): (readonly [string, T | undefined, T | undefined])[] {
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].map((name) => [name, before?.get(name), after?.get(name)]);
}

function difference(
  what: string,
  before: string | undefined,
  after: string | undefined,
  callers: AccessDifference['callers'],
): AccessDifference {
  return {
    what,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    callers,
  };
}

function fourEyesDiff(
  before: AccessRules | undefined,
  after: AccessRules | undefined,
): readonly AccessDifference[] {
  // Without a section nothing is allowed, so nothing needs a second person.
  if (before === undefined || after === undefined) return [];
  const [was, is] = [[...before.fourEyes].sort(), [...after.fourEyes].sort()];
  const lost = was.some((action) => !after.fourEyes.has(action));
  if (!lost && was.length === is.length) return [];
  return [difference('fourEyes', was.join(', '), is.join(', '), lost ? 'more' : 'less')];
}

/** The rules of a role that another one does not have word for word; undefined when there is none. */
function rulesWithout(role: Role | undefined, other: Role | undefined): string | undefined {
  const there = new Set(other?.allow.map(ruleSummary));
  const texts = (role?.allow ?? []).map(ruleSummary).filter((text) => !there.has(text));
  return texts.length === 0 ? undefined : texts.join('; ');
}

function callersMay(
  before: Role | undefined,
  after: Role | undefined,
): AccessDifference['callers'] {
  const [was, is] = [before?.allow ?? [], after?.allow ?? []];
  const growth = is.map((rule) => covered(rule, was));
  if (growth.includes('no')) return 'more';
  if (growth.includes('unsure')) return 'perhaps';
  return was.every((rule) => covered(rule, is) === 'yes') ? 'other' : 'less';
}

/**
 * Whether rules allow all that another one allows. Each action, dataset, field and purpose is looked up
 * for itself. Two counts are not one: what has a quota is covered by a rule without one, or by the rule
 * with the same count and no smaller limit.
 */
function covered(rule: Rule, by: readonly Rule[]): 'yes' | 'unsure' | 'no' {
  const parts = partsOf(rule);
  const within = (others: readonly Rule[]) =>
    parts.every((part) => others.some((other) => covers(other, part)));
  if (!within(by.map(withoutHours))) return 'no';
  const uncounted = by.filter(({ quota }) => quota === undefined);
  const counted = by.filter(({ quota }) => quota !== undefined && quota.name === rule.quota?.name);
  const enough = counted.filter(({ quota }) => (quota?.values ?? 0) >= (rule.quota?.values ?? 0));
  if (within([...uncounted, ...enough])) return 'yes';
  const isRaised = rule.quota === undefined || (counted.length > 0 && enough.length === 0);
  return isRaised && !within(uncounted.map(withoutHours)) ? 'no' : 'unsure';
}

function withoutHours(rule: Rule): Rule {
  const { hours: _, ...rest } = rule;
  return rest;
}

/** A rule as many, each of one action, dataset, field and purpose. */
function partsOf(rule: Rule): readonly Rule[] {
  const each = <T>(list: readonly T[]): readonly (readonly T[])[] =>
    list.length === 0 ? [[]] : list.map((one) => [one]);
  return each(rule.actions).flatMap((actions) =>
    each(rule.datasets).flatMap((datasets) =>
      each(rule.fields).flatMap((fields) =>
        each(rule.purposes ?? []).map((purposes) => ({
          ...rule,
          actions,
          datasets,
          fields,
          ...(rule.purposes !== undefined && { purposes }),
        })),
      ),
    ),
  );
}

function covers(rule: Rule, part: Rule): boolean {
  const holds = (list: readonly string[], wanted: readonly string[]) =>
    list.includes(EVERY) || wanted.every((one) => list.includes(one));
  return (
    holds(rule.actions, part.actions) &&
    holds(rule.datasets, part.datasets) &&
    holds(rule.fields, part.fields) &&
    (rule.purposes === undefined ||
      (part.purposes !== undefined && holds(rule.purposes, part.purposes))) &&
    (rule.hours === undefined || (part.hours !== undefined && hoursCover(rule.hours, part.hours)))
  );
}

/** Hours over midnight are compared as they stand; a wider pair that wraps around is not recognised. */
function hoursCover(wide: Hours, narrow: Hours): boolean {
  if (wide.zone !== narrow.zone || !narrow.days.every((day) => wide.days.includes(day)))
    return false;
  const end = ({ fromMinute, toMinute }: Hours) =>
    toMinute > fromMinute ? toMinute : toMinute + 1440;
  return wide.fromMinute <= narrow.fromMinute && end(wide) >= end(narrow);
}
