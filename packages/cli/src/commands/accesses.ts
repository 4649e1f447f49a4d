import { Option } from 'commander';

import { accessClient } from '../access/access-client.ts';
import { type Access, AccessPage, printable } from '../access/access-words.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { oneDatasetOption, wholeNumber } from '../options.ts';
import { textTable } from '../table.ts';

interface Options extends CommonOptions {
  readonly dataset?: string;
  readonly person?: string;
  readonly max: number;
}

const PAGE = 100;
const MAX = 50;

export const accesses = defineCommand<Options>({
  name: 'accesses',
  summary: 'show who asked the service access for what',
  about:
    'Shows requests with what came of them, the newest first: reveals with their purpose and count, ' +
    'changes, denials, sign-ins. It is what access remembers; the audit log has all of it. Needs ' +
    'SEALSTREAM_ACCESS_URL and a role that allows audit.read.',
  options: [
    oneDatasetOption(),
    new Option('--person <name>', 'only what this person asked for'),
    new Option('--max <n>', 'show at most so many').argParser(wholeNumber(1)).default(MAX),
  ],
  examples: [
    ['sealstream accesses --dataset people --max 20', 'who saw values of people'],
    ['sealstream accesses --person e2093 --json', 'all that one person asked for, as JSON'],
  ],
  run: async (context, { dataset, max, person }) => {
    const { terminal } = context;
    const client = accessClient(context);
    const found: Access[] = [];
    let cursor: string | undefined;
    do {
      const query = { dataset, person, cursor, limit: Math.min(PAGE, max - found.length) };
      const page = await client.ask({
        method: 'GET',
        path: '/v1/accesses',
        query,
        answer: AccessPage,
      });
      found.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined && found.length < max);
    if (terminal.json) for (const one of found) terminal.sayJson(one);
    else for (const line of asTable(found)) terminal.say(line);
    return { next: 'the whole log, with proofs: sealstream audit tail' };
  },
});

function asTable(all: readonly Access[]): string[] {
  const rows = all.map((one) => {
    const { account, action, at, dataset, given, outcome, paths, purpose, reference, target } = one;
    const what = [dataset, paths?.join(','), target].filter((part) => part !== undefined).join(' ');
    const why = [purpose, reference].filter((part) => part !== undefined).join(' ');
    const count = String(given ?? one.values ?? '');
    return [at, one.type, outcome, account, action, what, count, why].map(printable);
  });
  const heads = ['time', 'event', 'outcome', 'account', 'action', 'of', 'values', 'why'];
  return textTable(
    heads.map((head) => (head === 'values' ? { head, align: 'right' as const } : { head })),
    rows,
  );
}
