import type { Bus } from '@sealstream/bus';
import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  namedUsage,
  type NamedUsage,
  type ScannedTopics,
  scanUsage,
  usageTopics,
} from '@sealstream/key-care';
import { Argument, InvalidArgumentError, Option } from 'commander';

import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { wayOf } from '../access/access-way.ts';
import type { AccessClient } from '../access/access-client.ts';
import { RemoteKeyCare } from '../access/remote-key-care.ts';
import { noteRunningAccess } from '../access/running-access.ts';
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

interface Options extends PolicyOptions, KeyOptions, BreakGlassOptions, CommonOptions {
  readonly purpose?: Purpose;
  readonly key?: readonly string[];
  readonly dataset?: string;
  readonly from?: number;
}

const KEY_ID = /^[\w-]{12}$/;

export const keysUsage = defineCommand<Options, [topics: string[]]>({
  name: 'usage',
  summary: 'count the records under each key on topics',
  about:
    'Reads topics to their ends and counts, for each key of a keyset, the records that name it and ' +
    'the time of the first and the last one. Nothing is opened: a sealed record names its key ' +
    'at its beginning, and tokens, JWE and Fernet tokens are found as text, also on a copy of a ' +
    'topic under any name. Keys of single subjects are not told apart. Other copies are not seen, and ' +
    'neither is what a producer has sealed and not sent, what stands sealed inside a reject, or what ' +
    'fpe and tokenise masked. Through access the topics of a dataset are read, but for raw, and of one ' +
    'key that is named with its purpose it is told as well what stands against its end.',
  arguments: [new Argument('[topics...]', 'any topics; or those of --dataset')],
  options: [
    oneDatasetOption(),
    new Option(
      '--from <when>',
      'beginning (default), a time such as 2026-05-01T12:00:00Z, or how long ago, such as 7d',
    ).argParser(since),
    policyOption(),
    keyDirOption(),
    new Option('--purpose <purpose>', 'only keys of this purpose').choices(KEYSET_PURPOSES),
    new Option('--key <id>', 'only this key; several times for several').argParser(keyIds),
    breakGlassOption(),
  ],
  examples: [
    ['sealstream keys usage --dataset people', 'which keys are still needed'],
    ['sealstream keys usage copies.people --from 7d', 'a topic of your own, the last week'],
    ['sealstream keys usage --dataset people --purpose field', 'the keys of sealed fields alone'],
  ],
  run: async (context, options, topics) => {
    const found = await wayOf<Counted>(context, options, {
      direct: () => counted(context, options, topics),
      throughAccess: (client) => countedRemotely(context, client, options, topics),
    });
    show(context, found);
    return { next: 'end one that is nowhere any more: sealstream keys destroy' };
  },
});

/** What was counted, as far as it is known. */
interface Counted extends Partial<Pick<ScannedTopics, 'others'>> {
  readonly usage: readonly NamedUsage[];
  readonly records: number;
  /** Through access: what stands against the end of the key. */
  readonly why?: readonly string[];
}

async function counted(
  context: Context,
  options: Options,
  topics: readonly string[],
): Promise<Counted> {
  const wanted = wantedTopics(context, options, topics);
  const { keysets, scanned } = await withBus(context, async (bus) => {
    await noteRunningAccess(context, bus);
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
  const { key, purpose } = options;
  const usage = namedUsage(scanned.usage, keysets, { keyIds: key, purpose });
  const { others, records } = scanned;
  return { usage, records, others };
}

async function countedRemotely(
  { terminal }: Context,
  client: AccessClient,
  { dataset, from, key, purpose }: Options,
  topics: readonly string[],
): Promise<Counted> {
  if (topics.length > 0 || dataset === undefined)
    throw new SealstreamError(
      'USAGE',
      { option: '--dataset' },
      'Through access the topics of a --dataset are read, and no others.',
    );
  const care = new RemoteKeyCare(client, terminal);
  const [one, ...more] = key ?? [];
  if (one === undefined || more.length > 0 || purpose === undefined || from !== undefined) {
    const { others, records, usage } = await care.usages(dataset, {
      fromMs: from,
      keyIds: key,
      purpose,
    });
    return { usage, records, others };
  }
  const { records, state, usage, why } = await care.usage({ dataset, purpose, key: one });
  const keyset = `${purpose}/${dataset}`;
  return { usage: usage.map((row) => ({ keyset, state, keyId: one, ...row })), records, why };
}

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

function show({ terminal }: Context, counted: Counted): void {
  if (terminal.json) {
    terminal.sayJson(counted);
    return;
  }
  const { others, records, usage, why } = counted;
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
  if (others === undefined) terminal.say(`${records} records name it`);
  else terminal.say(`${records} records read, ${others} with keys of subjects or unknown ones`);
  if (why !== undefined) terminal.say(`against its end: ${why.join(', ') || 'nothing'}`);
}

function keyIds(text: string, before: readonly string[] = []): readonly string[] {
  if (!KEY_ID.test(text)) throw new InvalidArgumentError('It is no key id of `keys list`.');
  return [...before, text];
}

function since(text: string): number | undefined {
  return text === 'beginning' ? undefined : pointInTime(text);
}
