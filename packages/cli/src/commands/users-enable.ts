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

export const usersEnable = defineCommand<Options, [name: string]>({
  name: 'enable',
  summary: 'let a disabled user in again',
  about:
    'The user signs in again; sessions that ended stay so, and its API keys that were not revoked hold ' +
    'again.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [['sealstream users enable alice', 'one user']],
  run: async (context, options, name) => {
    const desk = await accountsOf(context, options);
    const user = await desk.enable(name, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'see its roles: sealstream users show NAME' };
  },
});
