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
