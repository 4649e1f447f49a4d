import { ERRORS, SealstreamError } from '@sealstream/contracts';
import { Option } from 'commander';
import { z } from 'zod';

import { type AccessClient, accessClient, route } from '../access/access-client.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { isAgreed } from '../question.ts';
import { type AskedToken, type FoundValue, type SealedLine, sealedLine } from '../sealed-lines.ts';
import type { Terminal } from '../terminal.ts';
import { valueLines } from '../value-lines.ts';

interface Options extends CommonOptions {
  readonly dataset: string;
  readonly purpose: string;
  readonly reference?: string;
  readonly fields: readonly string[];
  readonly show?: boolean;
}

/** Values of one request. */
const TOGETHER = 1000;

const Found = z.object({ type: z.string(), value: z.string() });
const Revealed = z.object({ values: z.array(z.union([Found, z.object({ code: z.string() })])) });

export const reveal = defineCommand<Options>({
  name: 'reveal',
  summary: 'open sealed values through the service access',
  about:
    'Reads JSON from stdin, one object a line: tokens as {"path": …, "token": …}, encrypted records, or ' +
    'lines of `sealstream tail`. Prints each line with what is behind the tokens, in the order of the ' +
    'input; of records the fields of --fields are opened and all else stays. Who asked for how many ' +
    'values of which fields, and why, is on the audit log before the first one is given. What does not ' +
    'open is told by line and path. On a screen it asks before it shows anything. Needs ' +
    'SEALSTREAM_ACCESS_URL.',
  options: [
    new Option('-d, --dataset <name>', 'the dataset that they are of').makeOptionMandatory(),
    new Option('--purpose <name>', 'what for, one of the policy').makeOptionMandatory(),
    new Option('--reference <text>', 'number of the case; it is kept for ever'),
    new Option('--fields <paths>', 'of records: paths of the policy, with commas between them')
      .argParser((text: string) => text.split(','))
      .default([]),
    new Option('--show', 'on a screen, too, without being asked'),
  ],
  examples: [
    [
      'sealstream reveal --dataset people --purpose fraud-case --reference C-4711 < tokens.jsonl',
      'tokens of a case',
    ],
    [
      'sealstream reveal --dataset people --purpose fraud-case --fields /ssn,/email < records.jsonl',
      'two fields of records, as `sealstream tail encrypted.people` shows them',
    ],
  ],
  exits: { 1: 'a value did not open' },
  run: async (context, options) => {
    const { terminal } = context;
    const client = accessClient(context);
    const texts = await valueLines(terminal);
    const lines = texts.map((text, at) =>
      sealedLine(text.toString('utf8'), at + 1, options.fields),
    );
    const count = lines.reduce((sum, { asked }) => sum + asked.length, 0);
    if (terminal.isOnScreen && options.show !== true)
      await requireAgreed(terminal, `show ${count} values of ${options.dataset} on this screen?`);
    const refused = await revealed(terminal, client, options, lines);
    if (refused > 0)
      return { exit: EXIT.finding, next: `${refused} did not open: are they of this field?` };
    return { next: 'see who asked for what: sealstream accesses' };
  },
});

async function requireAgreed(terminal: Terminal, question: string): Promise<void> {
  if (await isAgreed(terminal, question, '--show')) return;
  throw new SealstreamError(
    'USAGE',
    { option: '--show' },
    'Nothing was asked for and nothing shown.',
  );
}

/** @returns how many did not open */
async function revealed(
  terminal: Terminal,
  client: AccessClient,
  options: Options,
  lines: readonly SealedLine[],
): Promise<number> {
  let refused = 0;
  for (const { first, group } of groupsOf(lines)) {
    const asked = group.flatMap((line) => line.asked);
    const found = await valuesOf(client, options, asked);
    let at = 0;
    for (const [index, line] of group.entries()) {
      const own = found.slice(at, at + line.asked.length);
      at += line.asked.length;
      await terminal.write(`${line.shown(own)}\n`);
      refused += tellRefused(terminal, first + index, line.asked, own);
    }
  }
  return refused;
}

/** Lines whose tokens fit into one request; one that has more is a group of its own. */
function groupsOf(lines: readonly SealedLine[]) {
  const groups: { readonly first: number; readonly group: SealedLine[] }[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const [at, line] of lines.entries()) {
    const more = line.asked.length;
    if (size + more > TOGETHER) {
      groups.push({ first: at + 1, group: [] });
      size = 0;
    }
    groups.at(-1)?.group.push(line);
    size += more;
  }
  return groups;
}

async function valuesOf(
  client: AccessClient,
  { dataset, purpose, reference }: Options,
  asked: readonly AskedToken[],
): Promise<FoundValue[]> {
  const found: FoundValue[] = [];
  for (let from = 0; from < asked.length; from += TOGETHER) {
    const values = asked.slice(from, from + TOGETHER);
    const answer = await client.ask({
      method: 'POST',
      path: route`/v1/datasets/${dataset}/reveal`,
      body: { purpose, reference, values },
      givesPlaintext: true,
      answer: Revealed,
    });
    if (answer.values.length !== values.length)
      throw new SealstreamError('ACCESS_ANSWER_UNKNOWN', { values: answer.values.length });
    found.push(...answer.values);
  }
  return found;
}

function tellRefused(
  terminal: Terminal,
  line: number,
  asked: readonly AskedToken[],
  found: readonly FoundValue[],
): number {
  let refused = 0;
  for (const [at, one] of found.entries()) {
    if (!('code' in one)) continue;
    refused += 1;
    const { code } = one;
    const path = asked[at]?.path ?? '';
    const known: unknown = Reflect.get(ERRORS, code);
    const cause = known === undefined ? '' : `: ${ERRORS[code as keyof typeof ERRORS].cause}`;
    terminal.note(`line ${line} ${path}: ${code}${cause}`, { line, path, problem: code });
  }
  return refused;
}
