import type { Bus } from '@sealstream/bus';
import { auditTopic, type Purpose, SealstreamError } from '@sealstream/contracts';
import { type RewrapCounts, rewrapped } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';
import { endsOf, runToEnd } from '@sealstream/service';
import { Argument } from 'commander';

import { openKeys, type WantedKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { keyDirOption, type KeyOptions, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { Progress } from '../progress.ts';
import { withBus } from '../servers.ts';
import { beginCopy, type Copy, distance, eventOfTarget, refuseTarget } from '../target-topic.ts';
import { refuseFramed } from '../record-opener.ts';
import { roleOf } from '../topic-role.ts';

type Options = PolicyOptions & KeyOptions & CommonOptions;

const PURPOSES = {
  accepted: ['accepted'],
  encrypted: ['field'],
} as const satisfies Record<string, readonly Purpose[]>;

/** One run: from where, to where, and how far. */
interface Work {
  readonly dataset: Dataset;
  readonly role: keyof typeof PURPOSES;
  readonly source: string;
  readonly target: string;
  readonly ends: readonly bigint[];
}

export const rewrap = defineCommand<Options, [source: string, target: string]>({
  name: 'rewrap',
  summary: 'seal a topic anew, under the keys of now, onto another topic',
  about:
    'Reads an accepted or encrypted topic from its beginning to where it ends now, opens what stands ' +
    'there and seals it under the active keys, exactly once, in order, with the same keys, headers and ' +
    'times. So the copy needs no older key of the dataset; once nothing else does (keys usage), that ' +
    'key can be destroyed. A record that does not open, or whose subject was shredded, is copied as ' +
    'it stands and counted. Run again with the same topics it goes on where it ended; the target must ' +
    'be empty the first time. Keys of single subjects stay as they are.',
  arguments: [
    new Argument('<topic>', 'accepted or encrypted topic of a dataset'),
    new Argument('<to-topic>', 'a topic of your own with at least as many partitions'),
  ],
  options: [policyOption(), keyDirOption()],
  examples: [
    [
      'sealstream rewrap encrypted.people encrypted.people.v2',
      'under the keys of after a rotation',
    ],
  ],
  exits: {
    0: 'every record of this run was sealed anew',
    1: 'a record of this run was copied as it stood',
  },
  opensKeys: () => true,
  run: async (context, options, source, target) => {
    const found = roleOf(source, datasetsOf(context, options));
    if (found?.role !== 'accepted' && found?.role !== 'encrypted')
      throw new SealstreamError(
        'USAGE',
        { topic: source },
        'Name an accepted or encrypted topic of a dataset of the policy.',
      );
    const { dataset, role } = found;
    if (role === 'encrypted') refuseFramed(dataset);
    const counts = await withBus(context, async (bus, audit) => {
      await refuseTarget(bus, context, options, { source, target });
      const ends = await endsOf(bus, source);
      const details = { topic: source, toTopic: target, rewrap: true };
      await audit.tell({ type: 'read', dataset: dataset.name, details });
      return rewrappedTo(context, bus, options, { dataset, role, source, target, ends });
    });
    const { terminal } = context;
    const { asTheyStand, resumed, rewrapped: done } = counts;
    if (resumed) terminal.note('An earlier run had begun this copy; the figures are of this run.');
    if (terminal.json) terminal.sayJson({ topic: source, toTopic: target, ...counts });
    else terminal.say(`${done} records sealed anew on ${target}, ${asTheyStand} as they stood`);
    const next = `see which keys it still needs: sealstream keys usage ${target}`;
    return asTheyStand > 0 ? { exit: EXIT.finding, next } : { next };
  },
});

async function rewrappedTo(
  context: Context,
  bus: Bus,
  options: Options,
  { dataset, ends, role, source, target }: Work,
): Promise<RewrapCounts & Pick<Copy, 'resumed'>> {
  const { group, resumed, starts } = await beginCopy(
    bus,
    `rewrap.${source}`,
    { source, target },
    (partition) => bus.admin.offset(source, partition, 'earliest'),
  );
  const keys = await openKeys(context, bus, options, wantedKeys(dataset, role));
  const total: RewrapCounts = { rewrapped: 0, asTheyStand: 0 };
  // Only what is committed counts: a batch may be transformed more than once.
  const pending = new Map<number, RewrapCounts>();
  const onCounted = ({ partition }: { partition: number }, counts: RewrapCounts): void => {
    pending.set(partition, counts);
  };
  const transform = rewrapped({ dataset, role, target, onCounted }, keys.keys);
  const progress = new Progress(context.terminal, 'rewrap', distance(starts, ends));
  try {
    await runToEnd(bus, {
      group,
      source,
      outputs: [target],
      events: auditTopic('cli'),
      ends,
      transform: (batch, out) => {
        const event = transform(batch, out);
        return event instanceof Promise ? event : eventOfTarget('rewrap', event, target);
      },
      refresh: () => keys.refresh(),
      patienceMs: context.config().connectWaitMs,
      onCommitted: ({ partition }) => {
        const counts = pending.get(partition);
        total.rewrapped += counts?.rewrapped ?? 0;
        total.asTheyStand += counts?.asTheyStand ?? 0;
        const done = total.rewrapped + total.asTheyStand;
        progress.show(done, done);
      },
    });
  } finally {
    progress.end();
    keys.stop();
  }
  return { ...total, resumed };
}

/** Whose records they are decides which of them are sealed anew. */
function wantedKeys({ name: dataset, subject }: Dataset, role: Work['role']): WantedKeys {
  const purposes = PURPOSES[role];
  if (subject === undefined) return { dataset, purposes };
  if (role === 'accepted') return { dataset, purposes, subjects: 'shreds' };
  return { dataset, purposes: [...purposes, 'subject-index'], subjects: 'open' };
}
