import type { Bus } from '@sealstream/bus';
import { SealstreamError, stageGroup } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';

/** From where on the rejects of a partition are open. */
interface OpenFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Where the rejects of a dataset begin that no replay has settled, by partition.
 *
 * @throws SealstreamError TOPIC_MISSING; OFFSETS_LOST when open rejects were deleted before any replay
 */
export async function openRejects(
  { admin }: Pick<Bus, 'admin'>,
  dataset: Dataset,
): Promise<OpenFrom[]> {
  const topic = dataset.topics.rejected;
  const count = await admin.partitionCount(topic);
  if (count === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  const group = stageGroup('replay', dataset.name);
  const positions = await admin.committedAll(group, topic, partitions);
  const firsts = await admin.offsets(topic, partitions, 'earliest');
  return partitions.map((partition) => {
    const { offset } = positions[partition];
    const first = firsts[partition];
    if (offset >= 0n && offset < first) throw lost(dataset, partition, offset, first);
    return { topic, partition, offset: offset < 0n ? first : offset };
  });
}

/** Rejects grow too old and are deleted: that is told once and not passed over. */
function lost(
  { name, topics }: Dataset,
  partition: number,
  from: bigint,
  to: bigint,
): SealstreamError {
  return new SealstreamError(
    'OFFSETS_LOST',
    { topic: topics.rejected, partition, from, to },
    `Go on with those that are left: sealstream offsets set -d ${name} -s replay --to earliest`,
  );
}
