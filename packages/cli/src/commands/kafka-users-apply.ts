import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { policyOption } from '../options.ts';
import { PasswordFile } from '../password-file.ts';
import { plannedUsers, userDrift } from '../planned-users.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';
import { type RuleOptions, rulesFileOption } from '../wanted-rules.ts';

interface Options extends RuleOptions, CommonOptions {
  readonly dir: string;
}

export const kafkaUsersApply = defineCommand<Options>({
  name: 'apply',
  summary: 'make the users that are missing, each with a random password in a file',
  about:
    'Makes what `kafka users check` shows as missing, for SCRAM-SHA-512, and changes nobody else. The ' +
    'password of each goes to DIR/USER.password, for you alone to read, before the broker is told; it is ' +
    'never shown. ' +
    'Where a run broke off, the next one takes the files that are there. What is sent is made from the ' +
    "password: over TLS, or to this machine alone. Whoever gives it must be one of Kafka's administrators " +
    '(Alter and Describe on the cluster).',
  options: [
    new Option('--dir <dir>', 'where the passwords go').makeOptionMandatory(),
    policyOption(),
    rulesFileOption(),
  ],
  examples: [
    ['sealstream kafka users apply --dir passwords', 'those of ./sealstream.yaml'],
    ['sealstream kafka users apply --dir passwords --file users.acl', 'those of a file'],
  ],
  exits: { 2: 'usage or rules are wrong, or a file is no password of this command' },
  run: async (context, options) => {
    const planned = plannedUsers(context, options);
    const made = await withBus(context, async (bus) => {
      const { missing } = userDrift(planned, await bus.scramUsers.all());
      const users = missing.map((name) => {
        const file = new PasswordFile(options.dir, name);
        return { name, file: file.path, password: file.present() };
      });
      await bus.scramUsers.set(users);
      return users.map(({ file, name }) => ({ user: name, file }));
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ made });
    else if (made.length > 0) {
      const rows = made.map(({ file, user }) => [user, file]);
      for (const line of textTable([{ head: 'user' }, { head: 'password' }], rows))
        terminal.say(line);
    }
    terminal.note(`${made.length} users made`, { made: made.length });
    return { next: 'give them their rights: sealstream kafka acls apply' };
  },
});
