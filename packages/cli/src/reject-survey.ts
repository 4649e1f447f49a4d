import type { Bus } from '@sealstream/bus';
import { SealstreamError, stageGroup } from '@sealstream/contracts';
import { decodeSourceMark, markBytes, RejectedCodec } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';

import { isChosen, type ReplayChoice } from './rejected-to-accepted.ts';

/** What waits on rejected.D, read from the notes that stand there in clear. */
export interface RejectSurvey {
  /** Rejects that no replay has settled. */
  readonly open: number;
  /** Of those, the ones that this replay would try. */
  readonly chosen: number;
  /** Open rejects by `stage code`. */
  readonly byReason: Readonly<Record<string, number>>;
}

/**
 * Counts the open rejects of a dataset up to the ends; opens none and needs no key.
 *
 * @throws SealstreamError OFFSETS_LOST when open rejects were deleted before any replay
 */
export async function surveyRejects(
  bus: Pick<Bus, 'admin' | 'read'>,
  dataset: Dataset,
  ends: readonly bigint[],
  choice: ReplayChoice,
): Promise<RejectSurvey> {
  const topic = dataset.topics.rejected;
  const group = stageGroup('replay', dataset.name);
  const starts = await Promise.all(
    ends.map(async (_, partition) => {
      const { offset: committed } = await bus.admin.committed(group, topic, partition);
      const first = await bus.admin.offset(topic, partition, 'earliest');
      if (committed >= 0n && committed < first) throw lost(dataset, partition, committed, first);
      return { topic, partition, offset: committed < 0n ? first : committed };
    }),
  );
  const codec = new RejectedCodec(dataset.name);
  const byReason: Record<string, number> = {};
  let open = 0;
  let chosen = 0;
  for await (const { partition, records } of bus.read({ starts, until: 'end' }))
    for (const record of records) {
      if (record.offset >= ends[partition]) continue;
      open += 1;
      try {
        const note = codec.note(record);
        const mark = decodeSourceMark(markBytes(record.headers));
        if (isChosen(note, mark, dataset, choice)) chosen += 1;
        const reason = `${note.stage} ${note.code}`;
        byReason[reason] = (byReason[reason] ?? 0) + 1;
      } catch {
        byReason['unreadable'] = (byReason['unreadable'] ?? 0) + 1;
      }
    }
  return { open, chosen, byReason };
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
