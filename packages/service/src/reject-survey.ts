import type { Bus } from '@sealstream/bus';
import {
  decodeSourceMark,
  isChosen,
  markBytes,
  RejectedCodec,
  type ReplayChoice,
} from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';

import { openRejects } from './open-rejects.ts';

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
 * @param onChosen told of each that would be tried, as `partition:offset`
 * @throws SealstreamError OFFSETS_LOST when open rejects were deleted before any replay
 */
export async function surveyRejects(
  bus: Pick<Bus, 'admin' | 'read'>,
  dataset: Dataset,
  ends: readonly bigint[],
  choice: ReplayChoice,
  onChosen: (id: string) => void = () => undefined,
): Promise<RejectSurvey> {
  const starts = (await openRejects(bus, dataset)).slice(0, ends.length);
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
        const id = `${partition}:${record.offset}`;
        if (isChosen(note, mark, dataset, choice, id)) {
          chosen += 1;
          onChosen(id);
        }
        const reason = `${note.stage} ${note.code}`;
        byReason[reason] = (byReason[reason] ?? 0) + 1;
      } catch {
        byReason['unreadable'] = (byReason['unreadable'] ?? 0) + 1;
      }
    }
  return { open, chosen, byReason };
}
