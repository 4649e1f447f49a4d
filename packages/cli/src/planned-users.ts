import type { ScramUser } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import { InvalidArgumentError, Option } from 'commander';

import type { Context } from './context.ts';
import { type RuleOptions, wantedRules } from './wanted-rules.ts';

const PRINCIPAL = 'User:';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}$/;

/** Whether it can be the name of a user here, and of its file. */
export const isUserName = (text: string): boolean => NAME.test(text);

export interface UserOptions extends RuleOptions {
  readonly also: readonly string[];
}

export function alsoOption(): Option {
  return new Option(
    '--also <name>',
    'a user that is there for something else, as an administrator; several times for several',
  )
    .default([], 'none')
    .argParser((text: string, before: readonly string[]) => {
      if (!isUserName(text)) throw new InvalidArgumentError('It is no such name.');
      return [...before, text];
    });
}

/**
 * The names of the users that the rules name, in their order. Everybody (`*`) is none, and whoever goes by
 * the whole name of a certificate (`CN=mask,O=Example`) has no password.
 *
 * @throws SealstreamError USAGE for a name that could not be that of a file, and as `wantedRules`
 */
export function plannedUsers(context: Context, options: RuleOptions): readonly string[] {
  const { rules } = wantedRules(context, options);
  const names = rules.map(({ principal }) => principal.slice(PRINCIPAL.length));
  const users = [...new Set(names)].filter((name) => name !== '*' && !name.includes('='));
  const strange = users.find((name) => !isUserName(name));
  if (strange === undefined) return users;
  const mend = 'Names of users are letters, digits, dots, dashes and underscores.';
  throw new SealstreamError('USAGE', { file: options.file, user: strange }, mend);
}

/** How users at the broker differ from those that should be there. */
export interface UserDrift {
  /** Planned, and without a password for SCRAM-SHA-512. */
  readonly missing: readonly string[];
  /** With a password of some kind, and not planned. */
  readonly surplus: readonly string[];
}

export function userDrift(
  planned: readonly string[],
  found: readonly ScramUser[],
  also: readonly string[] = [],
): UserDrift {
  const has = new Set(
    found.filter(({ mechanisms }) => mechanisms.includes('SCRAM-SHA-512')).map(({ name }) => name),
  );
  const known = new Set([...planned, ...also]);
  return {
    missing: planned.filter((name) => !has.has(name)),
    surplus: found.map(({ name }) => name).filter((name) => !known.has(name)),
  };
}
