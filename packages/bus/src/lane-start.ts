import { SealstreamError } from '@sealstream/contracts';
import type { TopicPartition } from './group-protocol.ts';
import type { KafkaLink } from './kafka-link.ts';
import { partitionOffset } from './offsets.ts';
import type { StageLimits, StageOptions } from './stage-options.ts';
import { TransactionSession } from './transaction-session.ts';

/** Where a lane begins. */
export interface LaneStart {
  readonly session: TransactionSession;
  readonly topicId: Buffer;
  /** Next offset to read: the committed one, or the log's start when there is none. */
  readonly position: bigint;
  /** End of the last accounted range. */
  readonly accounted: bigint;
  /** The log reaches from here to there now. */
  readonly logStart: bigint;
  readonly logEnd: bigint;
}

/**
 * Opens a session on a partition, which ends what an earlier owner left open, and then reads where
 * the group stands.
 *
 * @throws SealstreamError TOPIC_MISSING, TOPIC_TOO_FEW_PARTITIONS; TOPIC_REPLACED when the offset was
 *   committed on an earlier topic of the same name
 */
export async function startOfLane(
  link: KafkaLink,
  { partition, topic }: TopicPartition,
  options: StageOptions,
  limits: Pick<StageLimits, 'transactionTimeoutMs'>,
  signal: AbortSignal,
): Promise<LaneStart> {
  await checkOutputs(link, partition, options.outputs);
  // Before the offset is read: should the topic be made anew meanwhile, fetches by this id fail.
  const [source] = await link.topics([topic]);
  if (source === undefined) throw new SealstreamError('TOPIC_MISSING', { topic });
  const session = await TransactionSession.open(
    link,
    {
      transactionalId: `${options.groupId}.${topic}.${partition}`,
      groupId: options.groupId,
      source: { topic, topicId: source.id, partition },
      transactionTimeoutMs: limits.transactionTimeoutMs,
      compression: options.compression ?? 'none',
    },
    signal,
  );
  const committed = await session.committed();
  const isOther = committed.topicId !== '' && committed.topicId !== source.id.toString('hex');
  if (committed.offset >= 0n && isOther) {
    throw new SealstreamError('TOPIC_REPLACED', { topic, partition, offset: committed.offset });
  }
  const [logStart, logEnd] = await Promise.all([
    partitionOffset(link, topic, partition, 'earliest'),
    partitionOffset(link, topic, partition, 'latest'),
  ]);
  const position = committed.offset < 0n ? logStart : committed.offset;
  const accounted = committed.accounted ?? position;
  return { session, topicId: source.id, position, accounted, logStart, logEnd };
}

async function checkOutputs(
  link: KafkaLink,
  partition: number,
  outputs: readonly string[],
): Promise<void> {
  for (const name of outputs) {
    const topic = await link.topic(name);
    if (topic.partitions.length > partition) continue;
    link.forgetTopic(name);
    throw new SealstreamError('TOPIC_TOO_FEW_PARTITIONS', { topic: name });
  }
}
