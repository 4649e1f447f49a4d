import { dirname, join } from 'node:path';

import { passingKeyring } from '@sealstream/keyring';
import {
  type CaseFailure,
  type CaseResult,
  parsePolicyTests,
  runPolicyTests,
  type TestRun,
} from '@sealstream/policy';
import { Argument, Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type PolicyOptions, policyOption } from '../options.ts';
import { policyFileOf, readPolicy, readText } from '../policy-file.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends PolicyOptions, CommonOptions {
  readonly showValues?: boolean;
}

/** Where the cases of a policy stand when nobody says otherwise. */
const TEST_FILE = 'sealstream.test.yaml';

export const test = defineCommand<Options, [file: string | undefined]>({
  name: 'test',
  summary: 'run the cases of a policy: records, and what must come of them',
  about:
    'Masks the record of each case and compares the output byte for byte, or looks whether it is ' +
    'rejected as the case says. Of each record that is accepted it is checked as well that what ' +
    'encrypt makes of it opens to the same bytes. Keys are random and made anew for each run; no ' +
    'server is needed. Which rules of the policy no case met is told at the end.',
  arguments: [new Argument('[file]', `the cases (default: ${TEST_FILE} beside the policy)`)],
  options: [
    policyOption(),
    new Option('--show-values', 'show what was expected and what came, with their values'),
  ],
  examples: [
    ['sealstream test --policy examples/people/sealstream.yaml', 'the cases beside that policy'],
    ['sealstream test cases.yaml --show-values', 'other cases; a failure shows both texts'],
  ],
  exits: { 0: 'every case passes', 1: 'a case fails', 2: 'usage, policy or cases are wrong' },
  run: (context, options, file) => {
    const { terminal } = context;
    const policy = readPolicy(context, options);
    const cases = file ?? join(dirname(policyFileOf(context, options)), TEST_FILE);
    const { allowUnlocked } = context.config();
    const run = runPolicyTests(policy, parsePolicyTests(readText(cases), cases, policy), () =>
      passingKeyring({ allowUnlocked }),
    );
    for (const result of run.results) tellCase(terminal, result, options.showValues === true);
    tellEnd(terminal, run);
    const isFailed = run.results.some(({ failures }) => failures.length > 0);
    if (!isFailed) return Promise.resolve({ next: 'see who reads what: sealstream explain' });
    const next =
      options.showValues === true
        ? 'mend the policy or the case; then again: sealstream test'
        : 'see both texts: add --show-values';
    return Promise.resolve({ exit: EXIT.finding, next });
  },
});

function tellCase(
  terminal: Terminal,
  { case: one, failures }: CaseResult,
  showsValues: boolean,
): void {
  const { at, dataset, expects, name } = one;
  const shown = failures.map(({ masked, ...failure }) =>
    showsValues && masked !== undefined ? { ...failure, masked } : failure,
  );
  if (terminal.json) {
    terminal.sayJson({
      case: name,
      dataset,
      ...at,
      passed: failures.length === 0,
      failures: shown,
    });
    return;
  }
  if (failures.length === 0) {
    terminal.say(`${terminal.paint('green', 'ok')}    ${name}`);
    return;
  }
  terminal.say(`${terminal.paint('red', 'FAIL')}  ${name}`);
  for (const failure of shown) {
    terminal.say(
      `      ${at.file}:${at.line}:${at.column}: ${failure.message}${placeText(failure)}`,
    );
    if (!('masked' in failure)) continue;
    terminal.say(`      expected  ${'masked' in expects ? expects.masked : ''}`);
    terminal.say(`      masked    ${failure.masked}`);
  }
}

function placeText({ byte, path }: CaseFailure): string {
  const parts = [path, byte === undefined ? undefined : `byte ${byte}`];
  const place = parts.filter((part) => part !== undefined).join(', ');
  return place === '' ? '' : ` (${place})`;
}

function tellEnd(terminal: Terminal, { results, unmet }: TestRun): void {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const passed = results.length - failed;
  if (terminal.json) terminal.sayJson({ passed, failed, unmet });
  else terminal.say(`${passed} passed, ${failed} failed`);
  const datasets = new Set(unmet.map(({ dataset }) => dataset));
  for (const dataset of terminal.json ? [] : datasets) {
    const paths = unmet.filter((one) => one.dataset === dataset).map(({ path }) => path);
    terminal.note(`no case meets these fields of ${dataset}: ${paths.join(', ')}`);
  }
}
