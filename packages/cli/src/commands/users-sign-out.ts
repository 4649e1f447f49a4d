import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';

export const usersSignOut = defineCommand<AccessOptions & CommonOptions, [name: string]>({
  name: 'sign-out',
  summary: 'end all sessions of a user',
  about:
    'Ends them at once, as after a lost laptop. The user may sign in again, and its API keys stay: ' +
    '`users disable` lets it in no more, and `users set-password` is for a password that others know.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: accessOptions(),
  examples: [['sealstream users sign-out alice', 'one user, wherever she is signed in']],
  run: async (context, options, name) => {
    const { terminal } = context;
    const desk = await accountsOf(context, options);
    const ended = await desk.signOut(name);
    if (terminal.json) terminal.sayJson({ user: name, ended });
    else terminal.say(`${name}: ${ended} sessions ended`);
    return { next: `see which began since: sealstream users show ${name}` };
  },
});
