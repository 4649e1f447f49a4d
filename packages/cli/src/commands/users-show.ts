import { Argument } from 'commander';

import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { sessionLines, showUser, timeOf } from '../user-lines.ts';

export const usersShow = defineCommand<BreakGlassOptions & CommonOptions, [name: string]>({
  name: 'show',
  summary: 'show one user with its roles and sessions',
  about:
    'Shows who gave each role and linked each identity and when, and the sessions that hold now, with ' +
    'the device, the address and the password or provider that began them. A token of a session is ' +
    'shown to nobody but whom it was made for.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [breakGlassOption()],
  examples: [['sealstream users show alice', 'one user']],
  run: async (context, options, name) => {
    const { terminal } = context;
    const desk = await accountsOf(context, options);
    const { sessions, user } = await desk.user(name);
    if (terminal.json) {
      terminal.sayJson({ ...user, sessions });
      return { next: `end all sessions: sealstream users sign-out ${name}` };
    }
    showUser(terminal, user);
    for (const { atMs, by, role } of user.roles)
      terminal.say(`role ${role}, by ${by}, ${timeOf(atMs)}`);
    for (const { atMs, by, issuer, subject } of user.identities)
      terminal.say(`identity ${issuer} ${subject}, by ${by}, ${timeOf(atMs)}`);
    if (sessions === undefined) terminal.say('sessions are not shown to this program');
    else for (const line of sessionLines(sessions)) terminal.say(line);
    return { next: `end all sessions: sealstream users sign-out ${name}` };
  },
});
