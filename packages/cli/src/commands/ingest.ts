import type { Bus } from '@sealstream/bus';
import { type KeySource, ProducerCipher } from '@sealstream/crypto';
import type { Dataset } from '@sealstream/policy';

import { type ClusterKeys, openKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
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
import {
  type DatasetOptions,
  datasetOption,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { Progress } from '../progress.ts';
import { recordFile } from '../record-file.ts';
import { SpreadWriter } from '../spread-writer.ts';
import { withBus } from '../servers.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends DatasetOptions, KeyOptions, ColumnsOptions, CommonOptions {
  readonly format?: FileFormat;
}

export const ingest = defineCommand<Options, [file: string | undefined]>({
  name: 'ingest',
  summary: "publish a file's rows to the raw topic",
  about:
    'Publishes each CSV row as one JSON object (declared numbers and booleans converted), or each ' +
    'NDJSON line as it stands, to the raw topic of the dataset, where the service ingest takes it ' +
    'on. Records have no key and go to the partitions in turn, in batches. A row that cannot become ' +
    'a record is named on stderr; all others are published. When the policy says `producerSeal: ' +
    'required`, each is sealed to the key pair of the purpose producer before it leaves.',
  arguments: [fileArgument()],
  options: [datasetOption(), policyOption(), formatOption(), columnsOption(), keyDirOption()],
  examples: [
    ['sealstream ingest people.csv --dataset people', 'a CSV file with a header row'],
    ['sealstream ingest --dataset people --format ndjson -', 'JSON objects from stdin, one a line'],
  ],
  exits: { 0: 'every row is published', 1: 'a row was bad; all others are published' },
  run: async (context, options, file) => {
    const { terminal } = context;
    const dataset = readDataset(context, options);
    const input = openFile(terminal, file);
    const { chunks, format } = await withFormat(input, options.format);
    const progress = new Progress(terminal, 'ingest', input.sizeBytes);
    let bad = 0;
    let doneBytes = 0;
    const published = await withBus(context, async (bus) => {
      const writer = await SpreadWriter.open(bus, dataset.topics.raw);
      const work = recordFile(format, dataset, columnsOf(options, format));
      const keys = await producerKeys(context, bus, options, dataset);
      const asSent = valueAsSent(dataset.name, keys?.keys);
      const pass = async ({ findings, values }: ReturnType<typeof work.end>) => {
        tellFindings(terminal, input.name, findings);
        bad += findings.length;
        for (const value of values) await writer.write(asSent(value));
        progress.show(doneBytes, writer.records);
      };
      try {
        for await (const chunk of chunks) {
          doneBytes += chunk.length;
          await pass(work.write(chunk));
        }
        await pass(work.end());
        await writer.end();
      } catch (error) {
        tellCutShort(terminal, dataset, writer);
        throw error;
      } finally {
        progress.end();
        keys?.stop();
      }
      return writer.records;
    });
    const topic = dataset.topics.raw;
    if (terminal.json) terminal.sayJson({ topic, published, bad });
    else terminal.say(`${published} records published to ${topic}, ${bad} rows bad`);
    if (bad > 0)
      return { exit: EXIT.finding, next: 'mend the rows named above and publish those again' };
    return { next: `see them masked: sealstream tail ${dataset.topics.masked}` };
  },
});

/** Run again, the command would publish these rows a second time. */
function tellCutShort(
  terminal: Terminal,
  { topics }: Dataset,
  { acked, records }: SpreadWriter,
): void {
  const more = records - acked;
  terminal.note(
    `${acked} records stand on ${topics.raw} already, and up to ${more} of the next ${more} may`,
    { topic: topics.raw, published: acked, unknown: more },
  );
}

/** The keys to seal to; undefined where plain records may stand on raw. */
async function producerKeys(
  context: Context,
  bus: Bus,
  options: KeyOptions,
  { name, producerSeal }: Dataset,
): Promise<ClusterKeys | undefined> {
  if (producerSeal !== 'required') return undefined;
  return openKeys(context, bus, options, { dataset: name, purposes: [], sealTo: ['producer'] });
}

function valueAsSent(dataset: string, keys: KeySource | undefined): (value: Buffer) => Buffer {
  if (keys === undefined) return (value) => value;
  const cipher = new ProducerCipher(dataset);
  return (value) => cipher.seal(keys, null, value);
}
