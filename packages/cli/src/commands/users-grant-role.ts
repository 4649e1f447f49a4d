import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { versionOption } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { showUser } from '../user-lines.ts';

interface Options extends AccessOptions, CommonOptions {
  readonly ifVersion?: number;
}

export const usersGrantRole = defineCommand<Options, [name: string, role: string]>({
  name: 'grant-role',
  summary: 'let a user do what a role says',
  about:
    'Roles and what they allow are in the policy. It holds at the next request of the user. A role that is ' +
    'there stays as it was given first.',
  arguments: [
    new Argument('<name>', 'as `users list` shows it'),
    new Argument('<role>', 'as the policy calls it, or administrator'),
  ],
  options: [versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [['sealstream users grant-role alice analyst', 'one role']],
  run: async (context, options, name, role) => {
    const desk = await accountsOf(context, options);
    const user = await desk.grantRole(name, role, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'see what it allows: sealstream explain --help' };
  },
});
