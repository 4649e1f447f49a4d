import { readFileSync } from 'node:fs';

import type { AccessRule } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';
import { kafkaUsers, oracles } from '@sealstream/service';
import { Option } from 'commander';

import { ruleWords, rulesOfFile } from './access-rule-lines.ts';
import type { Context } from './context.ts';
import type { PolicyOptions } from './options.ts';
import { datasetsOf } from './policy-file.ts';

export interface RuleOptions extends PolicyOptions {
  readonly file?: string;
}

export function rulesFileOption(): Option {
  return new Option(
    '--file <file>',
    'the rules, as `kafka acls plan --out` writes them (default: made from the policy)',
  );
}

/** The rules that shall be there, and the datasets that they are about. */
export interface WantedRules {
  readonly datasets: readonly Dataset[];
  readonly rules: readonly AccessRule[];
}

/**
 * The rules of the file, or those that the policy asks for.
 *
 * @throws SealstreamError FILE_UNREADABLE, USAGE; ACCESS_RULES_ORACLE
 */
export function wantedRules(context: Context, options: RuleOptions): WantedRules {
  const datasets = datasetsOf(context, options);
  const rules =
    options.file === undefined
      ? kafkaUsers(datasets).flatMap((user) => user.rules)
      : rulesOfFile(textOf(options.file), options.file);
  refuseOracles({ datasets, rules });
  return { datasets, rules };
}

/** @throws SealstreamError ACCESS_RULES_ORACLE for a user that may write raw and read an output */
export function refuseOracles({ datasets, rules }: WantedRules): void {
  const [found] = oracles(rules, datasets);
  if (found === undefined) return;
  const { dataset, principal } = found;
  throw new SealstreamError('ACCESS_RULES_ORACLE', { principal, dataset });
}

/** Rules of which the other list has none. */
export function without(
  rules: readonly AccessRule[],
  others: readonly AccessRule[],
): readonly AccessRule[] {
  const known = new Set(others.map((rule) => ruleWords(rule).join(' ')));
  return rules.filter((rule) => !known.has(ruleWords(rule).join(' ')));
}

/** Of rules that are there, those that the wanted ones say something about. */
export function ofTheFlow(
  found: readonly AccessRule[],
  { rules }: WantedRules,
): readonly AccessRule[] {
  const users = new Set(['User:*', ...rules.map(({ principal }) => principal)]);
  return found.filter(
    (rule) =>
      users.has(rule.principal) ||
      rules.some((wanted) => wanted.resource === rule.resource && reaches(rule, wanted.name)),
  );
}

function reaches({ name, pattern }: AccessRule, wanted: string): boolean {
  return name === '*' || (pattern === 'prefixed' ? wanted.startsWith(name) : wanted === name);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
