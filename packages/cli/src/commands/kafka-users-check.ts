import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { policyOption } from '../options.ts';
import { alsoOption, plannedUsers, userDrift, type UserOptions } from '../planned-users.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';
import { rulesFileOption } from '../wanted-rules.ts';

export const kafkaUsersCheck = defineCommand<UserOptions & CommonOptions>({
  name: 'check',
  summary: 'compare the users with a password with those that should be there',
  about:
    'Changes nothing. `missing` is a user of the plan that cannot sign in with a password ' +
    '(SCRAM-SHA-512): it may still do so with a certificate. ' +
    '`surplus` is one that the plan does not name, nor --also. Needs ' +
    'Describe on the cluster.',
  options: [policyOption(), rulesFileOption(), alsoOption()],
  examples: [
    ['sealstream kafka users check --also admin', 'against ./sealstream.yaml'],
    ['sealstream kafka users check --file users.acl --json', 'against a file, for a monitor'],
  ],
  exits: {
    0: 'the users are as they should be',
    1: 'some are missing or too much',
  },
  run: async (context, options) => {
    const planned = plannedUsers(context, options);
    const found = await withBus(context, (bus) => bus.scramUsers.all());
    const { missing, surplus } = userDrift(planned, found, options.also);
    const { terminal } = context;
    const rows = [
      ...missing.map((name) => ['missing', name]),
      ...surplus.map((name) => ['surplus', name]),
    ];
    if (terminal.json) terminal.sayJson({ missing, surplus });
    else if (rows.length === 0) terminal.say(`${planned.length} users, as they should be`);
    else for (const line of textTable([{ head: '' }, { head: 'user' }], rows)) terminal.say(line);
    if (rows.length === 0) return { next: 'ask again whenever the policy or the cluster changed' };
    const next =
      missing.length > 0
        ? 'make those that are missing: sealstream kafka users apply --dir DIR'
        : "take away what nobody needs with Kafka's own tool, or name it with --also";
    return { exit: EXIT.finding, next };
  },
});
