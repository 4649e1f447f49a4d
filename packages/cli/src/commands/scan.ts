import { existsSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';

import { SealstreamError } from '@sealstream/contracts';
import { type Dataset, datasetOf, samplePolicy } from '@sealstream/policy';
import { Option } from 'commander';

import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { draftFields } from '../draft-fields.ts';
import { EXIT } from '../exit-codes.ts';
import {
  fileArgument,
  type FileFormat,
  formatOption,
  openFile,
  withFormat,
} from '../file-input.ts';
import { tellFindings } from '../finding-lines.ts';
import { wholeNumber } from '../options.ts';
import { readPolicy } from '../policy-file.ts';
import { Progress } from '../progress.ts';
import { type ScannedPath, scannedPaths, unmetFields } from '../sample-findings.ts';
import { lookAt, sampleReader } from '../sample-reader.ts';
import { type FoundClass, SampleTree } from '../sample-tree.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';
import { roleIn, startsOf, tellRead } from '../topic-read.ts';

interface Options extends CommonOptions {
  readonly topic?: string;
  readonly max?: number;
  readonly format?: FileFormat;
  readonly policy?: string;
  readonly dataset?: string;
  readonly out?: string;
}

/** A topic has no end that one would wait for. */
const TOPIC_RECORDS = 10_000;

export const scan = defineCommand<Options, [file: string | undefined]>({
  name: 'scan',
  summary: 'find personal data in a sample, and draft a policy for it',
  about:
    'Tells of each path of a CSV or NDJSON file, or of a topic, how many values look like which class ' +
    'of personal data and how sure that is (1 to 100), in one pass and bounded memory. With --policy it ' +
    'says what the policy does with each; a field that looks personal and is kept, or is not named, is ' +
    'a finding, and rules that the sample never meets are told. --out writes a draft in which every ' +
    'class that was found has a fitting mask. A class counts from one value in ten. No value is ever ' +
    'shown; names of fields are, unless they look like values. Looking at a raw topic is told on the ' +
    'audit log first, as with tail.',
  arguments: [fileArgument()],
  options: [
    new Option('--topic <topic>', 'records of this topic instead of a file; sealed ones are none'),
    new Option(
      '--max <n>',
      `look at no more records (default: all of a file, ${TOPIC_RECORDS} of a topic)`,
    ).argParser(wholeNumber(1)),
    formatOption(),
    new Option('-p, --policy <file>', 'compare with this policy'),
    new Option(
      '-d, --dataset <name>',
      'the dataset of the policy (default: its only one), or of the draft',
    ),
    new Option('--out <file>', 'write a draft policy; a file that is there is never overwritten'),
  ],
  examples: [
    ['sealstream scan people.csv --out draft.yaml', 'a first policy from what is in the file'],
    [
      'sealstream scan people.csv --policy sealstream.yaml --dataset people',
      'what of it the policy keeps or does not name',
    ],
    ['sealstream scan --topic raw.people --max 1000', 'a topic that flows already'],
  ],
  exits: {
    0: 'nothing personal is kept or unnamed; or no policy to compare with was given',
    1: 'a field looks personal, and the policy keeps it or does not name it',
  },
  run: async (context, options, file) => {
    const { out, topic } = options;
    if (file !== undefined && topic !== undefined)
      throw new SealstreamError('USAGE', { file, topic }, 'Scan a file or a topic, one of them.');
    if (out !== undefined && existsSync(out))
      throw new SealstreamError('FILE_EXISTS', { file: out });
    const dataset = datasetOfPolicy(context, options);
    const tree = new SampleTree();
    if (topic === undefined) await readFile(context, options, file, tree);
    else await readTopic(context, options, topic, tree);
    const paths = tree.paths();
    const scanned = scannedPaths(paths, dataset);
    tell(context, scanned, tree.records);
    const unmet = dataset === undefined ? [] : unmetFields(dataset, paths);
    if (unmet.length > 0)
      context.terminal.note(`the sample never meets ${unmet.join(', ')}`, { unmet });
    if (out !== undefined)
      writeFileSync(out, samplePolicy(draftName(options, file), draftFields(paths)), {
        flag: 'wx',
      });
    return outcome(scanned, options);
  },
});

function datasetOfPolicy(context: Context, { dataset, policy }: Options): Dataset | undefined {
  if (policy === undefined) return undefined;
  const read = readPolicy(context, { policy });
  if (dataset !== undefined) return datasetOf(read, dataset);
  const [only, ...more] = read.datasets.values();
  if (more.length === 0) return only;
  const names = [...read.datasets.keys()].join(', ');
  throw new SealstreamError('USAGE', { file: policy }, `Name one of its datasets: ${names}.`);
}

async function readFile(
  context: Context,
  { format, max = Number.POSITIVE_INFINITY }: Options,
  file: string | undefined,
  tree: SampleTree,
): Promise<void> {
  const { terminal } = context;
  const input = openFile(terminal, file);
  const formatted = await withFormat(input, format);
  const reader = sampleReader(formatted.format, tree, max);
  const progress = new Progress(terminal, 'scan', input.sizeBytes);
  let doneBytes = 0;
  for await (const chunk of formatted.chunks) {
    tellFindings(terminal, input.name, reader.write(chunk));
    doneBytes += chunk.length;
    progress.show(doneBytes, tree.records);
    if (tree.records >= max) break;
  }
  tellFindings(terminal, input.name, reader.end());
  progress.end();
}

async function readTopic(
  context: Context,
  { dataset, max = TOPIC_RECORDS, policy }: Options,
  topic: string,
  tree: SampleTree,
): Promise<void> {
  const options = {
    ...(policy !== undefined && { policy, ...(dataset !== undefined && { dataset }) }),
    max,
  };
  const found = roleIn(context, options, topic);
  if (found !== undefined && !['raw', 'masked'].includes(found.role))
    throw new SealstreamError('USAGE', { topic }, 'Its records are sealed; scan the raw topic.');
  await withBus(context, async (bus, audit) => {
    const starts = await startsOf(bus, topic, options);
    if (found?.role === 'raw') await tellRead({ bus, audit, topic, starts }, options, found);
    for await (const { partition, records } of bus.read({ starts, until: 'end' })) {
      for (const { offset, value } of records) {
        if (tree.records >= max) return;
        if (value === null) continue;
        const code = lookAt(tree, value);
        if (code !== undefined)
          context.terminal.note(`${topic} ${partition}:${offset}: ${code}`, {
            finding: { topic, partition, offset: String(offset), code },
          });
      }
    }
  });
}

/** After the topic or the file, in letters that a dataset may have. */
function draftName({ dataset, topic }: Options, file: string | undefined): string {
  if (dataset !== undefined) return dataset;
  if (topic !== undefined) return topic.replace(/^raw\./, '');
  const name = file === undefined || file === '-' ? 'sample' : basename(file, extname(file));
  return name.replaceAll(/[^\w.-]+/g, '_');
}

function outcome(scanned: readonly ScannedPath[], { out, policy }: Options): Outcome {
  const findings = scanned.filter(({ finding }) => finding !== undefined);
  if (findings.length > 0)
    return {
      exit: EXIT.finding,
      next: 'mask what is named above, or say why not; see what is kept: sealstream explain',
    };
  if (out !== undefined) return { next: `look through the draft: sealstream validate ${out}` };
  if (policy === undefined) return { next: 'draft a policy: add --out draft.yaml' };
  return { next: 'see what becomes of each field: sealstream explain' };
}

const listed = (found: readonly FoundClass[]): string =>
  found.map(({ class: name, score, values }) => `${name} ${values} (${score})`).join(', ');

function looksLike({ classes, inside }: ScannedPath): string {
  const text = inside.length === 0 ? '' : `in texts: ${listed(inside)}`;
  return [listed(classes), text].filter((part) => part !== '').join('; ') || '-';
}

function tell({ terminal }: Context, scanned: readonly ScannedPath[], records: number): void {
  if (terminal.json) {
    for (const path of scanned) terminal.sayJson(path);
    terminal.sayJson({ records });
    return;
  }
  const hasPolicy = scanned.some(({ finding, field }) => (finding ?? field) !== undefined);
  const heads = [
    'field',
    'values',
    'looks like',
    ...(hasPolicy ? ['mask', 'encrypt', 'finding'] : []),
  ];
  const rows = scanned.map((path) => [
    path.path,
    String(path.values),
    looksLike(path),
    ...(hasPolicy ? [path.mask ?? '-', path.encrypt ?? '-', path.finding ?? ''] : []),
  ]);
  for (const line of textTable(
    heads.map((head) => ({ head })),
    rows,
  ))
    terminal.say(line);
  terminal.say(`${records} records`);
}
