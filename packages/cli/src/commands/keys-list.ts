import type { ListedKeyset } from '@sealstream/keyring';

import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { keysetsOf } from '../listed-keysets.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';
import { textTable } from '../table.ts';

export const keysList = defineCommand<KeyOptions & BreakGlassOptions & CommonOptions>({
  name: 'list',
  summary: 'show every keyset and the state of its keys',
  about:
    'Shows ids, states and ages, and of aes-256-gcm keys how many uses are reserved; never a key. ' +
    '`problem` says why the copy in Redis is not ' +
    'believed, as when it is missing or older than its head on the topic keyring. Through access it is ' +
    'the keysets of those datasets whose keys you may read.',
  options: [keyDirOption(), breakGlassOption()],
  examples: [
    ['sealstream keys list', 'as a table'],
    ['sealstream keys list --json', 'as JSON'],
  ],
  exits: { 0: 'every keyset is believed', 1: 'a keyset has a problem' },
  run: async (context, options) => {
    const keysets = await keysetsOf(context, options);
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ keysets });
    else for (const line of asTable(keysets)) terminal.say(line);
    const troubled = keysets.filter(({ problem }) => problem !== undefined);
    if (troubled.length > 0)
      return { exit: EXIT.finding, next: 'rebuild Redis from the heads: sealstream keys restore' };
    if (keysets.length === 0) return { next: 'make the first keys: sealstream keys rotate' };
    return { next: 'make new keys for what is sealed from now on: sealstream keys rotate' };
  },
});

function asTable(keysets: readonly ListedKeyset[]): string[] {
  const rows = keysets.flatMap(({ keys, name, problem, version }) =>
    keys.length === 0
      ? [[name, String(version), '', '', '', '', '', problem ?? '']]
      : keys.map(({ algorithm, created, id, state, uses }) => [
          name,
          String(version),
          id,
          state,
          algorithm,
          created,
          uses === undefined ? '' : String(uses),
          problem ?? '',
        ]),
  );
  return textTable(
    [
      { head: 'keyset' },
      { head: 'version', align: 'right' },
      { head: 'key' },
      { head: 'state' },
      { head: 'algorithm' },
      { head: 'created' },
      { head: 'uses', align: 'right' },
      { head: 'problem' },
    ],
    rows,
  );
}
