import { SealstreamError } from '@sealstream/contracts';
import { Argument, InvalidArgumentError, Option } from 'commander';

import { openKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import {
  keyDirOption,
  type KeyOptions,
  oneDatasetOption,
  policyOption,
  wholeNumber,
} from '../options.ts';
import { recordLine } from '../record-line.ts';
import { OPENING_PURPOSE, type RecordOpener, recordOpener, unopened } from '../record-opener.ts';
import { withBus } from '../servers.ts';
import { type ReadOptions, roleIn, startsOf, tellRead, type TopicRead } from '../topic-read.ts';
import type { TopicRole } from '../topic-role.ts';

interface Options extends ReadOptions, KeyOptions, CommonOptions {}

export const tail = defineCommand<Options, [topic: string]>({
  name: 'tail',
  summary: 'show records of a topic, opened on request',
  about:
    'Shows committed records as JSON, one a line: partition, offset, time, key, value and the source ' +
    'coordinate. With --open, records of accepted, rejected and encrypted topics are opened with the ' +
    "operator's own key files; that read, and one of a raw topic, is on the audit log before the " +
    'first record is shown. Ends at the end of the topic unless --follow is given.',
  arguments: [new Argument('<topic>', 'any topic')],
  options: [
    new Option('--open', 'open sealed records'),
    new Option(
      '--from <where>',
      'beginning, end, or an offset (default: beginning; with --follow: end)',
    ).argParser(beginning),
    new Option('--max <n>', 'show at most so many').argParser(wholeNumber(1)),
    new Option('-f, --follow', 'wait for more, until Ctrl-C'),
    oneDatasetOption(),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    ['sealstream tail masked.people --max 5', 'the first five that are kept'],
    ['sealstream tail encrypted.people --open --max 1', 'one record, opened again'],
    ['sealstream tail rejected.people --follow', 'rejects as they come, with their reasons'],
  ],
  exits: { 1: 'a record did not open' },
  opensKeys: ({ open }) => open === true,
  run: async (context, options, topic) => {
    const found = roleIn(context, options, topic);
    const { failed, shown } = await withBus(context, async (bus, audit) => {
      const starts = await startsOf(bus, topic, options);
      if (options.open === true)
        return openAndShow(context, { bus, audit, topic, starts }, options, found);
      const work = { bus, audit, topic, starts };
      // A raw topic is plaintext: reading it is an access like opening.
      if (found?.role === 'raw') await tellRead(work, options, found);
      return show(context, work, options, unopened(found?.role, found?.dataset));
    });
    if (failed > 0)
      return { exit: EXIT.finding, next: `${failed} did not open: who wrote to ${topic}?` };
    if (shown === 0) return { next: 'nothing there yet; wait for more with --follow' };
    const canOpen = found !== undefined && OPENING_PURPOSE[found.role] !== undefined;
    if (canOpen && options.open !== true) return { next: 'see what is inside: add --open' };
    return { next: 'see who read and what was done: sealstream audit tail' };
  },
});

interface Shown {
  readonly shown: number;
  readonly failed: number;
}

async function openAndShow(
  context: Context,
  work: TopicRead,
  options: Options,
  found: TopicRole | undefined,
): Promise<Shown> {
  if (found === undefined)
    throw new SealstreamError('USAGE', { topic: work.topic }, 'No dataset has this topic.');
  const purpose = OPENING_PURPOSE[found.role];
  if (purpose === undefined)
    throw new SealstreamError('USAGE', { topic: work.topic }, 'Its records are not sealed.');
  const { name } = found.dataset;
  const hasSubjects = found.role === 'encrypted' && found.dataset.subject !== undefined;
  const keys = await openKeys(context, work.bus, options, {
    dataset: name,
    purposes: [purpose],
    subjects: hasSubjects ? 'open' : undefined,
  });
  try {
    await tellRead(work, options, found);
    const opener = recordOpener(found.role, found.dataset, keys.keys);
    return await show(context, work, options, opener);
  } finally {
    keys.stop();
  }
}

async function show(
  context: Context,
  { bus, starts }: TopicRead,
  { follow, max = Number.POSITIVE_INFINITY }: Options,
  open: RecordOpener,
): Promise<Shown> {
  const until = follow === true ? {} : { until: 'end' as const };
  const signal = follow === true ? { signal: context.interrupted() } : {};
  let shown = 0;
  let failed = 0;
  for await (const { partition, records } of bus.read({ starts, ...until, ...signal })) {
    const wanted = records.slice(0, max - shown);
    const opened = await open(wanted);
    for (const [at, record] of wanted.entries()) {
      if (opened[at].error !== undefined) failed += 1;
      await context.terminal.write(`${recordLine(partition, record, opened[at])}\n`);
    }
    shown += wanted.length;
    if (shown >= max) break;
  }
  return { shown, failed };
}

function beginning(text: string): 'beginning' | 'end' | bigint {
  if (text === 'beginning' || text === 'end') return text;
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('It must be beginning, end or an offset.');
}
