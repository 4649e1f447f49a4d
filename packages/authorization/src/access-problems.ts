import type { AccessText, RuleText } from './access-language.ts';
import { EVERY } from './access-rules.ts';
import { ACTIONS, type Action, type Need } from './actions.ts';
import { spelledField } from './field-name.ts';
import { isZone, zoneNames } from './wall-clock.ts';

/** Something about a section, by its place there; the reader of the file knows line and column. */
export interface AccessProblem {
  readonly place: readonly (string | number)[];
  readonly message: string;
  /** A word that was not found, and those that there are: for a suggestion. */
  readonly near?: { readonly word: string; readonly known: readonly string[] };
}

/** Fields of each dataset of the policy, as it spells them. */
export type KnownFields = ReadonlyMap<string, readonly string[]>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Everything that is wrong with a section that follows the language. */
export function accessProblems(text: AccessText, datasets: KnownFields): readonly AccessProblem[] {
  const purposes = Object.keys(text.purposes ?? {});
  const names = [
    ...purposes.map((name) => ['purposes', name] as const),
    ...Object.keys(text.roles).map((name) => ['roles', name] as const),
  ];
  const badNames = names
    .filter(([, name]) => !NAME.test(name))
    .map((place) => ({
      place,
      message: 'this is named by 1 to 64 letters, digits, dots, _ and -, a letter or digit first',
    }));
  const none = Object.keys(text.roles).length === 0;
  return [
    ...(none ? [{ place: ['roles'], message: 'roles names no role' }] : []),
    ...badNames,
    ...fourEyesProblems(text),
    ...Object.entries(text.roles).flatMap(([role, { allow }]) =>
      allow.flatMap((rule, at) =>
        [
          ...needProblems(rule),
          ...nameProblems(rule, { purposes, datasets }),
          ...hoursProblems(rule),
        ].map((problem) => ({ ...problem, place: ['roles', role, 'allow', at, ...problem.place] })),
      ),
    ),
  ];
}

/** Whoever agrees would need somebody who agrees to that, and so on: nobody could ever agree to anything. */
function fourEyesProblems({ fourEyes }: AccessText): readonly AccessProblem[] {
  const at = fourEyes?.actions.indexOf('approvals.decide') ?? -1;
  if (at < 0) return [];
  const message =
    'approvals.decide is done by the second person, and cannot need one: leave it out';
  return [{ place: ['fourEyes', 'actions', at], message }];
}

/** What the actions of a rule ask for or do not take. */
function needProblems({ actions, ...rule }: RuleText): readonly AccessProblem[] {
  const [first, ...others] = actions;
  if (first === undefined) return [];
  const { on } = ACTIONS[first];
  const strange = others.find((action) => ACTIONS[action].on !== on);
  if (strange !== undefined) {
    const both = `${first} is done to ${ON[on]} and ${strange} to ${ON[ACTIONS[strange].on]}`;
    return [{ place: ['actions'], message: `${both}: give each a rule` }];
  }
  const need = (word: 'datasets' | 'fields', is: boolean) =>
    needProblem({ word, need: is ? 'must' : 'never', of: [first], given: rule[word] });
  const needed = (word: 'purposes' | 'quota') =>
    (['must', 'never'] as const).flatMap((need) => {
      const of = actions.filter((action) => ACTIONS[action][word] === need);
      return of.length === 0 ? [] : needProblem({ word, need, of, given: rule[word] });
    });
  return [
    ...need('datasets', on !== 'system'),
    ...need('fields', on === 'fields'),
    ...needed('purposes'),
    ...needed('quota'),
  ];
}

const ON = { fields: 'fields', dataset: 'datasets', system: 'the whole system' } as const;

const WHY = {
  datasets: "say which, or '*' for every one",
  fields: "say which, or '*' for every one",
  purposes: 'say for which',
  quota:
    'whoever makes all values finds the one behind a mask: say how many, such as { values: 1000, per: day }',
} as const;

function needProblem(about: {
  readonly word: keyof typeof WHY;
  readonly need: Need;
  readonly of: readonly Action[];
  readonly given: unknown;
}): readonly AccessProblem[] {
  const { given, need, of, word } = about;
  if (need === 'must' && given === undefined)
    return [{ place: [], message: `${of.join(', ')} must have ${word}: ${WHY[word]}` }];
  if (need === 'never' && given !== undefined)
    return [{ place: [word], message: `${word} says nothing of ${of.join(', ')}: leave it out` }];
  return [];
}

function nameProblems(
  { datasets = [], fields = [], purposes = [] }: RuleText,
  known: { readonly purposes: readonly string[]; readonly datasets: KnownFields },
): readonly AccessProblem[] {
  const all = [...known.datasets.keys()];
  const meant = datasets.includes(EVERY) ? all : datasets;
  const paths = meant.flatMap((name) => known.datasets.get(name) ?? []);
  const spelled = fields.map(spelledField);
  return [
    ...strange({ word: 'datasets', list: datasets, known: all, says: 'the policy has no dataset' }),
    // Of a dataset that is not there no field can be.
    ...(meant.every((name) => known.datasets.has(name))
      ? strange({ word: 'fields', list: spelled, known: paths, says: 'its datasets have no field' })
      : []),
    ...strange({
      word: 'purposes',
      list: purposes,
      known: known.purposes,
      says: 'purposes has no',
    }),
  ];
}

/** Names that are not there, or stand twice; every purpose has to be named. */
function strange(of: {
  readonly word: 'datasets' | 'fields' | 'purposes';
  readonly list: readonly string[];
  readonly known: readonly string[];
  readonly says: string;
}): readonly AccessProblem[] {
  const { known, list, says, word } = of;
  return list.flatMap((name, at) => {
    const place = [word, at];
    if (list.indexOf(name) !== at) return [{ place, message: `${word} names ${name} twice` }];
    const isEvery = name === EVERY && word !== 'purposes';
    if (isEvery && list.length > 1)
      return [{ place, message: "'*' is every one: leave the others out" }];
    if (isEvery || known.includes(name)) return [];
    return [{ place, message: `${says} ${name}`, near: { word: name, known } }];
  });
}

function hoursProblems({ hours }: RuleText): readonly AccessProblem[] {
  if (hours === undefined) return [];
  const { from, to, zone } = hours;
  const found: AccessProblem[] = [];
  if (from === to)
    found.push({
      place: ['hours', 'to'],
      message: "from and to are the same: a whole day is from '00:00' to '24:00'",
    });
  if (!isZone(zone))
    found.push({
      place: ['hours', 'zone'],
      message: `there is no time zone ${zone}`,
      near: { word: zone, known: zoneNames() },
    });
  return found;
}
