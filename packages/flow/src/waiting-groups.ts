import { randomBytes, randomInt } from 'node:crypto';
import { AnonymousStream, type Group, type Step } from '@sealstream/kanonymity';
import type { GroupPlan } from '@sealstream/policy';
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
  /** Ids of those that waited, and left. */
  readonly left: readonly Buffer[];
  readonly suppressed: ReadonlyMap<string, number>;
  readonly waiting: number;
}

/** A record that is taken now; its id and times are given to it here. */
export type TakenRecord = Omit<WaitingRecord, 'id' | 'takenMs'>;

/** The records of one partition that wait for a group. */
export class WaitingGroups {
  readonly #unit: 'ms' | 'records';
  readonly #stream: AnonymousStream;
  /** Left before they could wait; to be told with the next batch. */
  #stale: { readonly id: Buffer; readonly reason: OwnReason }[] = [];
  #latest = 0;
  /** Of the batch in work, which may be asked for again. */
  #outcome: GroupOutcome | undefined;

  constructor({ quasiIdentifiers, rules }: GroupPlan) {
    const { delay, k, l, maxWaiting, sensitive } = rules;
    this.#unit = delay.unit;
    this.#stream = new AnonymousStream({
      quasiIdentifiers,
      sensitiveCount: sensitive.length,
      k,
      l,
      delay: delay.most,
      maxEntries: maxWaiting,
      random: (below) => randomInt(below),
    });
  }

  /** Takes what waited before a restart, with the times of then; `stale` is what cannot wait on. */
  restore(
    records: readonly WaitingRecord[],
    stale: readonly { readonly id: Buffer; readonly reason: OwnReason }[],
  ): void {
    const byArrival = records.toSorted((a, b) => this.#arrivalOf(a) - this.#arrivalOf(b));
    for (const record of byArrival) this.#add(record);
    this.#stale = [...stale];
  }

  /** When something is due, in milliseconds since 1970; undefined when only records make it so. */
  get dueMs(): number | undefined {
    if (this.#stale.length > 0) return 0;
    return this.#unit === 'ms' ? this.#stream.due : undefined;
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
    const left = [...[...leaving].map(idOf), ...this.#stale.map(({ id }) => id)];
    this.#stale = [];
    const waiting = this.#stream.size;
    return { groups: step.groups, timeMs: clockMs, staying, left, suppressed, waiting };
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
