import { Argument, Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { newPassword } from '../password-input.ts';
import { showUser } from '../user-lines.ts';

interface Options extends AccessOptions, CommonOptions {
  readonly person: string;
  readonly password: boolean;
}

export const usersCreate = defineCommand<Options, [name: string]>({
  name: 'create',
  summary: 'make a user without any role',
  about:
    'Makes a user who may sign in, and may do nothing until a role is granted. The password comes on ' +
    'stdin, or is asked for without being shown; it is never an argument, since others on the machine ' +
    'see those. Several users may be of one person, who then approves nothing of their own.',
  arguments: [new Argument('<name>', '2 to 64 of a-z, 0-9, and single . _ @ - between them')],
  options: [
    new Option(
      '--person <name>',
      'who it is, as your organisation knows them',
    ).makeOptionMandatory(),
    new Option('--no-password', 'without one: for single sign-on, or for API keys alone'),
    ...accessOptions(),
  ],
  examples: [
    ['sealstream users create alice --person e1047 < password.txt', 'a user with a password'],
    ['sealstream users create nightly --person e1047 --no-password', 'an owner of API keys'],
  ],
  run: async (context, options, name) => {
    const { person } = options;
    const desk = await accountsOf(context, options);
    const password = options.password ? await newPassword(context.terminal) : undefined;
    try {
      showUser(context.terminal, await desk.create({ name, person, password }));
    } finally {
      password?.fill(0);
    }
    return { next: `let them do something: sealstream users grant-role ${name} ROLE` };
  },
});
