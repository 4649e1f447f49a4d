import type { Bus } from '@sealstream/bus';
import { SealstreamError, stageGroup } from '@sealstream/contracts';
import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import {
  type DatasetOptions,
  datasetOption,
  pointInTime,
  policyOption,
  wholeNumber,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { STAGE_SOURCES, type StageName } from '../stages.ts';

type Target = 'earliest' | 'latest' | { readonly offset: bigint } | { readonly atMs: number };

interface Options extends DatasetOptions, CommonOptions {
  readonly stage: StageName;
  readonly to: Target;
  readonly partition?: number;
}

export const offsetsSet = defineCommand<Options>({
  name: 'set',
  summary: 'set where a stopped stage goes on',
  about:
    'Moves the committed offset of a stage. Going back makes it write its outputs again; going ' +
    'ahead skips records for good. It refuses while a process of the stage lives, and tells the ' +
    'audit log before it changes anything.',
  options: [
    datasetOption(),
    new Option('-s, --stage <stage>', 'which stage')
      .choices(Object.keys(STAGE_SOURCES))
      .makeOptionMandatory(),
    new Option('--to <position>', 'earliest, latest, an offset, or a time (RFC 3339, or 2h ago)')
      .argParser(target)
      .makeOptionMandatory(),
    new Option('--partition <n>', 'only this partition (default: all)').argParser(wholeNumber(0)),
    policyOption(),
  ],
  examples: [
    ['sealstream offsets set --dataset people --stage mask --to earliest', 'all partitions'],
    [
      'sealstream offsets set --dataset people --stage mask --to 1200 --partition 3',
      'one partition, to offset 1200',
    ],
    ['sealstream offsets set --dataset people --stage encrypt --to 2h', 'to two hours ago'],
  ],
  run: async (context, options) => {
    const { name, topics } = readDataset(context, options);
    const { stage } = options;
    const topic = topics[STAGE_SOURCES[stage]];
    const group = stageGroup(stage, name);
    const set = await withBus(context, async (bus, audit) => {
      if ((await bus.admin.members(group)).length > 0)
        throw new SealstreamError('GROUP_HAS_MEMBERS', { group });
      const moves = await movesOf(bus, topic, group, options);
      for (const { from, partition, to } of moves)
        await audit.tell({
          type: 'offsets-set',
          dataset: name,
          details: { stage, topic, partition, from: String(from), to: String(to) },
        });
      for (const { partition, to } of moves)
        await bus.admin.setCommitted(group, topic, partition, to);
      return moves;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ stage, dataset: name, topic, set });
    else
      for (const { from, partition, to } of set)
        terminal.say(`${topic}/${partition}: ${from ?? 'none'} to ${to}`);
    return { next: `start ${stage} again; sealstream offsets show tells how it gets on` };
  },
});

interface Move {
  readonly partition: number;
  readonly from: bigint | null;
  readonly to: bigint;
}

async function movesOf(
  bus: Bus,
  topic: string,
  group: string,
  { partition: only, to }: Options,
): Promise<Move[]> {
  const count = await bus.admin.partitionCount(topic);
  if (count === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
  if (only !== undefined && only >= count)
    throw new SealstreamError('USAGE', { topic, partitions: count }, 'There is no such partition.');
  const partitions = only === undefined ? [...Array(count).keys()] : [only];
  return Promise.all(
    partitions.map(async (partition) => {
      const { offset } = await bus.admin.committed(group, topic, partition);
      const position = await positionOf(bus, topic, partition, to);
      return { partition, from: offset < 0n ? null : offset, to: position };
    }),
  );
}

async function positionOf(bus: Bus, topic: string, partition: number, to: Target): Promise<bigint> {
  const at = (query: 'earliest' | 'latest') => bus.admin.offset(topic, partition, query);
  if (to === 'earliest' || to === 'latest') return at(to);
  if ('atMs' in to) {
    const found = await bus.admin.offset(topic, partition, to);
    return found < 0n ? at('latest') : found;
  }
  const [first, last] = await Promise.all([at('earliest'), at('latest')]);
  if (to.offset < first || to.offset > last)
    throw new SealstreamError(
      'USAGE',
      { topic, partition, earliest: first, latest: last },
      'Give an offset within the log.',
    );
  return to.offset;
}

function target(text: string): Target {
  if (text === 'earliest' || text === 'latest') return text;
  return /^\d{1,19}$/.test(text) ? { offset: BigInt(text) } : { atMs: pointInTime(text) };
}
