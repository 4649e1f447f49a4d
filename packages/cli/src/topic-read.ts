import { existsSync } from 'node:fs';

import type { Bus, ReadStart } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';

import type { CliAudit } from './cli-audit.ts';
import type { Context } from './context.ts';
import type { PolicyOptions } from './options.ts';
import { datasetsOf, policyFileOf } from './policy-file.ts';
import { roleOf, type TopicRole } from './topic-role.ts';

/** What of a topic is read. */
export interface ReadOptions extends PolicyOptions {
  readonly open?: boolean;
  readonly from?: 'beginning' | 'end' | bigint;
  readonly max?: number;
  readonly follow?: boolean;
  readonly dataset?: string;
}

/** A topic about to be read. */
export interface TopicRead {
  readonly bus: Bus;
  readonly audit: CliAudit;
  readonly topic: string;
  readonly starts: readonly ReadStart[];
}

/** Resolves when the audit topic has the event; nothing is shown before. */
export function tellRead(
  work: TopicRead,
  options: ReadOptions,
  { dataset, role }: TopicRole,
): Promise<void> {
  return work.audit.tell({
    type: 'read',
    dataset: dataset.name,
    details: {
      topic: work.topic,
      role,
      opened: options.open === true,
      from: work.starts.map(({ offset, partition }) => `${partition}:${offset}`).join(','),
      most: options.max ?? 'all',
      follow: options.follow === true,
    },
  });
}

/** Where to begin in each partition; within what the topic holds. */
export async function startsOf(
  bus: Bus,
  topic: string,
  { follow, from }: ReadOptions,
): Promise<ReadStart[]> {
  const partitions = await bus.admin.partitionCount(topic);
  if (partitions === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
  const where = from ?? (follow === true ? 'end' : 'beginning');
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition): Promise<ReadStart> => {
      const at = (query: 'earliest' | 'latest') => bus.admin.offset(topic, partition, query);
      const [first, last] = [await at('earliest'), await at('latest')];
      if (where === 'beginning') return { topic, partition, offset: first };
      if (where === 'end') return { topic, partition, offset: last };
      const offset = where < first ? first : where > last ? last : where;
      return { topic, partition, offset };
    }),
  );
}

/** Reading a topic needs no policy; opening it, and knowing that it is a raw one, does. */
export function roleIn(
  context: Context,
  options: ReadOptions,
  topic: string,
): TopicRole | undefined {
  const isNeeded = options.open === true || options.dataset !== undefined;
  if (!isNeeded && options.policy === undefined && !existsSync(policyFileOf(context, options)))
    return undefined;
  return roleOf(topic, datasetsOf(context, options));
}
