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

export const usersLinkIdentity = defineCommand<Options, [name: string]>({
  name: 'link-identity',
  summary: 'let somebody whom an OpenID provider knows in as a user',
  about:
    'Who signs in through that provider is then this user. An identity is of one user: whoever had two ' +
    'would be two people where two are asked for. Look twice whose it is.',
  arguments: [new Argument('<name>', 'as `users list` shows it')],
  options: [...identityOptions(), versionOption(wholeNumber(1)), ...accessOptions()],
  examples: [
    [
      'sealstream users link-identity alice --issuer https://id.example.com --subject 1f0c-88',
      'one person',
    ],
    [
      'sealstream users link-identity alice --provider staff --subject 1f0c-88',
      'the same through access',
    ],
  ],
  run: async (context, options, name) => {
    const desk = await accountsOf(context, options);
    const user = await desk.linkIdentity(name, options, options.ifVersion);
    showUser(context.terminal, user);
    return { next: 'it is used at the next sign-in through the provider' };
  },
});
