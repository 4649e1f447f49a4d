import type { GrantRecord } from '@sealstream/contracts';
import type { ListedGrant } from '@sealstream/keyring';

import { withGrants } from '../cluster-grants.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';
import { textTable } from '../table.ts';

export const grantsList = defineCommand<KeyOptions & CommonOptions>({
  name: 'list',
  summary: 'show who was granted which fields until when',
  about:
    'Shows every grant that was made, also those that are over or revoked. There is no key in what ' +
    'is recorded. `problem` says why a record is not believed.',
  options: [keyDirOption()],
  examples: [
    ['sealstream grants list', 'as a table'],
    ['sealstream grants list --json', 'as JSON'],
  ],
  exits: { 0: 'every record is believed', 1: 'a record has a problem' },
  run: async (context, options) => {
    const grants = await withGrants(context, options, [], ({ admin }) => admin.list());
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ grants: grants.map(asJson) });
    else for (const line of asTable(grants)) terminal.say(line);
    const troubled = grants.filter(({ problem }) => problem !== undefined);
    if (troubled.length > 0)
      return { exit: EXIT.finding, next: 'somebody else wrote to Redis: see who may' };
    return { next: 'take one back: sealstream grants revoke ID' };
  },
});

function stateOf({ expires, revoked }: GrantRecord): 'active' | 'expired' | 'revoked' {
  if (revoked !== undefined) return 'revoked';
  return Date.parse(expires) > Date.now() ? 'active' : 'expired';
}

function asJson({ id, problem, record }: ListedGrant): Record<string, unknown> {
  if (record === undefined) return { id, problem };
  const { actor, consumer, created, dataset, expires, fields, fingerprint, revoked } = record;
  const state = stateOf(record);
  const who = { id, state, dataset, consumer, actor, created, expires, fingerprint };
  return { ...who, fields, ...(revoked && { revoked }) };
}

function asTable(grants: readonly ListedGrant[]): string[] {
  const rows = grants.map(({ id, problem, record }) => {
    if (record === undefined) return [id, problem ?? '', '', '', '', ''];
    const { consumer, dataset, expires, fields } = record;
    const paths = fields.map(({ path }) => path).join(',');
    return [id, stateOf(record), dataset, consumer, expires, paths];
  });
  const heads = ['grant', 'state', 'dataset', 'consumer', 'expires', 'fields'];
  return textTable(
    heads.map((head) => ({ head })),
    rows,
  );
}
