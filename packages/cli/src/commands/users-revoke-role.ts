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

export const usersRevokeRole = defineCommand<Options, [name: string, role: string]>({
  name: 'revoke-role',
  summary: 'take a role from a user',
  about: 'It holds at the next request of the user, in all sessions and for all API keys.',
  arguments: [
    new Argument('<name>', 'as `users list` shows it'),
    new Argument('<role>', 'as the policy calls it, or administrator'),
  ],
  options: [versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [['sealstream users revoke-role alice analyst', 'one role']],
  run: async (context, options, name, role) => {
    const desk = await accountsOf(context, options);
    const user = await desk.revokeRole(name, role, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'see what is left: sealstream users show NAME' };
  },
});
