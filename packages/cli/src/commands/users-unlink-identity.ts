import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { versionOption } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type IdentityOptions, identityOptions } from '../identity-options.ts';
import { wholeNumber } from '../options.ts';
import { showUser } from '../user-lines.ts';

interface Options extends AccessOptions, CommonOptions, IdentityOptions {
  readonly ifVersion?: number;
}

export const usersUnlinkIdentity = defineCommand<Options, [name: string]>({
  name: 'unlink-identity',
  summary: 'take an identity at an OpenID provider from a user',
  about:
    'Nobody gets in as this user by it any more, and sessions that began with it end at once. Other ' +
    'sessions, the password and API keys stay.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [...identityOptions(), versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [
    [
      'sealstream users unlink-identity alice --issuer https://id.example.com --subject 1f0c-88',
      'one person',
    ],
    [
      'sealstream users unlink-identity alice --provider staff --subject 1f0c-88',
      'the same through access',
    ],
  ],
  run: async (context, options, name) => {
    const desk = await accountsOf(context, options);
    const user = await desk.unlinkIdentity(name, options, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'see what is left: sealstream users show NAME' };
  },
});
