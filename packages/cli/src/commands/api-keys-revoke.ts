import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { timeOf } from '../user-lines.ts';

export const apiKeysRevoke = defineCommand<AccessOptions & CommonOptions, [id: string]>({
  name: 'revoke',
  summary: 'let a program in no more with a key',
  about: 'The key is refused at its next use, for good. Revoking again changes nothing.',
  arguments: [new Argument('<id>', 'as `api-keys list` shows it, the second part of the key')],
  options: accessOptions(),
  examples: [['sealstream api-keys revoke 4gW0kPzq81Lm', 'one key']],
  run: async (context, options, id) => {
    const { terminal } = context;
    const key = await (await accountsOf(context, options)).revokeApiKey(id);
    if (terminal.json) terminal.sayJson(key);
    else terminal.say(`${id}  ${key.owner}  revoked ${timeOf(key.revokedMs)}`);
    return { next: 'see what is left: sealstream api-keys list' };
  },
});
