import type { Bus } from '@sealstream/bus';
import { maskStateTopic, SealstreamError } from '@sealstream/contracts';
import { isSubjectCount } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';

/**
 * What waits for a group is kept until a policy with groups lets it leave. Without one nobody would ever
 * publish or count it, so mask does not start before it has left. Counts of subjects wait for nothing.
 *
 * @throws SealstreamError GROUPS_WAITING
 */
export async function requireNoneWaiting(
  bus: Pick<Bus, 'admin' | 'read'>,
  { kAnonymity, name: dataset }: Dataset,
): Promise<void> {
  if (kAnonymity !== undefined) return;
  const topic = maskStateTopic(dataset);
  const partitions = await bus.admin.partitionCount(topic);
  if (partitions === 0) return;
  const starts = Array.from({ length: partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  const waiting = new Set<string>();
  for await (const { partition, records } of bus.read({ starts, until: 'end' }))
    for (const { key, value } of records) {
      if (key !== null && isSubjectCount(key)) continue;
      const id = `${partition} ${key?.toString('latin1') ?? ''}`;
      if (value === null) waiting.delete(id);
      else waiting.add(id);
    }
  if (waiting.size > 0)
    throw new SealstreamError('GROUPS_WAITING', { dataset, topic, records: waiting.size });
}
