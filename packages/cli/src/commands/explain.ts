import { SealstreamError } from '@sealstream/contracts';
import { didYouMean, type Explained, explain as explained, partsOf } from '@sealstream/policy';
import { Argument } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { oneDatasetOption, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { textTable } from '../table.ts';

interface Options extends PolicyOptions, CommonOptions {
  readonly dataset?: string;
}

export const explain = defineCommand<Options, [field: string | undefined]>({
  name: 'explain',
  summary: 'say what becomes of a field, and who can read it',
  about:
    'Says of each field, of the record key and of headers what stands on masked and on encrypted, ' +
    'what of it can be read there, who gets the value back, and what a shred of its subject ' +
    'changes. A rule that a preset gave has its name behind it. Needs no server and no key.',
  arguments: [new Argument('[field]', 'path of one field, such as /ssn; all if not given')],
  options: [oneDatasetOption(), policyOption()],
  examples: [
    ['sealstream explain /ssn', 'one field, on both outputs'],
    ['sealstream explain --dataset people --json', 'everything, for a program'],
  ],
  run: (context, options, field) => {
    const { terminal } = context;
    const datasets = datasetsOf(context, options);
    const rows = datasets.flatMap((dataset) =>
      explained(dataset, field).map((part) => ({ dataset: dataset.name, ...part })),
    );
    if (rows.length === 0 && field !== undefined) {
      const paths = datasets.flatMap(partsOf).map(({ path }) => path);
      const near = didYouMean(field, paths);
      throw new SealstreamError('USAGE', { field }, `The policy does not name it${near}`);
    }
    if (terminal.json) for (const row of rows) terminal.sayJson(row);
    else for (const line of table(rows)) terminal.say(line);
    return Promise.resolve({
      next: 'see it happen: sealstream apply --stage mask --dataset NAME FILE',
    });
  },
});

function table(rows: readonly Explained[]): string[] {
  const heads = ['field', 'topic', 'treatment', 'readers see', 'gets it back', 'after a shred'];
  return textTable(
    heads.map((head) => ({ head })),
    rows.map(({ afterShred, back, keeps, path, preset, topic, treatment }) => [
      path,
      topic,
      preset === undefined ? treatment : `${treatment} (${preset})`,
      keeps,
      back,
      afterShred,
    ]),
  );
}
