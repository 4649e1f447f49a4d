import { type ErrorCode, ERRORS, SealstreamError } from '@sealstream/contracts';
import { type Dataset, didYouMean, type Part, partsOf } from '@sealstream/policy';
import { Option } from 'commander';

import type { CliAudit } from '../cli-audit.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { asOurs } from '../failure.ts';
import {
  datasetOption,
  type DatasetOptions,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { noValueArgument } from '../subject-options.ts';
import { openTurnBack } from '../turned-back.ts';
import { valueLines } from '../value-lines.ts';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly path: string;
  readonly reason: string;
  readonly key?: string;
}

/** It stands on the audit log for ever, in one event. */
const REASON_CHARACTERS_MAX = 1000;
/** What would break the line, or command the terminal that it is shown on; a tab does neither. */
const UNPRINTABLE = /[^\P{Cc}\t]/u;

export const detokenise = defineCommand<Options, [value: string[]]>({
  name: 'detokenise',
  summary: 'turn masked values of a field back',
  about:
    'Reads masked values from stdin, one a line, and prints what each stood for, one a line, with the ' +
    "operator's own key files. How many, of which field, by whom and why is on the audit log before " +
    'the first one is turned back, and what came of it after the last; without the log nothing is. ' +
    'A value that the mask of the field cannot have given is told by the number of its line, and its ' +
    'line stays empty. Tokens are looked up in the vault; those of shredded persons are gone. What fpe ' +
    'gives is not authenticated: any other text of the form turns into something, too, and so does ' +
    'every text under a key that did not mask it; the policy must be the one that masked. ' +
    'The reason is kept for ever, so write no value into it.',
  arguments: [noValueArgument()],
  options: [
    datasetOption(),
    new Option('--path <path>', 'the field, as the policy writes it').makeOptionMandatory(),
    new Option('--reason <text>', 'why, such as the number of the case').makeOptionMandatory(),
    new Option('--key <id>', 'of fpe: the key that masked (default: the active one)'),
    policyOption(),
    keyDirOption(),
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
    const dataset = readDataset(context, options);
    const field = fieldOf(dataset, options.path);
    requireReason(options.reason);
    const refused = await withBus(context, async (bus, audit) => {
      const opened = await openTurnBack(context, bus, options, dataset, field);
      try {
        const texts = await valueLines(context.terminal);
        const told = new ToldAccess(audit, dataset, field, options, texts.length);
        await told.begin();
        const values = await opened.turn(texts).catch(async (error: unknown) => {
          await told.end(0, asOurs(error).code);
          throw unknownKey(error, options);
        });
        const problems = await show(context, values);
        await told.end(values.filter((value) => Buffer.isBuffer(value)).length);
        return problems;
      } finally {
        opened.stop();
      }
    });
    if (refused > 0)
      return { exit: EXIT.finding, next: `${refused} of the values: was it this field's mask?` };
    return { next: 'see who turned what back: sealstream audit tail' };
  },
});

/** @throws SealstreamError USAGE for a path that is not in the policy */
function fieldOf(dataset: Dataset, path: string): Part {
  const parts = partsOf(dataset);
  const field = parts.find((one) => one.path === path);
  if (field !== undefined) return field;
  const paths = parts.map((one) => one.path);
  throw new SealstreamError(
    'USAGE',
    { dataset: dataset.name },
    `No field of the policy is called ${path}${didYouMean(path, paths)}.`,
  );
}

function requireReason(reason: string): void {
  if (reason.trim() !== '' && reason.length <= REASON_CHARACTERS_MAX) return;
  throw new SealstreamError(
    'USAGE',
    { reasonCharactersMax: REASON_CHARACTERS_MAX },
    'Say why with --reason, in one short text.',
  );
}

/** Waiting brings no key of an id that was mistyped. */
function unknownKey(error: unknown, { dataset, key }: Options): unknown {
  const isUnknown = error instanceof SealstreamError && error.code === 'KEY_UNKNOWN';
  if (!isUnknown || key === undefined) return error;
  return new SealstreamError(
    'USAGE',
    { dataset, key },
    'No key of this field has that id: see `sealstream keys list`.',
  );
}

/** The two events of one access, which hold counts and names. */
class ToldAccess {
  readonly #audit: CliAudit;
  readonly #dataset: string;
  readonly #details: Readonly<Record<string, string | number>>;

  constructor(
    audit: CliAudit,
    { name }: Dataset,
    { mask, path }: Part,
    { key, reason }: Options,
    values: number,
  ) {
    this.#audit = audit;
    this.#dataset = name;
    const named = key === undefined ? {} : { keyId: key };
    this.#details = { path, mask: mask.name, ...named, values, reason };
  }

  /** Resolves when the log has it. Throws what says that it has not. */
  begin(): Promise<void> {
    return this.#tell('detokenise-ordered', {});
  }

  end(turnedBack: number, failed?: ErrorCode): Promise<void> {
    return this.#tell('detokenised', { turnedBack, ...(failed && { failed }) });
  }

  #tell(
    type: 'detokenise-ordered' | 'detokenised',
    more: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    const details = { ...this.#details, ...more };
    return this.#audit.tell({ type, dataset: this.#dataset, details });
  }
}

/** @returns how many lines show no value */
async function show(
  { terminal }: Context,
  values: readonly (Buffer | ErrorCode)[],
): Promise<number> {
  let refused = 0;
  for (const [at, value] of values.entries()) {
    const line = at + 1;
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
