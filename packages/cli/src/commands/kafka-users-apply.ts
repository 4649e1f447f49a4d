import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { SealstreamError } from '@sealstream/contracts';
import { createFile, readSecretFile } from '@sealstream/keyring';
import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { policyOption } from '../options.ts';
import { plannedUsers, userDrift } from '../planned-users.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';
import { type RuleOptions, rulesFileOption } from '../wanted-rules.ts';

interface Options extends RuleOptions, CommonOptions {
  readonly dir: string;
}

/** 256 bits. */
const PASSWORD_BYTES = 32;
const PASSWORD = /^[A-Za-z0-9_-]{43}$/;

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
        const file = join(options.dir, `${name}.password`);
        return { name, file, password: passwordOf(file) };
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

/**
 * The password in the file, which is made where it is not there.
 *
 * @throws SealstreamError KEY_FILE_OPEN when others can read it, FILE_UNREADABLE, DISK_FULL; USAGE when
 *   something else is in it
 */
function passwordOf(file: string): string {
  if (!existsSync(file)) {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    createFile(file, Buffer.from(password));
    return password;
  }
  const bytes = readSecretFile(file);
  const password = bytes.toString('latin1').trimEnd();
  bytes.fill(0);
  if (PASSWORD.test(password)) return password;
  const mend =
    'The file is no password that this command made: take it away, or name another --dir.';
  throw new SealstreamError('USAGE', { file }, mend);
}
