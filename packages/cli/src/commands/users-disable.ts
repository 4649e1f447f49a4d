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

export const usersDisable = defineCommand<Options, [name: string]>({
  name: 'disable',
  summary: 'let a user in no more',
  about:
    'Ends all sessions of the user and refuses its API keys, at once. Nothing is deleted: what the ' +
    'user did stays attributable, and `users enable` lets it in again.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [['sealstream users disable alice', 'one user']],
  run: async (context, options, name) => {
    const desk = await accountsOf(context, options);
    const user = await desk.disable(name, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'see who is left: sealstream users list' };
  },
});
