import { Argument } from 'commander';

import { changeAccount, versionOption } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { newPassword } from '../password-input.ts';
import { showUser } from '../user-lines.ts';

interface Options extends CommonOptions {
  readonly ifVersion?: number;
}

export const usersSetPassword = defineCommand<Options, [name: string]>({
  name: 'set-password',
  summary: 'give a user another password',
  about:
    'Sets the password and ends all sessions of the user. It comes on stdin, or is asked for without ' +
    'being shown. Common ones, patterns and those with the name in them are refused.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [versionOption(wholeNumber(1))],
  examples: [['sealstream users set-password alice < password.txt', 'from a file']],
  run: async (context, { ifVersion }, name) => {
    const password = await newPassword(context.terminal);
    try {
      const user = await changeAccount(context, 'set-password', { user: name }, ({ users }) =>
        users.setPassword(name, password, { version: ifVersion }),
      );
      showUser(context.terminal, user);
    } finally {
      password.fill(0);
    }
    return { next: 'all its sessions ended; the user signs in again' };
  },
});
