import { Argument } from 'commander';

import { changeAccount, versionOption } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { showUser } from '../user-lines.ts';

interface Options extends CommonOptions {
  readonly ifVersion?: number;
}

export const usersDisable = defineCommand<Options, [name: string]>({
  name: 'disable',
  summary: 'let a user in no more',
  about:
    'Ends all sessions of the user and refuses its API keys, at once. Nothing is deleted: what the ' +
    'user did stays attributable, and `users enable` lets it in again.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [versionOption(wholeNumber(1))],
  examples: [['sealstream users disable alice', 'one user']],
  run: async (context, { ifVersion }, name) => {
    const user = await changeAccount(context, 'disable', { user: name }, ({ users }) =>
      users.disable(name, { version: ifVersion }),
    );
    showUser(context.terminal, user);
    return { next: 'see who is left: sealstream users list' };
  },
});
