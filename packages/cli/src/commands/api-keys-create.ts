import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { durationMs } from '../options.ts';
import { timeOf } from '../user-lines.ts';

interface Options extends AccessOptions, CommonOptions {
  readonly owner: string;
  readonly name: string;
  readonly actions: readonly string[];
  readonly datasets: readonly string[];
  readonly expires: number;
}

/** In quotes, since a shell would write the names of files there. */
const ALL = "'*' for all of its owner";
const list = (text: string) => text.split(',');

export const apiKeysCreate = defineCommand<Options>({
  name: 'create',
  summary: 'make a key with which a program gets in',
  about:
    'Prints the key, once: only a hash of it is kept. It may do what its owner may at that moment, ' +
    'within these actions and datasets, and never more. It is refused while its owner is disabled, and ' +
    'approves nothing.',
  options: [
    new Option('--owner <user>', 'whose roles it has').makeOptionMandatory(),
    new Option('--name <text>', 'what it is for').makeOptionMandatory(),
    new Option('--actions <names>', `actions, with commas between them; ${ALL}`)
      .argParser(list)
      .makeOptionMandatory(),
    new Option('--datasets <names>', `datasets, with commas between them; ${ALL}`)
      .argParser(list)
      .makeOptionMandatory(),
    new Option('--expires <duration>', 'how long it holds, such as 90d; a year at most')
      .argParser(durationMs)
      .makeOptionMandatory(),
    ...accessOptions(),
  ],
  examples: [
    [
      'sealstream api-keys create --owner bob --name job --actions reveal --datasets people --expires 90d',
      'for a job of a quarter',
    ],
  ],
  run: async (context, options) => {
    const { terminal } = context;
    const { actions, datasets, expires: lifeMs, name, owner } = options;
    const scopes = { actions: [...actions], datasets: [...datasets] };
    const desk = await accountsOf(context, options);
    const { key, text } = await desk.createApiKey({ owner, name, scopes, lifeMs });
    if (terminal.json) terminal.sayJson({ ...key, text });
    else terminal.say(text);
    terminal.note(`${key.id}  ${owner}  until ${timeOf(key.expiresMs)}`, { apiKey: key.id });
    return { next: `take it back: sealstream api-keys revoke ${key.id}` };
  },
});
