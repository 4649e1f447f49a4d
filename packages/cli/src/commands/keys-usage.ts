import type { Bus } from '@sealstream/bus';
import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import { type KeyUsage, type ScannedTopics, scanUsage, usageTopics } from '@sealstream/key-care';
import type { ListedKeyset } from '@sealstream/keyring';
import { Argument, Option } from 'commander';

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
  readonly key?: string;
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
    'fpe and tokenise masked. Through access it is one key of a dataset at a time.',
  arguments: [new Argument('[topics...]', 'any topics; or those of --dataset')],
  options: [
    oneDatasetOption(),
    new Option(
      '--from <when>',
      'beginning (default), a time such as 2026-05-01T12:00:00Z, or how long ago, such as 7d',
    ).argParser(since),
    policyOption(),
    keyDirOption(),
    new Option('--purpose <purpose>', 'with --key: the purpose of the key').choices(
      KEYSET_PURPOSES,
    ),
    new Option('--key <id>', 'only this key; through access that is needed'),
    breakGlassOption(),
  ],
  examples: [
    ['sealstream keys usage --dataset people', 'which keys are still needed'],
    ['sealstream keys usage copies.people --from 7d', 'a topic of your own, the last week'],
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
  readonly usage: readonly ShownUsage[];
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
  const all = named(scanned.usage, keysets);
  const { key } = options;
  const usage = key === undefined ? all : all.filter(({ keyId }) => keyId === key);
  const { others, records } = scanned;
  return { usage, records, others };
}

async function countedRemotely(
  { terminal }: Context,
  client: AccessClient,
  { dataset, from, key, purpose }: Options,
  topics: readonly string[],
): Promise<Counted> {
  if (dataset === undefined || key === undefined || purpose === undefined)
    throw new SealstreamError('USAGE', {}, 'Through access name --dataset, --purpose and --key.');
  if (topics.length > 0 || from !== undefined)
    throw new SealstreamError('USAGE', {}, 'Through access all topics of the dataset are read.');
  const named = { dataset, purpose, key };
  const { records, state, usage, why } = await new RemoteKeyCare(client, terminal).usage(named);
  const keyset = `${purpose}/${dataset}`;
  return { usage: usage.map((one) => ({ keyset, state, keyId: key, ...one })), records, why };
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

function named(usage: readonly KeyUsage[], keysets: readonly ListedKeyset[]): ShownUsage[] {
  const order = keysets.flatMap(({ keys, name }) =>
    keys.map(({ id, state }) => ({ id, keyset: name, state })),
  );
  return order.flatMap(({ id, keyset, state }) =>
    usage.filter(({ keyId }) => keyId === id).map((one) => ({ keyset, state, ...one })),
  );
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

function since(text: string): number | undefined {
  return text === 'beginning' ? undefined : pointInTime(text);
}
