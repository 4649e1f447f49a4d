import type { Bus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import { type KeyUsage, type ScannedTopics, scanUsage, usageTopics } from '@sealstream/key-care';
import type { ListedKeyset } from '@sealstream/keyring';
import { Argument, Option } from 'commander';

import { openAdmin } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import {
  keyDirOption,
  type KeyOptions,
  oneDatasetOption,
  pointInTime,
  type PolicyOptions,
  policyOption,
} from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { ScanProgress } from '../scan-progress.ts';
import { withBus } from '../servers.ts';
import { textTable } from '../table.ts';

interface Options extends PolicyOptions, KeyOptions, CommonOptions {
  readonly dataset?: string;
  readonly from?: number;
}

/** Where a key is found, with what its keyset says of it. */
interface ShownUsage extends KeyUsage {
  readonly keyset: string;
  readonly state: string;
}

export const keysUsage = defineCommand<Options, [topics: string[]]>({
  name: 'usage',
  summary: 'count the records under each key on topics',
  about:
    'Reads topics to their ends and counts, for each key of a keyset, the records that name it and ' +
    'the time of the first and the last one. Nothing is opened: a sealed record names its key ' +
    'at its beginning, and tokens, JWE and Fernet tokens are found as text, also on a copy of a ' +
    'topic under any name. Keys of single subjects are not told apart. Other copies are not seen, and ' +
    'neither is what a producer has sealed and not sent, what stands sealed inside a reject, or what ' +
    'fpe and tokenise masked.',
  arguments: [new Argument('[topics...]', 'any topics; or those of --dataset')],
  options: [
    oneDatasetOption(),
    new Option(
      '--from <when>',
      'beginning (default), a time such as 2026-05-01T12:00:00Z, or how long ago, such as 7d',
    ).argParser(since),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    ['sealstream keys usage --dataset people', 'which keys are still needed'],
    ['sealstream keys usage copies.people --from 7d', 'a topic of your own, the last week'],
  ],
  run: async (context, options, topics) => {
    const wanted = wantedTopics(context, options, topics);
    const { keysets, scanned } = await withBus(context, async (bus) => {
      const admin = await openAdmin(context, bus, options, []);
      const progress = new ScanProgress(context.terminal);
      try {
        const listed = await admin.list();
        const known = new Set(listed.flatMap(({ keys }) => keys.map(({ id }) => id)));
        const found = await scanUsage(bus, await wanted(bus), known, {
          fromMs: options.from,
          onProgress: progress.onProgress,
        });
        return { keysets: listed, scanned: found };
      } finally {
        progress.end();
        admin.stop();
      }
    });
    show(context, scanned, named(scanned.usage, keysets));
    return { next: 'end one that is nowhere any more: sealstream keys destroy' };
  },
});

function wantedTopics(
  context: Context,
  options: Options,
  topics: readonly string[],
): (bus: Pick<Bus, 'admin'>) => Promise<readonly string[]> {
  if (topics.length > 0 === (options.dataset !== undefined))
    throw new SealstreamError('USAGE', { option: '--dataset' }, 'Name topics, or a --dataset.');
  if (topics.length > 0) return () => Promise.resolve(topics);
  const [dataset] = datasetsOf(context, options);
  return async (bus) => {
    const found = await usageTopics(bus, dataset);
    if (found.length > 0) return found;
    throw new SealstreamError('TOPIC_MISSING', { topic: dataset.topics.raw });
  };
}

function named(usage: readonly KeyUsage[], keysets: readonly ListedKeyset[]): ShownUsage[] {
  const order = keysets.flatMap(({ keys, name }) =>
    keys.map(({ id, state }) => ({ id, keyset: name, state })),
  );
  return order.flatMap(({ id, keyset, state }) =>
    usage.filter(({ keyId }) => keyId === id).map((one) => ({ keyset, state, ...one })),
  );
}

function show(
  { terminal }: Context,
  { others, records }: ScannedTopics,
  usage: readonly ShownUsage[],
): void {
  if (terminal.json) {
    terminal.sayJson({ usage, records, others });
    return;
  }
  const rows = usage.map((one) => [
    one.keyset,
    one.keyId,
    one.state,
    one.topic,
    String(one.records),
    one.first,
    one.last,
  ]);
  const heads = ['keyset', 'key', 'state', 'topic', 'records', 'first', 'last'];
  const columns = heads.map((head) =>
    head === 'records' ? ({ head, align: 'right' } as const) : { head },
  );
  for (const line of textTable(columns, rows)) terminal.say(line);
  terminal.say(`${records} records read, ${others} with keys of subjects or unknown ones`);
}

function since(text: string): number | undefined {
  return text === 'beginning' ? undefined : pointInTime(text);
}
