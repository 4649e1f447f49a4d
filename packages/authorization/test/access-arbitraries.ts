import fc from 'fast-check';
import {
  type AccessRequest,
  type AccessText,
  ACTION_NAMES,
  ACTIONS,
  type Action,
  type Scopes,
} from '../src/index.ts';

/*
 * Few names each, so that rules and requests often meet; also some that no rule has. Texts follow the
 * language, and no problem is found in them.
 */

export const DATASETS = ['people', 'orders', 'visits'];
export const FIELDS = ['/ssn', '/email', '/card'];
const ROLES = ['analyst', 'officer', 'loader', 'administrator'];
const PURPOSES = ['case', 'call', 'test'];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Across both changes of the clock in several zones. */
const FROM_MS = Date.UTC(2026, 0, 1);
const TO_MS = Date.UTC(2027, 0, 1);

type RoleText = AccessText['roles'][string];
export type RuleText = RoleText['allow'][number];

const some = <T>(list: readonly T[]) => fc.subarray([...list], { minLength: 1 });
const someOrAll = (list: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: some(list) },
    { weight: 1, arbitrary: fc.constant<string[]>(['*']) },
  );

const clock = fc
  .integer({ min: 0, max: 1439 })
  .map((minute) => new Date(minute * 60_000).toISOString().slice(11, 16));

const hours = fc
  .record({ days: some(DAYS), from: clock, to: clock, zone: fc.constantFrom(...ZONES) })
  .filter(({ from, to }) => from !== to);

const quota = fc.record({
  values: fc.integer({ min: 1, max: 20 }),
  per: fc.constantFrom('hour', 'day', 'week', 'month' as const),
});

const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** A rule, and what it must have by its actions. */
export const rule: fc.Arbitrary<RuleText> = fc
  .record({
    on: fc.constantFrom('fields', 'dataset', 'system'),
    actions: some(ACTION_NAMES),
    datasets: someOrAll(DATASETS),
    fields: someOrAll(FIELDS),
    purposes: sometimes(some(PURPOSES)),
    hours: sometimes(hours),
    quota: sometimes(quota),
  })
  .map(({ actions, datasets, fields, on, ...given }) => {
    const alike = actions.filter((action) => ACTIONS[action].on === on);
    const meant: Action[] = alike.length > 0 ? alike : [FALLBACK[on]];
    const word = (name: 'purposes' | 'quota') => {
      const needs = new Set(meant.map((action) => ACTIONS[action][name]));
      if (needs.has('never')) return {};
      const value = given[name] ?? (needs.has('must') ? MUST[name] : undefined);
      return value === undefined ? {} : { [name]: value };
    };
    return {
      actions: meant,
      ...(on !== 'system' && { datasets }),
      ...(on === 'fields' && { fields }),
      ...word('purposes'),
      ...word('quota'),
      ...(given.hours !== undefined && { hours: given.hours }),
    };
  });

const FALLBACK = { fields: 'reveal', dataset: 'keys.read', system: 'audit.read' } as const;
const MUST = { purposes: ['case'], quota: { values: 10, per: 'day' as const } };

const role = fc.record({
  meaning: fc.constant('for a test'),
  allow: fc.array(rule, { minLength: 1, maxLength: 4 }),
});

/** A whole section. */
export const access: fc.Arbitrary<AccessText> = fc.record({
  purposes: fc.record(
    Object.fromEntries(
      PURPOSES.map((name) => [
        name,
        fc.record({
          meaning: fc.constant('for a test'),
          reference: fc.constantFrom('required', 'optional', 'none' as const),
        }),
      ]),
    ),
  ),
  roles: fc.dictionary(fc.constantFrom(...ROLES), role, { minKeys: 1, noNullPrototype: true }),
  fourEyes: fc.record({
    actions: some(ACTION_NAMES.filter((name) => name !== 'approvals.decide')),
  }),
});

const scopes: fc.Arbitrary<Scopes> = fc.record({
  actions: someOrAll(ACTION_NAMES),
  datasets: someOrAll(DATASETS),
});

const given = <T, N extends string>(name: N, value: T | undefined): { [K in N]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [K in N]?: T };

/** A request; mostly for something that rules are about. */
export const request: fc.Arbitrary<AccessRequest> = fc
  .record({
    roles: fc.subarray([...ROLES, 'nobody']),
    scopes: sometimes(scopes),
    action: fc.constantFrom('reveal', 'detokenise', 'seal', ...ACTION_NAMES),
    dataset: sometimes(fc.constantFrom(...DATASETS, 'nowhere')),
    fields: sometimes(fc.subarray([...FIELDS, '/other'])),
    purpose: sometimes(fc.constantFrom(...PURPOSES, 'whim')),
    reference: sometimes(fc.constantFrom('', ' ', 'C-1')),
    atMs: fc.integer({ min: FROM_MS, max: TO_MS }),
    values: fc.integer({ min: 1, max: 25 }),
  })
  .map(({ dataset, fields, purpose, reference, scopes, ...rest }) => ({
    ...rest,
    ...given('scopes', scopes),
    ...given('dataset', dataset),
    ...given('fields', fields),
    ...given('purpose', purpose),
    ...given('reference', reference),
  }));

/** A request that one rule of the section was made for, so that most of them are allowed. */
export const meant: fc.Arbitrary<{ text: AccessText; request: AccessRequest }> = fc
  .tuple(access, request, fc.nat(), fc.nat(), fc.nat())
  .map(([text, request, whose, which, what]) => {
    const names = Object.keys(text.roles);
    const name = names[whose % names.length] ?? '';
    const rules = text.roles[name]?.allow ?? [];
    const rule = rules[which % rules.length];
    const action = rule?.actions[what % rule.actions.length] ?? 'reveal';
    const { scopes: _, ...rest } = request;
    return {
      text,
      request: {
        ...rest,
        roles: [...new Set([...request.roles, name])],
        action,
        dataset: rule?.datasets?.find((one) => one !== '*') ?? 'people',
        fields: rule?.fields?.filter((one) => one !== '*') ?? ['/ssn'],
        ...given('purpose', rule?.purposes?.[0]),
        reference: 'C-1',
        values: rule?.quota?.values ?? 1,
      },
    };
  });
