import {
  type AccessRequest,
  type AccessRules,
  ACTION_NAMES,
  type Allowed,
  decide,
  type Denied,
  type Ground,
  isAction,
  refusalText,
  spelledField,
} from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';
import { didYouMean, partsOf, type Policy } from '@sealstream/policy';
import { Option } from 'commander';

import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type PolicyOptions, pointInTime, policyOption, wholeNumber } from '../options.ts';
import { readPolicy } from '../policy-file.ts';

interface Options extends PolicyOptions, CommonOptions {
  readonly role: readonly string[];
  readonly action: string;
  readonly dataset?: string;
  readonly field: readonly string[];
  readonly purpose?: string;
  readonly reference?: string;
  readonly at?: number;
  readonly values: number;
}

const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export const accessExplain = defineCommand<Options>({
  name: 'explain',
  summary: 'say whether a request would be allowed, by which rule, or why not',
  about:
    'Decides as the access service does, from the policy alone: which rule allows the request, how ' +
    'much of its quota a person would have in which time, and whether a second person must agree; or ' +
    'every rule of the roles, with each reason why it does not fit. What was used of a quota is not ' +
    'known here. Needs no server and no key.',
  options: [
    policyOption(),
    new Option('--role <name>', 'a role of the caller; may be given again')
      .argParser(several)
      .default([], 'none'),
    new Option('--action <name>', 'what the caller wants to do').makeOptionMandatory(),
    new Option('-d, --dataset <name>', 'to which dataset'),
    new Option('--field <path>', 'to which field, such as /ssn; may be given again')
      .argParser(several)
      .default([], 'none'),
    new Option('--purpose <name>', 'for which purpose'),
    new Option('--reference <text>', 'under which case number'),
    new Option('--at <time>', 'when, such as 2026-06-01T12:00:00Z (default: now)').argParser(
      pointInTime,
    ),
    new Option('--values <n>', 'how many values').argParser(wholeNumber(1)).default(1),
  ],
  examples: [
    [
      'sealstream access explain --role support --action reveal -d people --field /email --purpose call',
      'may support see an address during a call, now?',
    ],
    [
      'sealstream access explain --role key-officer --action keys.rotate --dataset people --json',
      'the decision for a program',
    ],
  ],
  exits: { 0: 'allowed', 1: 'denied' },
  run: (context, options) => {
    const policy = readPolicy(context, options);
    checkNames(policy, options);
    const request = requestOf(options);
    const decision = decide(policy.access, request);
    const told = decision.allowed
      ? tellAllowed(context, decision)
      : tellDenied(context, decision, policy.access);
    return Promise.resolve(told);
  },
});

/** A word that the policy does not know is a slip of the hand here, and not an answer. */
function checkNames({ access, datasets }: Policy, options: Options): void {
  const { action, dataset, field, purpose, role } = options;
  const known: (readonly [string, readonly string[], readonly string[]])[] = [
    ['action', [action], ACTION_NAMES],
    ['dataset', dataset === undefined ? [] : [dataset], [...datasets.keys()]],
  ];
  if (access !== undefined)
    known.push(
      ['role', role, [...access.roles.keys()]],
      ['purpose', purpose === undefined ? [] : [purpose], [...access.purposes.keys()]],
    );
  const rules = dataset === undefined ? undefined : datasets.get(dataset);
  if (rules !== undefined)
    known.push(['field', field.map(spelledField), partsOf(rules).map(({ path }) => path)]);
  for (const [what, given, there] of known)
    for (const name of given)
      if (!there.includes(name))
        throw new SealstreamError(
          'USAGE',
          { [what]: name },
          `There is no such ${what}${didYouMean(name, there)}`,
        );
}

function requestOf(options: Options): AccessRequest {
  const { action, at, dataset, field, purpose, reference, role, values } = options;
  if (!isAction(action)) throw new SealstreamError('USAGE', { action });
  return {
    roles: role,
    action,
    ...(dataset !== undefined && { dataset }),
    ...(field.length > 0 && { fields: field.map(spelledField) }),
    ...(purpose !== undefined && { purpose }),
    ...(reference !== undefined && { reference }),
    atMs: at ?? Date.now(),
    values,
  };
}

function tellAllowed({ terminal }: Context, decision: Allowed): Outcome {
  const { fourEyes, ground, otherwise } = decision;
  if (terminal.json) terminal.sayJson(decision);
  else {
    terminal.say(`allowed by ${groundText(ground)}`);
    for (const other of otherwise) terminal.say(`  when that is used up, by ${groundText(other)}`);
    if (fourEyes) terminal.say('  after a second person has approved it');
  }
  return { next: 'see every rule: sealstream roles list' };
}

const timeText = (atMs: number): string => new Date(atMs).toISOString();

function groundText({ quota, rule }: Ground): string {
  if (quota === undefined) return rule;
  const { endMs, per, startMs, values } = quota;
  const period = `${timeText(startMs)} to ${timeText(endMs)}`;
  return `${rule}, within ${values} values per ${per} (${period})`;
}

function tellDenied(
  { terminal }: Context,
  decision: Denied,
  rules: AccessRules | undefined,
): Outcome {
  const exit = EXIT.finding;
  if (terminal.json) {
    const refusals = decision.refusals.map((one) => ({ ...one, text: refusalText(one) }));
    terminal.sayJson({ ...decision, refusals });
  } else {
    terminal.say('denied');
    for (const refusal of decision.refusals) terminal.say(`  ${refusalText(refusal)}`);
  }
  if (rules === undefined)
    return { exit, next: 'say who may do what: the section access of the policy' };
  return { exit, next: 'see every rule: sealstream roles list' };
}
