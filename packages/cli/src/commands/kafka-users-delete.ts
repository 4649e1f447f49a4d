import { SealstreamError } from '@sealstream/contracts';
import { Argument, Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { changeKafkaUser, userName } from '../kafka-user-change.ts';
import { policyOption } from '../options.ts';
import { PasswordFile } from '../password-file.ts';
import { plannedUsers } from '../planned-users.ts';
import { withBus } from '../servers.ts';
import { type RuleOptions, rulesFileOption } from '../wanted-rules.ts';

interface Options extends RuleOptions, CommonOptions {
  readonly planned?: string;
  readonly dir?: string;
}

export const kafkaUsersDelete = defineCommand<Options, [name: string]>({
  name: 'delete',
  summary: 'take the password of a user away, by every mechanism',
  about:
    'For what `kafka users check` shows as surplus. A user of the plan is deleted only where --planned ' +
    'names it once more, and the user that the command itself signs in as never. No new connection is ' +
    'opened by the password from then on; connections that stand go on until they end. The rights of the ' +
    'user stay: see `kafka acls check`. It may still sign in with a certificate. ' +
    "Whoever gives it must be one of Kafka's administrators (Alter and Describe on the cluster), and where " +
    'the flow has its topics may write its events to the audit log.',
  arguments: [new Argument('<name>', 'as `kafka users check` shows it').argParser(userName)],
  options: [
    new Option('--planned <name>', 'the name again, for a user of the plan'),
    new Option('--dir <dir>', 'take its file of --dir of `kafka users apply` away, too'),
    policyOption(),
    rulesFileOption(),
  ],
  examples: [
    ['sealstream kafka users delete guest', 'one that nobody needs'],
    ['sealstream kafka users delete mask --planned mask', 'one of the plan'],
  ],
  exits: { 2: 'usage is wrong, there is no such user, or it is one of the plan' },
  run: async (context, options, name) => {
    requireDeletable(name, plannedUsers(context, options), {
      again: options.planned,
      own: context.config().kafkaSaslUsername,
    });
    await withBus(context, (bus, audit) =>
      changeKafkaUser({ bus, audit }, 'delete-kafka-user', name, (user) =>
        bus.scramUsers.remove(user),
      ),
    );
    if (options.dir !== undefined) new PasswordFile(options.dir, name).remove();
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ deleted: name });
    else terminal.say(`deleted ${name}`);
    return { next: 'see which rights are left: sealstream kafka acls check' };
  },
});

/** @throws SealstreamError USAGE */
function requireDeletable(
  name: string,
  planned: readonly string[],
  { again, own }: { readonly again: string | undefined; readonly own: string | undefined },
): void {
  if (name === own) {
    const mend =
      'The command signs in as this user: nobody could make it again. Sign in as another.';
    throw new SealstreamError('USAGE', { user: name }, mend);
  }
  if (again !== undefined && again !== name)
    throw new SealstreamError(
      'USAGE',
      { option: '--planned' },
      'It is another name than the first.',
    );
  if (again === undefined && planned.includes(name)) {
    const mend = `A program of the plan signs in as it. To delete it all the same: --planned ${name}.`;
    throw new SealstreamError('USAGE', { user: name }, mend);
  }
}
