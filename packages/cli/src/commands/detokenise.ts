import { ERRORS, SealstreamError } from '@sealstream/contracts';
import { Option } from 'commander';

import { breakGlassOption } from '../access/access-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { turnerOf } from '../chosen-desks.ts';
import type { TurnedValues, TurnOptions } from '../masked-turner.ts';
import { datasetOption, keyDirOption, policyOption } from '../options.ts';
import { noValueArgument } from '../subject-options.ts';
import { valueLines } from '../value-lines.ts';

type Options = TurnOptions & CommonOptions;

/** What would break the line, or command the terminal that it is shown on; a tab does neither. */
const UNPRINTABLE = /[^\P{Cc}\t]/u;

export const detokenise = defineCommand<Options, [value: string[]]>({
  name: 'detokenise',
  summary: 'turn masked values of a field back',
  about:
    'Reads masked values from stdin, one a line, and prints what each stood for, one a line: through ' +
    "access, or with the operator's own key files. How many, of which field, by whom and why is on " +
    'the audit log before the first one is turned back, and what came of it after the last; without ' +
    'the log nothing is. ' +
    'A value that the mask of the field cannot have given is told by the number of its line, and its ' +
    'line stays empty. Tokens are looked up in the vault; those of shredded persons are gone. What fpe ' +
    'gives is not authenticated: any other text of the form turns into something, too, and so does ' +
    'every text under a key that did not mask it; the policy must be the one that masked. ' +
    'The reason is kept for ever, so write no value into it.',
  arguments: [noValueArgument()],
  options: [
    datasetOption(),
    new Option('--path <path>', 'the field, as the policy writes it').makeOptionMandatory(),
    new Option('--reason <text>', 'why, such as the number of the case'),
    new Option('--purpose <name>', 'through access: what for, one of the policy'),
    new Option('--reference <text>', 'through access: number of the case; it is kept for ever'),
    new Option('--key <id>', 'of fpe: the key that masked (default: the active one)'),
    policyOption(),
    keyDirOption(),
    breakGlassOption(),
  ],
  examples: [
    [
      'sealstream detokenise --dataset people --path /card --reason C-4711 < masked.txt',
      'the card numbers of a case',
    ],
  ],
  exits: { 1: 'a value could not be turned back', 3: 'a server is missing, or the audit log is' },
  run: async (context, options, given) => {
    if (given.length > 0)
      throw new SealstreamError('USAGE', { arguments: given.length }, 'Values go to stdin.');
    const turner = await turnerOf(context, options);
    const texts = () => valueLines(context.terminal);
    const refused = await turner.turn(texts, (values, first) => show(context, values, first));
    if (refused > 0)
      return { exit: EXIT.finding, next: `${refused} of the values: was it this field's mask?` };
    return { next: 'see who turned what back: sealstream audit tail' };
  },
});

/** @returns how many lines show no value */
async function show({ terminal }: Context, values: TurnedValues, first: number): Promise<number> {
  let refused = 0;
  for (const [at, value] of values.entries()) {
    const line = first + at;
    const text = Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
    const problem = Buffer.isBuffer(value) ? undefined : value;
    const isHeldBack = text !== undefined && !terminal.json && UNPRINTABLE.test(text);
    if (problem !== undefined || isHeldBack) refused += 1;
    if (terminal.json)
      terminal.sayJson(text === undefined ? { line, problem } : { line, value: text });
    else if (Buffer.isBuffer(value) && !isHeldBack)
      await terminal.write(Buffer.concat([value, Buffer.from('\n')]));
    else {
      await terminal.write('\n');
      const why = problem === undefined ? HELD_BACK : `${problem}: ${ERRORS[problem].cause}`;
      terminal.note(`line ${line}: ${why}`);
    }
  }
  return refused;
}

const HELD_BACK = 'the value has line breaks or control characters: see it with --json';
