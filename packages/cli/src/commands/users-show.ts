import { Argument } from 'commander';

import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { textTable } from '../table.ts';
import { showUser, timeOf } from '../user-lines.ts';

export const usersShow = defineCommand<BreakGlassOptions & CommonOptions, [name: string]>({
  name: 'show',
  summary: 'show one user with its roles and sessions',
  about:
    'Shows who gave each role and linked each identity and when, and the sessions that hold now, with ' +
    'the device and the address that began them. A token of a session is shown to nobody but whom it ' +
    'was made for. Through access sessions are not shown: it tells them to their owner alone.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [breakGlassOption()],
  examples: [['sealstream users show alice', 'one user']],
  run: async (context, options, name) => {
    const { terminal } = context;
    const desk = await accountsOf(context, options);
    const { sessions, user } = await desk.user(name);
    if (terminal.json) {
      terminal.sayJson({ ...user, sessions });
      return { next: `end all sessions: sealstream users disable ${name}` };
    }
    showUser(terminal, user);
    for (const { atMs, by, role } of user.roles)
      terminal.say(`role ${role}, by ${by}, ${timeOf(atMs)}`);
    for (const { atMs, by, issuer, subject } of user.identities)
      terminal.say(`identity ${issuer} ${subject}, by ${by}, ${timeOf(atMs)}`);
    const rows = (sessions ?? []).map(({ address, createdMs, device, endsMs, id, usedMs }) => [
      id,
      ...[createdMs, usedMs, endsMs].map(timeOf),
      address,
      device,
    ]);
    const heads = ['session', 'since', 'used', 'until', 'address', 'device'];
    const table = textTable(
      heads.map((head) => ({ head })),
      rows,
    );
    if (rows.length > 0) for (const line of table) terminal.say(line);
    return { next: `end all sessions: sealstream users disable ${name}` };
  },
});
