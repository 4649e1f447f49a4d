import {
  type Continuity,
  encodeSourced,
  type Finding,
  type SourceState,
  sourceName,
} from '@sealstream/audit-log';
import { type GapDetails, gapDetails, GAPS_MAX, type OwnEvents } from './own-events.ts';
import type { LostRange } from './source-state.ts';

/** Records of one partition as they were read. */
export interface EventChunk {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly { readonly offset: bigint; readonly value: Buffer | null }[];
  /** Where the partition goes on. */
  readonly nextOffset: bigint;
}

/** What there is to write. */
export type Work =
  | { readonly kind: 'chunk'; readonly chunk: EventChunk }
  | { readonly kind: 'lost'; readonly lost: LostRange }
  | { readonly kind: 'topic'; readonly topic: string; readonly topicId: string }
  | { readonly kind: 'heartbeat' };

/** Entries to append together, and what is to be told about them once they are on disk. */
export interface LoggedBatch {
  readonly entries: readonly Buffer[];
  /** Entries by topic. */
  readonly counts: ReadonlyMap<string, number>;
  /** Events that do not follow the schema, by topic; they are logged all the same. */
  readonly invalid: ReadonlyMap<string, number>;
  /** Gaps, repeats and events of foreign emitters, each also an entry. */
  readonly gaps: readonly GapDetails[];
}

/**
 * Turns what was read into entries of the log: every record becomes one entry (or several parts),
 * whatever it holds, in the order in which it came; what does not join is told right behind it.
 *
 * No I/O. Holds what the log knows of its sources; what it returns must be appended before the next
 * call's result is, at the index that was given.
 */
export class EventsToLog {
  readonly #continuity: Continuity;
  readonly #own: OwnEvents;
  readonly #positions: Map<string, bigint>;
  readonly #topicIds: Map<string, string>;

  constructor(continuity: Continuity, own: OwnEvents, state: SourceState) {
    this.#continuity = continuity;
    this.#own = own;
    this.#positions = new Map(state.positions);
    this.#topicIds = new Map(state.topicIds);
  }

  /** @param first index that the first entry will have; @param timeMs wall clock */
  batch(works: readonly Work[], first: number, timeMs: number): LoggedBatch {
    const into = new BatchInMaking(this.#continuity, first);
    for (const work of works) this.#take(work, into, timeMs);
    return into;
  }

  #take(work: Work, into: BatchInMaking, timeMs: number): void {
    switch (work.kind) {
      case 'chunk':
        this.#takeChunk(work.chunk, into, timeMs);
        break;
      case 'lost':
        this.#takeLost(work.lost, into, timeMs);
        break;
      case 'topic':
        this.#topicIds.set(work.topic, work.topicId);
        break;
      case 'heartbeat': {
        const state = { positions: this.#positions, topicIds: this.#topicIds };
        into.add('log', this.#own.heartbeat(state, timeMs));
        break;
      }
    }
  }

  #takeChunk(chunk: EventChunk, into: BatchInMaking, timeMs: number): void {
    const { nextOffset, partition, records, topic } = chunk;
    const findings: Finding[] = [];
    for (const { offset, value } of records) {
      for (const entry of encodeSourced({ topic, partition, offset }, value)) {
        findings.push(...into.add(topic, entry));
      }
    }
    this.#positions.set(sourceName(topic, partition), nextOffset);
    this.#tellGaps(findings, into, timeMs);
  }

  #takeLost(lost: LostRange, into: BatchInMaking, timeMs: number): void {
    const { from, partition, reason, to, topic } = lost;
    this.#positions.set(sourceName(topic, partition), to);
    into.add('log', this.#own.offsetsLost(lost, timeMs));
    const service = topic.replace(/^audit\.events\./, '');
    const source = sourceName(topic, partition);
    const expected = `${source} offset ${from}`;
    into.gaps.push({ service, kind: reason, topic, expected, seen: `${source} offset ${to}` });
  }

  #tellGaps(findings: readonly Finding[], into: BatchInMaking, timeMs: number): void {
    const gaps = findings.filter(({ kind }) => kind !== 'event-invalid').map(gapDetails);
    for (const details of gaps.slice(0, GAPS_MAX)) {
      into.gaps.push(details);
      into.add('log', this.#own.gap(details, timeMs));
    }
    if (gaps.length <= GAPS_MAX) return;
    const more = {
      service: gaps[0]?.['service'] ?? '',
      kind: 'more',
      count: gaps.length - GAPS_MAX,
    };
    into.gaps.push(more);
    into.add('log', this.#own.gap(more, timeMs));
  }
}

class BatchInMaking implements LoggedBatch {
  readonly entries: Buffer[] = [];
  readonly counts = new Map<string, number>();
  readonly invalid = new Map<string, number>();
  readonly gaps: GapDetails[] = [];
  readonly #continuity: Continuity;
  readonly #first: number;

  constructor(continuity: Continuity, first: number) {
    this.#continuity = continuity;
    this.#first = first;
  }

  add(topic: string, entry: Buffer): Finding[] {
    const findings = this.#continuity.observe(entry, this.#first + this.entries.length);
    this.entries.push(entry);
    this.counts.set(topic, (this.counts.get(topic) ?? 0) + 1);
    if (findings.some(({ kind }) => kind === 'event-invalid')) {
      this.invalid.set(topic, (this.invalid.get(topic) ?? 0) + 1);
    }
    return findings;
  }
}
