import { Argument, Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { changeKafkaUser, userName } from '../kafka-user-change.ts';
import { PasswordFile } from '../password-file.ts';
import { withBus } from '../servers.ts';

interface Options extends CommonOptions {
  readonly dir: string;
}

export const kafkaUsersRotate = defineCommand<Options, [name: string]>({
  name: 'rotate',
  summary: 'give a user another random password',
  about:
    'The next password goes to DIR/USER.password.next, for you alone to read, then to the broker, and ' +
    'then the file takes the place of DIR/USER.password. Where that breaks off, either of the two may be ' +
    'the one that the broker takes: `kafka users check --dir DIR` names the user as unfinished, and ' +
    '`rotate` goes on with the same password. The old one, and any that the user had by another ' +
    'mechanism, opens no new connection from then on; connections that stand go on, so give the program ' +
    'its file at once and restart it. What is sent is made from the password: over TLS, or to this machine ' +
    "alone. Whoever gives it must be one of Kafka's administrators (Alter and Describe on the cluster), " +
    'and where the flow has its topics may write its events to the audit log.',
  arguments: [new Argument('<name>', 'as `kafka acls plan` shows it').argParser(userName)],
  options: [
    new Option(
      '--dir <dir>',
      'where the passwords are, as of `kafka users apply`',
    ).makeOptionMandatory(),
  ],
  examples: [['sealstream kafka users rotate mask --dir passwords', 'one user']],
  exits: { 2: 'usage is wrong, there is no such user, or a file is no password of this command' },
  run: async (context, { dir }, name) => {
    const file = new PasswordFile(dir, name);
    await withBus(context, (bus, audit) =>
      changeKafkaUser({ bus, audit }, 'rotate-kafka-user', name, async (user) => {
        await bus.scramUsers.replace(user, file.next());
        file.settle();
      }),
    );
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ user: name, file: file.path });
    else terminal.say(`${name}  ${file.path}`);
    return { next: `give ${name} the file, and restart what signs in by it` };
  },
});
