import { type Bus, RecordBatchWriter } from '@sealstream/bus';
import { auditTopic, type BatchEvent, type Purpose, SealstreamError } from '@sealstream/contracts';
import { acceptedStage } from '@sealstream/flow';
import { type Dataset, stagePlan } from '@sealstream/policy';
import { endsOf, runToEnd, valueSubject } from '@sealstream/service';
import { Option } from 'commander';

import { openKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import {
  type DatasetOptions,
  datasetOption,
  keyDirOption,
  type KeyOptions,
  pointInTime,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { Progress } from '../progress.ts';
import { schemaAccess, withBus } from '../servers.ts';
import { hasVault } from '../vault-place.ts';
import { beginCopy, distance, eventOfTarget, refuseTarget } from '../target-topic.ts';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly stage: 'mask' | 'encrypt';
  readonly from: number;
  readonly toTopic: string;
}

const PURPOSES: Readonly<Record<Options['stage'], readonly Purpose[]>> = {
  mask: ['accepted', 'hash', 'fpe', 'vault'],
  encrypt: ['accepted', 'field'],
};
/** What is left out is written to no topic, so no limit holds for it. */
const ANY_SIZE = Number.MAX_SAFE_INTEGER;

export const reprocess = defineCommand<Options>({
  name: 'reprocess',
  summary: 'mask or encrypt what is still on accepted again, onto another topic',
  about:
    'Reads the accepted topic of a dataset from a time on (it is kept for a day), opens each record, ' +
    'does by the policy of now what the stage does, and writes the result to a topic of your own, ' +
    'exactly once, up to where accepted ends now. The topic must be there, with at least as many ' +
    'partitions; it must be empty the first time and none of the flow. Run again with the same topic ' +
    'it goes on where it ended. A record that does not pass is counted and left out.',
  options: [
    datasetOption(),
    new Option('-s, --stage <stage>', 'what to do')
      .choices(['mask', 'encrypt'])
      .makeOptionMandatory(),
    new Option('--from <time>', 'RFC 3339, or how long ago, such as 2h')
      .argParser(pointInTime)
      .makeOptionMandatory(),
    new Option('--to-topic <topic>', 'where to').makeOptionMandatory(),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    [
      'sealstream reprocess --dataset people --stage mask --from 2h --to-topic masked.people.v2',
      'the last two hours under a changed policy',
    ],
  ],
  exits: { 0: 'every record is written', 1: 'a record did not pass and was left out' },
  opensKeys: () => true,
  run: async (context, options) => {
    const dataset = readDataset(context, options);
    const { stage, toTopic } = options;
    if (stage === 'mask' && dataset.kAnonymity !== undefined)
      throw new SealstreamError(
        'USAGE',
        { dataset: dataset.name },
        'Its records are on masked in groups: in a second group each could be found by comparing.',
      );
    const counts = await withBus(context, async (bus, audit) => {
      const source = dataset.topics.accepted;
      await refuseTarget(bus, context, options, { source, target: toTopic });
      const ends = await endsOf(bus, source);
      await audit.tell({
        type: 'read',
        dataset: dataset.name,
        details: { topic: source, stage, toTopic, from: new Date(options.from).toISOString() },
      });
      return reprocessed(context, bus, options, dataset, ends);
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ dataset: dataset.name, stage, toTopic, ...counts });
    else
      terminal.say(`${counts.written} records written to ${toTopic}, ${counts.leftOut} left out`);
    if (counts.leftOut > 0)
      return { exit: EXIT.finding, next: 'see the codes of those left out: sealstream audit tail' };
    return { next: `look at them: sealstream tail ${toTopic} --max 5` };
  },
});

interface Counts {
  readonly written: number;
  readonly leftOut: number;
}

async function reprocessed(
  context: Context,
  bus: Bus,
  options: Options,
  dataset: Dataset,
  ends: readonly bigint[],
): Promise<Counts> {
  const { stage, toTopic } = options;
  const source = dataset.topics.accepted;
  const { group, starts } = await beginCopy(
    bus,
    `reprocess.${stage}.${dataset.name}`,
    { source, target: toTopic },
    async (partition) => {
      const found = await bus.admin.offset(source, partition, { atMs: options.from });
      return found < 0n ? ends[partition] : found;
    },
  );
  const total = { written: 0, leftOut: 0 };
  const pending = new Map<number, BatchEvent>();
  const keys = await openKeys(context, bus, options, {
    dataset: dataset.name,
    purposes: PURPOSES[stage],
    // The transform seals what it rejects; here that is counted and not written.
    sealTo: ['rejected'],
    subjects: subjectsFor(stage, dataset),
    vault: stage === 'mask' && hasVault(dataset),
  });
  const leftOut = new RecordBatchWriter();
  const subject = valueSubject(context.config().namePrefix, toTopic);
  const plan = stagePlan(dataset, stage, subject, schemaAccess(context));
  const transform = acceptedStage({ stage, dataset, plan, topic: toTopic }, keys.keys);
  const progress = new Progress(context.terminal, 'reprocess', distance(starts, ends));
  try {
    await runToEnd(bus, {
      group,
      source,
      outputs: [toTopic],
      events: auditTopic('cli'),
      ends,
      transform: (batch, out) => {
        const event = transform(batch, {
          to: (name) => (name === toTopic ? out.to(name) : leftOut.reset(ANY_SIZE, Date.now())),
        });
        if (event instanceof Promise) return event;
        // A reject belongs to the flow, which has it already; here it is left out and told.
        const stageEvent = { ...event, stage: `reprocess-${event.stage}` };
        const own = eventOfTarget('reprocess', stageEvent, toTopic);
        pending.set(batch.partition, own);
        return own;
      },
      refresh: () => keys.refresh(),
      patienceMs: context.config().connectWaitMs,
      onCommitted: ({ partition, records }) => {
        const event = pending.get(partition);
        total.written += event?.outputs[toTopic]?.records ?? 0;
        const rejected = Object.values(event?.rejected ?? {});
        total.leftOut += rejected.reduce((sum, count) => sum + count, 0);
        progress.show(total.written + total.leftOut, records.length);
      },
    });
  } finally {
    progress.end();
    keys.stop();
  }
  return total;
}

/** Of a dataset with a subject, encrypt seals under the keys of its subjects. */
function subjectsFor(
  stage: Options['stage'],
  { subject }: Dataset,
): 'shreds' | 'create' | undefined {
  if (subject === undefined) return undefined;
  return stage === 'encrypt' ? 'create' : 'shreds';
}
