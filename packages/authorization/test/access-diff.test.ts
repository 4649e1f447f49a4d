import { describe, expect, test } from 'vitest';
import { accessDiff, type AccessText, readAccess } from '../src/index.ts';

type Rule = AccessText['roles'][string]['allow'][number];

const RULE: Rule = {
  actions: ['reveal'],
  datasets: ['people'],
  fields: ['/ssn', '/email'],
  purposes: ['case'],
  hours: { days: ['mon', 'tue'], from: '08:00', to: '18:00', zone: 'UTC' },
  quota: { values: 200, per: 'day' },
};
const { hours: _, ...ANYTIME } = RULE;
const { quota: __, ...UNCOUNTED } = RULE;
const { purposes: ___, ...UNPURPOSED } = RULE;
const AUDIT: Rule = { actions: ['audit.read'] };

const rules = (...allow: Rule[]) => readAccess({ roles: { r: { meaning: 'm', allow } } });
const callers = (before: Rule[], after: Rule[]) =>
  accessDiff(rules(...before), rules(...after)).map(({ callers }) => callers);
const hours = (change: object): Rule => ({ ...RULE, hours: { ...RULE.hours, ...change } }) as Rule;

describe('of a role that changed, callers may do', () => {
  test.each<[string, Rule, 'more' | 'perhaps' | 'less' | 'other']>([
    ['an action more', { ...RULE, actions: ['reveal', 'detokenise'] }, 'more'],
    ['a field more', { ...RULE, fields: ['/ssn', '/email', '/card'] }, 'more'],
    ['every field', { ...RULE, fields: ['*'] }, 'more'],
    ['another dataset', { ...RULE, datasets: ['orders'] }, 'more'],
    ['another purpose', { ...RULE, purposes: ['case', 'call'] }, 'more'],
    ['no purpose', UNPURPOSED, 'more'],
    ['a larger count', { ...RULE, quota: { values: 201, per: 'day' } }, 'more'],
    ['no count', UNCOUNTED, 'more'],
    ['another time of the count', { ...RULE, quota: { values: 1, per: 'hour' } }, 'perhaps'],
    ['no hours', ANYTIME, 'perhaps'],
    ['a day more', hours({ days: ['mon', 'tue', 'wed'] }), 'perhaps'],
    ['an hour more', hours({ to: '19:00' }), 'perhaps'],
    ['another zone', hours({ zone: 'Europe/Berlin' }), 'perhaps'],
    ['hours over midnight', hours({ from: '18:00', to: '08:00' }), 'perhaps'],
    ['a smaller count', { ...RULE, quota: { values: 199, per: 'day' } }, 'less'],
    ['an hour less', hours({ from: '09:00' }), 'less'],
    // The count of another set of fields begins anew.
    ['a field less', { ...RULE, fields: ['/ssn'] }, 'perhaps'],
  ])('with %s: %s', (_name, after, is) => {
    expect(callers([RULE], [after])).toEqual([is]);
  });

  test('less when a rule, a field without a count, or the role is gone; more when it comes', () => {
    expect(callers([RULE, AUDIT], [RULE])).toEqual(['less']);
    const { quota: _quota, ...rule } = RULE;
    expect(callers([rule], [{ ...rule, fields: ['/ssn'] }])).toEqual(['less']);
    const [one, two] = [rules(RULE), readAccess({ roles: {} })];
    expect(accessDiff(one, two)).toMatchObject([{ what: 'role r', callers: 'less' }]);
    expect(accessDiff(two, one)).toMatchObject([{ what: 'role r', callers: 'more' }]);
  });

  test('the same when one rule is written as two', () => {
    const { quota: _quota, ...rule } = RULE;
    const split = [
      { ...rule, fields: ['/ssn'] },
      { ...rule, fields: ['/email'] },
    ];
    expect(callers([rule], split)).toEqual(['other']);
    expect(callers(split, [rule])).toEqual(['other']);
  });

  test('nothing else when words stand in another order', () => {
    expect(callers([RULE], [{ ...RULE, fields: ['/email', '/ssn'] }])).toEqual([]);
  });
});

describe('beside roles', () => {
  const text: AccessText = {
    purposes: { case: { meaning: 'm', reference: 'required' } },
    roles: { r: { meaning: 'm', allow: [RULE] } },
    fourEyes: { actions: ['keys.rotate'] },
  };
  const diff = (change: Partial<AccessText>) =>
    accessDiff(readAccess(text), readAccess({ ...text, ...change }));

  test('a purpose that asks for no case number any more lets callers do more', () => {
    for (const reference of ['optional', 'none'] as const)
      expect(diff({ purposes: { case: { meaning: 'm', reference } } })).toEqual([
        { what: 'purpose case', before: 'required', after: reference, callers: 'more' },
      ]);
    const more = { ...text.purposes, call: { meaning: 'm' } };
    expect(diff({ purposes: more })).toMatchObject([{ what: 'purpose call', callers: 'other' }]);
  });

  test('an action that needs no second person any more lets callers do more', () => {
    expect(diff({ fourEyes: { actions: ['seal'] } })).toMatchObject([
      { what: 'fourEyes', callers: 'more' },
    ]);
    const both = { actions: ['seal', 'keys.rotate'] as ('seal' | 'keys.rotate')[] };
    expect(diff({ fourEyes: both })).toMatchObject([{ what: 'fourEyes', callers: 'less' }]);
  });

  test('a section that is new allows more, and one that is gone less', () => {
    const rules = readAccess(text);
    expect(accessDiff(undefined, rules).map(({ callers }) => callers)).toContain('more');
    expect(accessDiff(rules, undefined).map(({ callers }) => callers)).not.toContain('more');
    expect(accessDiff(rules, readAccess(text))).toEqual([]);
    expect(accessDiff(undefined, undefined)).toEqual([]);
  });

  test('a difference says what was and what is, in words', () => {
    expect(diff({ roles: { r: { meaning: 'm', allow: [UNCOUNTED, AUDIT] } } })).toEqual([
      {
        what: 'role r',
        before:
          'reveal on people /email /ssn for case at mon tue 08:00-18:00 UTC at most 200 per day',
        after: 'reveal on people /email /ssn for case at mon tue 08:00-18:00 UTC; audit.read',
        callers: 'more',
      },
    ]);
  });
});
