import { Argument } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { grantsOf } from '../chosen-desks.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';

export const grantsRevoke = defineCommand<KeyOptions & AccessOptions & CommonOptions, [id: string]>(
  {
    name: 'revoke',
    summary: 'give out nothing more under a grant',
    about:
      'From here on no key of a person is given out under it. The keys inside the grant cannot be ' +
      'taken back from whoever has it: rotate the keys of the dataset so that what comes from now on ' +
      'is sealed under others. Revoking again changes nothing.',
    arguments: [new Argument('<id>', 'as `grants list` shows it')],
    options: [keyDirOption(), ...accessOptions()],
    examples: [['sealstream grants revoke 0f3c9a1b2d4e5f60718293a4', 'one grant']],
    run: async (context, options, id) => {
      const record = await (await grantsOf(context, options)).revoke(id);
      const { terminal } = context;
      const { consumer, dataset, revoked } = record;
      if (terminal.json) terminal.sayJson({ id, dataset, consumer, revoked });
      else terminal.say(`${id}  ${dataset}  ${consumer}  revoked ${revoked?.time ?? ''}`);
      return {
        next: `seal under new keys: sealstream keys rotate --purpose field --dataset ${dataset}`,
      };
    },
  },
);
