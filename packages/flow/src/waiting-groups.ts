import { randomBytes, randomInt } from 'node:crypto';
import type { KeySource } from '@sealstream/crypto';
import {
  AnonymousStream,
  type Group,
  type Step,
  type SubjectCount,
  SubjectGroups,
} from '@sealstream/kanonymity';
import type { GroupPlan } from '@sealstream/policy';
import { keyOfLabel, SubjectCountCodec } from './subject-count-codec.ts';
import { ID_BYTES, type WaitingRecord } from './waiting-codec.ts';

/** Why a record leaves without a group, beside what package kanonymity names. */
export type OwnReason =
  /** It waited under a policy with other quasi-identifiers or other hierarchies. */
  | 'policy-changed'
  /** What stood on the state topic is not what this stage had written there. */
  | 'not-authentic'
  /** It was accepted under a policy that named no subject. */
  | 'no-subject';

/** What one batch does to the records that wait. */
export interface GroupOutcome {
  readonly groups: readonly Group[];
  /** One time for all that leaves. */
  readonly timeMs: number;
  /** Came with this batch, and waits. */
  readonly staying: readonly WaitingRecord[];
  /** Keys on the state topic of those that waited, and left, and of subjects that are forgotten. */
  readonly left: readonly Buffer[];
  /** Subjects that were in a group. */
  readonly counted: readonly SubjectCount[];
  readonly suppressed: ReadonlyMap<string, number>;
  readonly waiting: number;
}

/** A record that is taken now; its id and times are given to it here. */
export type TakenRecord = Omit<WaitingRecord, 'id' | 'takenMs'>;

/** What stood on the state topic before a restart. */
export interface Standing {
  readonly waiting: readonly WaitingRecord[];
  /** What cannot wait on. */
  readonly stale: readonly { readonly id: Buffer; readonly reason: OwnReason }[];
  /** Keys of counts that nobody asks for any more. */
  readonly needless: readonly Buffer[];
}

/** So many are taken away in one batch. */
const NEEDLESS_AT_ONCE = 10_000;

/** The records of one partition that wait for a group, and the subjects whose groups are counted. */
export class WaitingGroups {
  /** The groups of subjects, where the policy bounds them; to be restored before what waits. */
  readonly subjects: SubjectGroups | undefined;
  readonly #unit: 'ms' | 'records';
  readonly #stream: AnonymousStream;
  readonly #shreds: KeySource['shreds'];
  /** How the list of shreds stood when it was looked at. */
  #seenShreds = 0;
  #needless: Buffer[] = [];
  /** Something left while what waited was taken back. */
  #owes = false;
  /** Left before they could wait; to be told with the next batch. */
  #stale: { readonly id: Buffer; readonly reason: OwnReason }[] = [];
  #latest = 0;
  /** Of the batch in work, which may be asked for again. */
  #outcome: GroupOutcome | undefined;

  constructor({ quasiIdentifiers, rules }: GroupPlan, shreds: KeySource['shreds']) {
    const { delay, k, l, maxWaiting, perSubject, sensitive } = rules;
    this.#unit = delay.unit;
    this.#shreds = shreds;
    if (perSubject !== undefined)
      this.subjects = new SubjectGroups(perSubject, SubjectCountCodec.newLabel);
    this.#stream = new AnonymousStream({
      quasiIdentifiers,
      sensitiveCount: sensitive.length,
      k,
      l,
      delay: delay.most,
      maxEntries: maxWaiting,
      ...(this.subjects !== undefined && { subjects: this.subjects }),
      random: (below) => randomInt(below),
    });
  }

  /** Takes what stood there, with the times of then. */
  restore({ needless, stale, waiting }: Standing): void {
    this.#latest = this.subjects?.latest ?? 0;
    const byArrival = waiting.toSorted((a, b) => this.#arrivalOf(a) - this.#arrivalOf(b));
    for (const record of byArrival) this.#add(record);
    this.#owes = this.#stream.size < waiting.length;
    this.#stale = [...stale];
    this.#needless = [...needless];
  }

  /** When something is due, in milliseconds since 1970; undefined when only records make it so. */
  get dueMs(): number | undefined {
    const waits = this.#stale.length + this.#needless.length;
    if (this.#owes || waits > 0 || this.#mustLookForShreds) return 0;
    if (this.#unit === 'records') return undefined;
    const dueMs = Math.min(this.#stream.due ?? Infinity, this.subjects?.due ?? Infinity);
    return dueMs === Infinity ? undefined : dueMs;
  }

  /**
   * What a batch that ends before `to` does; the same when it is asked for again before `committed`.
   * After a batch that was not committed, what waits is to be restored.
   */
  outcome(
    taken: readonly TakenRecord[],
    refused: ReadonlyMap<string, number>,
    to: number,
    nowMs: number,
  ): GroupOutcome {
    this.#outcome ??= this.#next(taken, refused, to, nowMs);
    return this.#outcome;
  }

  committed(): void {
    this.#outcome = undefined;
  }

  #next(
    taken: readonly TakenRecord[],
    refused: ReadonlyMap<string, number>,
    to: number,
    clockMs: number,
  ): GroupOutcome {
    this.#forgetShredded();
    // The clock of this host may be behind that of the one which had the partition before.
    const takenMs = this.#unit === 'ms' ? Math.max(this.#latest, clockMs) : clockMs;
    const came = taken.map((record) => ({ ...record, id: randomBytes(ID_BYTES), takenMs }));
    for (const record of came) this.#add(record);
    const now = Math.max(this.#latest, this.#unit === 'ms' ? takenMs : to);
    this.#latest = now;
    const step = this.#stream.release(now);
    const leaving = new Set(leavingOf(step));
    const staying = came.filter(({ id }) => !leaving.delete(nameOf(id)));
    const suppressed = new Map(refused);
    const reasons = [...step.suppressed, ...this.#stale].map(({ reason }) => reason);
    for (const reason of reasons) suppressed.set(reason, (suppressed.get(reason) ?? 0) + 1);
    const changed = this.subjects?.takeChanged() ?? [];
    const left = [
      ...[...leaving].map(idOf),
      ...this.#stale.map(({ id }) => id),
      ...changed.filter(({ at }) => at.length === 0).map(({ label }) => keyOfLabel(label)),
      ...this.#needless.splice(0, NEEDLESS_AT_ONCE),
    ];
    this.#stale = [];
    this.#owes = false;
    const counted = changed.filter(({ at }) => at.length > 0);
    const waiting = this.#stream.size;
    return { groups: step.groups, timeMs: clockMs, staying, left, counted, suppressed, waiting };
  }

  get #mustLookForShreds(): boolean {
    const count = this.#shreds?.count ?? this.#seenShreds;
    return count !== this.#seenShreds && (this.subjects?.size ?? 0) > 0;
  }

  /** A shred takes the count along; what it throws comes before anything has changed. */
  #forgetShredded(): void {
    const shreds = this.#shreds;
    if (shreds === undefined || !this.#mustLookForShreds) return;
    const { count } = shreds;
    this.subjects?.forgetThose((subject) => shreds.has(subject, 0));
    this.#seenShreds = count;
  }

  #arrivalOf({ offset, takenMs }: WaitingRecord): number {
    return this.#unit === 'ms' ? takenMs : offset;
  }

  #add(record: WaitingRecord): void {
    const { sensitive, subject, values } = record;
    const arrival = Math.max(this.#latest, this.#arrivalOf(record));
    this.#latest = arrival;
    const entry = { id: nameOf(record.id), values, sensitive, subject, arrival };
    const refusal = this.#stream.add(entry);
    // Precondition: values are those that the plan took or knows.
    if (refusal !== undefined) throw new RangeError(`an entry was refused: ${refusal.why}`);
  }
}

const nameOf = (id: Buffer) => id.toString('base64url');
const idOf = (name: string) => Buffer.from(name, 'base64url');

function leavingOf({ groups, suppressed }: Step): string[] {
  return [...groups.flatMap(({ members }) => members), ...suppressed].map(({ id }) => id);
}
