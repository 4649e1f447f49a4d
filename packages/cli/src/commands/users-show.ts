import { Argument } from 'commander';

import { withAccounts } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { textTable } from '../table.ts';
import { showUser, timeOf } from '../user-lines.ts';

export const usersShow = defineCommand<CommonOptions, [name: string]>({
  name: 'show',
  summary: 'show one user with its roles and sessions',
  about:
    'Shows who gave each role and linked each identity and when, and the sessions that hold now, with ' +
    'the device and the address that began them. A token of a session is shown to nobody but whom it ' +
    'was made for.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  examples: [['sealstream users show alice', 'one user']],
  run: async (context, _, name) => {
    const { terminal } = context;
    const [user, sessions] = await withAccounts(context, (accounts) =>
      Promise.all([accounts.users.get(name), accounts.sessions.list(name)]),
    );
    if (terminal.json) {
      terminal.sayJson({ ...user, sessions });
      return { next: `end all sessions: sealstream users disable ${name}` };
    }
    showUser(terminal, user);
    for (const { atMs, by, role } of user.roles)
      terminal.say(`role ${role}, by ${by}, ${timeOf(atMs)}`);
    for (const { atMs, by, issuer, subject } of user.identities)
      terminal.say(`identity ${issuer} ${subject}, by ${by}, ${timeOf(atMs)}`);
    const rows = sessions.map(({ address, createdMs, device, endsMs, id, usedMs }) => [
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
