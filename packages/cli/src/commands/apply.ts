import { csvFile, ndjsonFile, type Stage, Tally } from '@sealstream/policy';
import { Option } from 'commander';

import { applyKeys } from '../apply-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import {
  columnsOf,
  columnsOption,
  type ColumnsOptions,
  fileArgument,
  type FileFormat,
  formatOption,
  openFile,
  withFormat,
} from '../file-input.ts';
import { tellFindings } from '../finding-lines.ts';
import { type DatasetOptions, datasetOption, policyOption } from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { Progress } from '../progress.ts';

interface Options extends DatasetOptions, ColumnsOptions, CommonOptions {
  readonly stage: Stage;
  readonly format?: FileFormat;
  readonly keyring?: string;
}

const NEXT: Readonly<Record<Stage, string>> = {
  mask: 'seal the same file: sealstream apply --stage encrypt; or send it: sealstream ingest FILE',
  encrypt: 'open it again: sealstream apply --stage open',
  open: 'send the file through Kafka: sealstream ingest FILE',
};

export const apply = defineCommand<Options, [file: string | undefined]>({
  name: 'apply',
  summary: 'mask, encrypt or open a file, without Kafka',
  about:
    'Does to a file or stdin what the stage would do to records, row by row in bounded memory; the ' +
    'output keeps the format and every byte that the policy does not touch. A bad row gives nothing ' +
    'on stdout and its line and code on stderr. Without --keyring, keys are in ' +
    '.sealstream/apply-keyring.json, which is made when a key is first needed; --stage open never ' +
    'makes one.',
  arguments: [fileArgument()],
  options: [
    new Option('-s, --stage <stage>', 'what to do')
      .choices(['mask', 'encrypt', 'open'])
      .makeOptionMandatory(),
    datasetOption(),
    policyOption(),
    formatOption(),
    columnsOption(),
    new Option('--keyring <file>', 'the keys (default: .sealstream/apply-keyring.json)'),
  ],
  examples: [
    [
      'sealstream apply --stage mask --dataset people people.csv',
      'the CSV with what the policy masks replaced',
    ],
    [
      'sealstream apply -s encrypt -d people people.csv | sealstream apply -s open -d people',
      'gives people.csv back, byte for byte',
    ],
  ],
  exits: { 0: 'every row is treated', 1: 'a row was bad; all others are treated' },
  run: async (context, options, file) => {
    const { terminal } = context;
    const { stage } = options;
    const dataset = readDataset(context, options);
    const input = openFile(terminal, file);
    const { chunks, format } = await withFormat(input, options.format);
    const keys = applyKeys(context, options.keyring, stage);
    const columns = columnsOf(options, format);
    const work =
      format === 'csv'
        ? csvFile(dataset, stage, keys, new Tally(), columns)
        : ndjsonFile(dataset, stage, keys, new Tally());
    const progress = new Progress(terminal, stage, input.sizeBytes);
    let doneBytes = 0;
    let records = 0;
    let bad = 0;
    const pass = async (output: ReturnType<typeof work.end>) => {
      tellFindings(terminal, input.name, output.findings);
      records += output.records;
      bad += output.findings.length;
      if (output.bytes.length > 0) await terminal.write(output.bytes);
    };
    for await (const chunk of chunks) {
      await pass(work.write(chunk));
      doneBytes += chunk.length;
      // Rows that scroll by show well enough how far it is.
      if (!terminal.isOnScreen) progress.show(doneBytes, records);
    }
    await pass(work.end());
    progress.end();
    if (bad === 0) return { next: NEXT[stage] };
    terminal.note(`${records} rows treated, ${bad} bad`, { records, bad });
    return {
      exit: EXIT.finding,
      next: 'mend the rows named above; each code is in docs/errors.md',
    };
  },
});
