import { Argument } from 'commander';

import { changeAccount } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { timeOf } from '../user-lines.ts';

export const apiKeysRevoke = defineCommand<CommonOptions, [id: string]>({
  name: 'revoke',
  summary: 'let a program in no more with a key',
  about: 'The key is refused at its next use, for good. Revoking again changes nothing.',
  arguments: [new Argument('<id>', 'as `api-keys list` shows it, the second part of the key')],
  examples: [['sealstream api-keys revoke 4gW0kPzq81Lm', 'one key']],
  run: async (context, _, id) => {
    const { terminal } = context;
    const key = await changeAccount(context, 'revoke-api-key', { apiKey: id }, ({ apiKeys }) =>
      apiKeys.revoke(id),
    );
    if (terminal.json) terminal.sayJson(key);
    else terminal.say(`${id}  ${key.owner}  revoked ${timeOf(key.revokedMs)}`);
    return { next: 'see what is left: sealstream api-keys list' };
  },
});
