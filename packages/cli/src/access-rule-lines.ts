import {
  type AccessRule,
  OPERATIONS,
  RESOURCES,
  type RuleOperation,
  type RuleResource,
} from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import type { KafkaUser } from '@sealstream/service';

import { textTable } from './table.ts';

const HEAD = ['user', 'permission', 'operation', 'resource', 'pattern', 'name', 'host'];

/** A rule as the words of one line. */
export function ruleWords(rule: AccessRule): string[] {
  const { host, name, operation, pattern, permission, principal, resource } = rule;
  return [principal, permission, operation, resource, pattern, name, host];
}

/** Rules as a table, for people. */
export function ruleTable(rules: readonly AccessRule[]): string[] {
  return textTable(
    HEAD.map((head) => ({ head })),
    rules.map(ruleWords),
  );
}

/** The file of users and their rules: one rule a line, in the order of the users. */
export function usersFile(users: readonly KafkaUser[]): string {
  const lines = users.flatMap(({ meaning, name, rules }) => [
    '',
    `# ${name}: ${meaning}`,
    ...rules.map((rule) => ruleWords(rule).join(' ')),
  ]);
  return [
    '# Users of the flow at Kafka, and all that each may do. Made by `sealstream kafka acls plan`.',
    `# ${HEAD.join(' ')}`,
    ...lines,
    '',
  ].join('\n');
}

/**
 * The rules of such a file.
 *
 * @throws SealstreamError USAGE with the line that is no rule
 */
export function rulesOfFile(text: string, file: string): AccessRule[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/);
    if (line.trim() === '' || words[0]?.startsWith('#')) return [];
    const rule = ruleOf(words);
    if (rule !== undefined) return [rule];
    const place = { file, line: index + 1 };
    throw new SealstreamError('USAGE', place, `A rule is: ${HEAD.join(' ')}.`);
  });
}

function ruleOf(words: readonly string[]): AccessRule | undefined {
  const [principal = '', permission, operation = '', resource = '', pattern, name = '', host] =
    words;
  if (words.length !== HEAD.length || !/^User:./.test(principal) || host === undefined)
    return undefined;
  if (permission !== 'allow' && permission !== 'deny') return undefined;
  if (pattern !== 'literal' && pattern !== 'prefixed') return undefined;
  if (!isNameOf(OPERATIONS, operation) || !isNameOf(RESOURCES, resource)) return undefined;
  return { principal, permission, operation, resource, pattern, name, host };
}

function isNameOf<N extends RuleOperation | RuleResource>(
  table: Readonly<Record<N, number>>,
  name: string,
): name is N {
  return Object.hasOwn(table, name);
}
