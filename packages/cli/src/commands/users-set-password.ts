import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { versionOption } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { newPassword, presentAndNew } from '../password-input.ts';
import { showUser } from '../user-lines.ts';

interface Options extends AccessOptions, CommonOptions {
  readonly ifVersion?: number;
}

export const usersSetPassword = defineCommand<Options, [name: string]>({
  name: 'set-password',
  summary: 'give a user another password',
  about:
    'Sets the password and ends all sessions of the user. It comes on stdin, or is asked for without ' +
    'being shown. Common ones, patterns and those with the name in them are refused. Through access, ' +
    'who sets the own one gives the present one first, on a line of its own.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [['sealstream users set-password alice < password.txt', 'from a file']],
  run: async (context, options, name) => {
    const { terminal } = context;
    const desk = await accountsOf(context, options);
    const passwords = (await desk.isOwn(name))
      ? await presentAndNew(terminal)
      : { password: await newPassword(terminal) };
    try {
      showUser(terminal, await desk.setPassword(name, passwords, options.ifVersion));
    } finally {
      for (const secret of Object.values<Uint8Array>(passwords)) secret.fill(0);
    }
    return { next: 'all its sessions ended; the user signs in again' };
  },
});
