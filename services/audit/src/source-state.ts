import { sourceName, type SourceState } from '@sealstream/audit-log';

/** Why the log goes on elsewhere than where it stopped. */
export type LostReason =
  /** Kafka deleted records before they were read. */
  | 'expired'
  /** The topic was deleted and made again. */
  | 'topic-made-anew'
  /** The topic ends before what was read from it: a broker lost its end. */
  | 'topic-cut';

/** A jump of a source: reading stood at `from` and goes on at `to`. */
export interface LostRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly reason: LostReason;
}

/** A partition as the cluster has it now. */
export interface PartitionNow {
  readonly topic: string;
  /** Hex. */
  readonly topicId: string;
  readonly partition: number;
  readonly earliest: bigint;
  readonly latest: bigint;
}

/**
 * Where a partition is read on, and what is lost by that. Nothing is ever passed over in silence:
 * a position that no longer fits gives a range that is told.
 */
export function resume(
  state: SourceState,
  now: PartitionNow,
): { next: bigint; lost: LostRange | null } {
  const { earliest, latest, partition, topic, topicId } = now;
  const from = state.positions.get(sourceName(topic, partition));
  const known = state.topicIds.get(topic);
  if (from === undefined) return { next: earliest, lost: null };
  const lost = (reason: LostReason, to: bigint) => ({
    next: to,
    lost: { topic, partition, from, to, reason },
  });
  if (known !== undefined && known !== topicId) return lost('topic-made-anew', earliest);
  if (from < earliest) return lost('expired', earliest);
  // Up to the end everything was read, so what comes there is new.
  if (from > latest) return lost('topic-cut', latest);
  return { next: from, lost: null };
}
