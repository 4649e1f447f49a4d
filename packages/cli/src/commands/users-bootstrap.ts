import { changeAccount } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { timeOf } from '../user-lines.ts';

export const usersBootstrap = defineCommand<CommonOptions>({
  name: 'bootstrap',
  summary: 'make the one-time secret of the first administrator',
  about:
    'Prints a secret with which the first administrator is made at the access service, once, within an ' +
    'hour. Only while there is no user at all. It is shown here and nowhere again; of two, the newer ' +
    'one holds.',
  examples: [['sealstream users bootstrap', 'on a new system']],
  exits: { 2: 'usage or settings are wrong, or there is a user already' },
  run: async (context) => {
    const { terminal } = context;
    const { expiresMs, secret } = await changeAccount(context, 'bootstrap', {}, ({ users }) =>
      users.createBootstrap(),
    );
    if (terminal.json) terminal.sayJson({ secret, expiresMs });
    else terminal.say(secret);
    const how =
      'POST /v1/bootstrap of access makes the first administrator with it (docs/access.md)';
    return { next: `${how}, before ${timeOf(expiresMs)}` };
  },
});
