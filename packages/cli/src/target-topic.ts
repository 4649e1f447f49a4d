import type { Bus } from '@sealstream/bus';
import { type BatchEvent, SealstreamError } from '@sealstream/contracts';

import type { Context } from './context.ts';
import type { PolicyOptions } from './options.ts';
import { readPolicy } from './policy-file.ts';
import { planOf } from './topic-facts.ts';

/**
 * Refuses a target that records of `source` cannot be copied to.
 *
 * @throws SealstreamError USAGE for a topic of the flow, TOPIC_MISSING, TOPIC_TOO_FEW_PARTITIONS
 */
export async function refuseTarget(
  bus: Bus,
  context: Context,
  options: PolicyOptions,
  { source, target: topic }: { readonly source: string; readonly target: string },
): Promise<void> {
  const flow = await planOf(bus, [...readPolicy(context, options).datasets.values()]);
  if (flow.some((planned) => planned.topic === topic))
    throw new SealstreamError('USAGE', { topic }, 'It is a topic of the flow: name another one.');
  const partitions = await bus.admin.partitionCount(topic);
  if (partitions === 0)
    throw new SealstreamError('TOPIC_MISSING', { topic }, 'Create it with your own tools.');
  const needed = await bus.admin.partitionCount(source);
  if (partitions < needed)
    throw new SealstreamError('TOPIC_TOO_FEW_PARTITIONS', { topic, partitions, needed });
}

/** A copy of one topic to another, made by one command. */
export interface Copy {
  /** Consumer group that remembers how far it came. */
  readonly group: string;
  /** Per partition of the source: where this run begins. */
  readonly starts: readonly bigint[];
  /** Whether an earlier run had begun it. */
  readonly resumed: boolean;
}

/**
 * Where a copy begins or goes on. Its group belongs to this very topic, by Kafka's id of it: one that
 * was deleted and made anew begins anew. A place to begin is committed at once, so that a target with
 * records and without a place is one that Kafka has forgotten the place of; to begin there would
 * double them.
 *
 * @param name what the group is called, without the target
 * @param first where a partition of the source begins that was never copied
 * @throws SealstreamError USAGE for a target with records of unknown origin, OFFSETS_LOST
 */
export async function beginCopy(
  { admin }: Pick<Bus, 'admin'>,
  name: string,
  { source, target }: { readonly source: string; readonly target: string },
  first: (partition: number) => Promise<bigint>,
): Promise<Copy> {
  const [found] = await admin.topics([target]);
  const group = `sealstream.${name}.${target}.${found?.id.toString('base64url') ?? ''}`;
  const partitions = Array.from({ length: await admin.partitionCount(source) }, (_, i) => i);
  const places = await admin.committedAll(group, source, partitions);
  const resumed = places.some(({ offset }) => offset >= 0n);
  if (!resumed) await requireEmpty(admin, target, found?.partitions.length ?? 0);
  const starts = await Promise.all(
    places.map(async ({ offset }, partition) => {
      const earliest = await admin.offset(source, partition, 'earliest');
      if (offset >= earliest) return offset;
      if (offset >= 0n)
        throw new SealstreamError(
          'OFFSETS_LOST',
          { topic: source, partition, from: offset, to: earliest },
          'Records were deleted before they were copied: begin again with another target topic.',
        );
      const start = await first(partition);
      await admin.setCommitted(group, source, partition, start);
      return start;
    }),
  );
  return { group, starts, resumed };
}

async function requireEmpty(admin: Bus['admin'], topic: string, partitions: number): Promise<void> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const from = await admin.offsets(topic, all, 'earliest');
  const to = await admin.offsets(topic, all, 'latest');
  if (to.every((end, partition) => end === from[partition])) return;
  throw new SealstreamError(
    'USAGE',
    { topic },
    'It holds records, and how far they were copied is not known (Kafka forgets it a week after a ' +
      'run, see offsets.retention.minutes): name an empty topic.',
  );
}

/** What a command's event says that copies a batch to a target and to nothing else. */
export function eventOfTarget(command: string, event: BatchEvent, toTopic: string): BatchEvent {
  const { [toTopic]: written } = event.outputs;
  return {
    ...event,
    emitter: `cli/${command}/${toTopic}/${event.emitter}`,
    outputs: written === undefined ? {} : { [toTopic]: written },
  };
}

/** How many records lie between two places of each partition. */
export function distance(starts: readonly bigint[], ends: readonly bigint[]): number {
  return ends.reduce((sum, end, partition) => sum + Number(end - starts[partition]), 0);
}
