import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { grantsOf } from '../chosen-desks.ts';
import type { ShownGrant, TroubledGrant } from '../grant-desk.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';
import { textTable } from '../table.ts';

export const grantsList = defineCommand<KeyOptions & BreakGlassOptions & CommonOptions>({
  name: 'list',
  summary: 'show who was granted which fields until when',
  about:
    'Shows every grant that was made, also those that are over or revoked. There is no key in what ' +
    'is recorded. `problem` says why a record is not believed. Through access it is those of the ' +
    'datasets whose grants you may read.',
  options: [keyDirOption(), breakGlassOption()],
  examples: [
    ['sealstream grants list', 'as a table'],
    ['sealstream grants list --json', 'as JSON'],
  ],
  exits: { 0: 'every record is believed', 1: 'a record has a problem' },
  run: async (context, options) => {
    const grants = await (await grantsOf(context, options)).list();
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ grants });
    else for (const line of asTable(grants)) terminal.say(line);
    const troubled = grants.filter((grant) => 'problem' in grant);
    if (troubled.length > 0)
      return { exit: EXIT.finding, next: 'somebody else wrote to Redis: see who may' };
    return { next: 'take one back: sealstream grants revoke ID' };
  },
});

function asTable(grants: readonly (ShownGrant | TroubledGrant)[]): string[] {
  const rows = grants.map((grant) => {
    if ('problem' in grant) return [grant.id, grant.problem, '', '', '', ''];
    const { consumer, dataset, expires, fields, id, state } = grant;
    const paths = fields.map(({ path }) => path).join(',');
    return [id, state, dataset, consumer, expires, paths];
  });
  const heads = ['grant', 'state', 'dataset', 'consumer', 'expires', 'fields'];
  return textTable(
    heads.map((head) => ({ head })),
    rows,
  );
}
