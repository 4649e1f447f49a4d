import { type AccessRules, ruleCells } from '@sealstream/authorization';

import { type CommonOptions, defineCommand } from '../command.ts';
import { type PolicyOptions, policyOption } from '../options.ts';
import { readPolicy } from '../policy-file.ts';
import { textTable } from '../table.ts';

interface Options extends PolicyOptions, CommonOptions {}

export const rolesList = defineCommand<Options>({
  name: 'list',
  summary: 'show what each role may do',
  about:
    'Shows each action of each role with its datasets, fields, purposes, hours and quota, and which ' +
    'need a second person. Needs no server and no key.',
  options: [policyOption()],
  examples: [
    ['sealstream roles list', 'as a table'],
    ['sealstream roles list --json', 'as JSON, a line for each'],
  ],
  run: (context, options) => {
    const { terminal } = context;
    const { access } = readPolicy(context, options);
    if (access === undefined) {
      if (!terminal.json) terminal.say('The policy has no section access: nothing is allowed.');
      return Promise.resolve({ next: 'say who may do what: docs/policy.md, Access' });
    }
    const rows = rowsOf(access);
    if (terminal.json) for (const row of rows) terminal.sayJson(row);
    else for (const line of table(rows)) terminal.say(line);
    return Promise.resolve({
      next: 'ask about one request: sealstream access explain --role ROLE --action ACTION',
    });
  },
});

const HEADS = [
  'role',
  'action',
  'datasets',
  'fields',
  'purposes',
  'hours',
  'quota',
  'people',
] as const;
type Row = { readonly [head in (typeof HEADS)[number]]: string };

function rowsOf({ fourEyes, roles }: AccessRules): readonly Row[] {
  return [...roles].flatMap(([role, { allow }]) =>
    allow.flatMap((rule) =>
      rule.actions.map((action) => ({
        role,
        action,
        ...ruleCells(rule),
        people: fourEyes.has(action) ? '2' : '1',
      })),
    ),
  );
}

const table = (rows: readonly Row[]): string[] =>
  textTable(
    HEADS.map((head) => ({ head })),
    rows.map((row) => HEADS.map((head) => row[head])),
  );
