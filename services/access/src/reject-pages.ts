import type { Bus, KafkaRecord } from '@sealstream/bus';
import type { RejectNote } from '@sealstream/contracts';
import { RejectedCodec } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';
import { endsOf, openRejects } from '@sealstream/service';
import { z } from 'zod';

import { BackwardRecords, type BackwardStart, ReadBudget } from './backward-records.ts';
import { cursorPlace, cursorText } from './cursor.ts';
import { kafkaAnswer } from './kafka-answer.ts';

/** What one request reads at most. */
const MOST = { records: 10_000, bytes: 64 * 1024 * 1024, ms: 5000 };
const WAIT_MS = 2 * MOST.ms + 1000;
/** Whoever may write to the topic says what the note is; a page is not to be filled by it. */
const NOTE_CHARACTERS_MAX = 200;
const TIME_MAX = Date.parse('9999-12-31T23:59:59.999Z');

/** Per partition: behind what it goes on. */
const Place = z.record(z.string().regex(/^\d{1,9}$/), z.string().regex(/^\d{1,19}$/));

/** One reject, as far as it can be read without any key. */
export interface ShownReject {
  /** `partition:offset`. */
  readonly id: string;
  readonly at: string;
  readonly stage: string;
  readonly code: string;
  readonly attempt: number;
  readonly path?: string | undefined;
  readonly byte?: number | undefined;
  readonly source: { readonly partition: number; readonly offset: string };
}

/** Which rejects are shown. */
export interface RejectFilter {
  readonly stage?: string | undefined;
  readonly code?: string | undefined;
}

export interface RejectSummary {
  readonly total: number;
  readonly byCode: {
    readonly stage: string;
    readonly code: string;
    readonly count: number;
    readonly newestAt: string;
  }[];
  /** Whether all open rejects are counted. */
  readonly isWhole: boolean;
}

type Note = Pick<RejectNote, 'attempt' | 'byte' | 'code' | 'path'> & {
  readonly stage: string;
  readonly source?: { readonly partition: number; readonly offset: string };
};

/**
 * The open rejects of datasets, by the notes that stand beside them in clear: those that no replay has
 * settled. Opens none and needs no key.
 *
 * Promises: a request reads a bounded number of records and bytes for a bounded time; what it leaves is
 * behind the cursor, or told by isWhole.
 */
export class RejectPages {
  readonly #bus: Pick<Bus, 'admin' | 'read'>;

  constructor(bus: Pick<Bus, 'admin' | 'read'>) {
    this.#bus = bus;
  }

  /**
   * The newest first, by the time of the topic; within a partition by offset.
   *
   * @throws SealstreamError REQUEST_INVALID for a foreign cursor; KAFKA_UNREACHABLE, TOPIC_MISSING,
   *   OFFSETS_LOST
   */
  async page(
    dataset: Dataset,
    { code, stage }: RejectFilter,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ readonly items: ShownReject[]; readonly cursor?: string }> {
    const place = cursorPlace(Place, cursor);
    const work = async () => {
      const { isWhole, lanes, newest } = await this.#open(dataset, place);
      const items: ShownReject[] = [];
      while (items.length < limit) {
        const lane = await newest();
        const record = await lane?.peek();
        if (lane === undefined || record === undefined) break;
        lane.take();
        const note = record.picked;
        if ((code ?? note.code) !== note.code || (stage ?? note.stage) !== note.stage) continue;
        items.push(shown(lane.partition, record.offset, record.atMs, note));
      }
      if (isWhole()) return { items };
      const places = lanes.map(({ before, partition }) => [partition, String(before)] as const);
      return { items, cursor: cursorText(Object.fromEntries(places)) };
    };
    return kafkaAnswer(work(), WAIT_MS);
  }

  /** Counts the newest 10,000. @throws SealstreamError KAFKA_UNREACHABLE, TOPIC_MISSING, OFFSETS_LOST */
  async summary(dataset: Dataset): Promise<RejectSummary> {
    const work = async (): Promise<RejectSummary> => {
      const { isWhole, newest } = await this.#open(dataset);
      const byCode = new Map<string, RejectSummary['byCode'][number]>();
      let total = 0;
      while (total < MOST.records) {
        const lane = await newest();
        const record = await lane?.peek();
        if (lane === undefined || record === undefined) break;
        lane.take();
        total += 1;
        const { code, stage } = record.picked;
        const name = `${stage} ${code}`;
        // They come newest first, across the partitions.
        const { newestAt = timeText(record.atMs), count = 0 } = byCode.get(name) ?? {};
        byCode.set(name, { stage, code, count: count + 1, newestAt });
      }
      const sorted = [...byCode.values()].toSorted((a, b) => b.count - a.count);
      return { total, byCode: sorted, isWhole: isWhole() };
    };
    return kafkaAnswer(work(), WAIT_MS);
  }

  async #open(dataset: Dataset, place: z.infer<typeof Place> = {}) {
    const bus = this.#bus;
    const opens = await openRejects(bus, dataset);
    const ends = await endsOf(bus, dataset.topics.rejected);
    const budget = new ReadBudget(MOST);
    const codec = new RejectedCodec(dataset.name);
    const lanes = opens.map(({ offset: from, partition, topic }) => {
      const end = ends[partition] ?? from;
      const given = place[partition];
      const before = given === undefined || BigInt(given) > end ? end : BigInt(given);
      const start: BackwardStart = { topic, partition, from, before };
      return new BackwardRecords(bus, start, budget, (record) => noteOf(codec, record));
    });
    return {
      lanes,
      isWhole: () => lanes.every(({ isDone }) => isDone),
      /** The partition whose next record is the newest; undefined when none has one. */
      newest: async () => {
        const heads = await Promise.all(
          lanes.map(async (lane) => ({ lane, head: await lane.peek() })),
        );
        let [best, bestMs]: [BackwardRecords<Note> | undefined, number] = [undefined, -Infinity];
        for (const { head, lane } of heads) {
          // While one cannot say, what is newest is not known.
          if (head === undefined && !lane.isDone) return undefined;
          if (head === undefined || head.atMs <= bestMs) continue;
          [best, bestMs] = [lane, head.atMs];
        }
        return best;
      },
    };
  }
}

function noteOf(codec: RejectedCodec, record: KafkaRecord): Note {
  try {
    const { attempt, byte, code, path, source, stage } = codec.note(record);
    const cut = code.slice(0, NOTE_CHARACTERS_MAX);
    const where = path === undefined ? {} : { path: path.slice(0, NOTE_CHARACTERS_MAX) };
    const at = byte === undefined ? {} : { byte };
    const { offset, partition } = source;
    return { stage, code: cut, attempt, ...where, ...at, source: { partition, offset } };
  } catch {
    return { stage: 'unknown', code: 'RECORD_NOT_AUTHENTIC', attempt: 0 };
  }
}

function shown(partition: number, offset: bigint, atMs: number, note: Note): ShownReject {
  const { source = { partition, offset: String(offset) }, ...rest } = note;
  const at = timeText(atMs);
  return { id: `${partition}:${offset}`, at, ...rest, source };
}

/** Whoever writes a record may give it any time; RFC 3339 has four digits for the year. */
function timeText(atMs: number): string {
  return new Date(Math.min(Math.max(atMs, 0), TIME_MAX)).toISOString();
}
