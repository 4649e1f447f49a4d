import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { policyOption } from '../options.ts';
import { unfinishedRotations } from '../password-file.ts';
import { alsoOption, plannedUsers, userDrift, type UserOptions } from '../planned-users.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';
import { rulesFileOption } from '../wanted-rules.ts';

interface Options extends UserOptions, CommonOptions {
  readonly dir?: string;
}

export const kafkaUsersCheck = defineCommand<Options>({
  name: 'check',
  summary: 'compare the users with a password with those that should be there',
  about:
    'Changes nothing. `missing` is a user of the plan that cannot sign in with a password ' +
    '(SCRAM-SHA-512): it may still do so with a certificate. ' +
    '`surplus` is one that the plan does not name, nor --also. `unfinished`, told with --dir alone, is one ' +
    'whose `rotate` broke off: the broker takes the password of DIR/USER.password or the next one. Needs ' +
    'Describe on the cluster.',
  options: [
    policyOption(),
    rulesFileOption(),
    alsoOption(),
    new Option('--dir <dir>', 'where the passwords are: tells rotations that broke off, too'),
  ],
  examples: [
    ['sealstream kafka users check --also admin', 'against ./sealstream.yaml'],
    ['sealstream kafka users check --file users.acl --json', 'against a file, for a monitor'],
  ],
  exits: {
    0: 'the users are as they should be',
    1: 'some are missing or too much, or a rotation broke off',
  },
  run: async (context, options) => {
    const planned = plannedUsers(context, options);
    const found = await withBus(context, (bus) => bus.scramUsers.all());
    const { missing, surplus } = userDrift(planned, found, options.also);
    const { terminal } = context;
    const { dir } = options;
    const unfinished = dir === undefined ? undefined : unfinishedRotations(dir);
    const [broken] = unfinished ?? [];
    const rows = [
      ...(unfinished ?? []).map((name) => ['unfinished', name]),
      ...missing.map((name) => ['missing', name]),
      ...surplus.map((name) => ['surplus', name]),
    ];
    if (terminal.json) terminal.sayJson({ missing, surplus, unfinished });
    else if (rows.length === 0) terminal.say(`${planned.length} users, as they should be`);
    else for (const line of textTable([{ head: '' }, { head: 'user' }], rows)) terminal.say(line);
    if (rows.length === 0) return { next: 'ask again whenever the policy or the cluster changed' };
    if (broken !== undefined) {
      const next = `go on with it: sealstream kafka users rotate ${broken} --dir ${dir}`;
      return { exit: EXIT.finding, next };
    }
    const next =
      missing.length > 0
        ? 'make those that are missing: sealstream kafka users apply --dir DIR'
        : 'take away what nobody needs: sealstream kafka users delete NAME; or name it with --also';
    return { exit: EXIT.finding, next };
  },
});
