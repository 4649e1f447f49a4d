import type { ApiKey } from '@sealstream/accounts';
import { Option } from 'commander';

import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { textTable } from '../table.ts';
import { timeOf } from '../user-lines.ts';

interface Options extends BreakGlassOptions, CommonOptions {
  readonly owner?: string;
}

export const apiKeysList = defineCommand<Options>({
  name: 'list',
  summary: 'show every API key, with what it may be used for',
  about:
    'Shows keys by id, also those that are over or revoked, for thirty days. When a key was last used ' +
    'is known to the minute.',
  options: [new Option('--owner <user>', 'only those of one user'), breakGlassOption()],
  examples: [
    ['sealstream api-keys list', 'as a table'],
    ['sealstream api-keys list --owner nightly --json', 'those of one user as JSON'],
  ],
  run: async (context, options) => {
    const { terminal } = context;
    const all = await (await accountsOf(context, options)).apiKeys(options.owner);
    if (terminal.json) for (const key of all) terminal.sayJson({ ...key, state: stateOf(key) });
    else for (const line of asTable(all)) terminal.say(line);
    return { next: 'take one back: sealstream api-keys revoke ID' };
  },
});

function stateOf({ expiresMs, revokedMs }: ApiKey): 'active' | 'expired' | 'revoked' {
  if (revokedMs !== undefined) return 'revoked';
  return expiresMs > Date.now() ? 'active' : 'expired';
}

function asTable(keys: readonly ApiKey[]): string[] {
  const rows = keys.map((key) => {
    const { expiresMs, id, lastUsedMs, name, owner, scopes } = key;
    const { actions, datasets } = scopes;
    const times = [timeOf(expiresMs), timeOf(lastUsedMs)];
    return [id, stateOf(key), owner, ...times, actions.join(','), datasets.join(','), name];
  });
  const heads = ['key', 'state', 'owner', 'expires', 'used', 'actions', 'datasets', 'name'];
  return textTable(
    heads.map((head) => ({ head })),
    rows,
  );
}
