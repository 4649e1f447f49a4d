import { ERRORS, maskStateTopic, type RecordSink, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { SubjectCount } from '@sealstream/kanonymity';
import type { Dataset, GroupPlan } from '@sealstream/policy';
import { batchEvent } from './batch-event.ts';
import { BranchReader, type BranchWork } from './branch-reader.ts';
import { viewOf } from './envelope.ts';
import type { FetchedBatch, FlowTransform } from './flow-transform.ts';
import { RestoredCounts } from './restored-counts.ts';
import { StageCounts } from './stage-counts.ts';
import { isSubjectCount, keyOfLabel, SubjectCountCodec } from './subject-count-codec.ts';
import { WaitingCodec, type WaitingRecord } from './waiting-codec.ts';
import {
  type GroupOutcome,
  type OwnReason,
  type TakenRecord,
  WaitingGroups,
} from './waiting-groups.ts';

/** A record as it stands on mask.state.D. */
export interface StateRecord {
  readonly key: Buffer | null;
  /** null: it left. */
  readonly value: Buffer | null;
}

/** A transform that remembers records until their group leaves. */
export interface GroupedStage {
  readonly transform: FlowTransform;
  /**
   * Forgets what waits in a partition and takes what stands committed on mask.state.D, in its order.
   * To be called whenever the partition begins, before its first batch.
   */
  restore(
    partition: number,
    records: AsyncIterable<readonly StateRecord[]> | Iterable<readonly StateRecord[]>,
  ): Promise<void>;
  /** The batch that was asked for last is committed. */
  committed(partition: number): void;
  /** Another process works on a partition now: what waits there is forgotten here. */
  forget(partition: number): void;
  /** When a partition is wanted though no record comes, in milliseconds since 1970. */
  wantedMs(partition: number): number | undefined;
}

/**
 * The transform of mask where masked holds groups that look alike. A record that was accepted waits,
 * sealed, on mask.state.D until it leaves in a group, or without one, counted. Its outputs, its leaving
 * the state topic and the source's offset are one transaction, so nothing leaves twice or is lost. So are
 * the counts of in how many groups each subject was, where the policy bounds them.
 *
 * What stands on masked is a row of the plan and nothing else: no key, no header, and the one time at
 * which all groups of a batch leave.
 *
 * @param clock milliseconds since 1970
 */
export function groupedStage(
  dataset: Dataset,
  plan: GroupPlan,
  keys: KeySource,
  clock: () => number = Date.now,
): GroupedStage {
  return new Grouping(dataset, plan, keys, clock);
}

class Grouping implements GroupedStage {
  readonly #dataset: Dataset;
  readonly #plan: GroupPlan;
  readonly #keys: KeySource;
  readonly #clock: () => number;
  readonly #reader: BranchReader;
  readonly #codec: WaitingCodec;
  readonly #counts: SubjectCountCodec;
  readonly #stateTopic: string;
  readonly #partitions = new Map<number, WaitingGroups>();

  constructor(dataset: Dataset, plan: GroupPlan, keys: KeySource, clock: () => number) {
    this.#dataset = dataset;
    this.#plan = plan;
    this.#keys = keys;
    this.#clock = clock;
    this.#reader = new BranchReader('mask', dataset, keys);
    this.#codec = new WaitingCodec(dataset.name);
    this.#counts = new SubjectCountCodec(dataset.name, plan.rules.delay.unit);
    this.#stateTopic = maskStateTopic(dataset.name);
  }

  readonly transform: FlowTransform = (batch, out) => {
    const { masked, rejected } = this.#dataset.topics;
    const counts = new StageCounts();
    const sinks = {
      [masked]: out.to(masked),
      [this.#stateTopic]: out.to(this.#stateTopic),
      [rejected]: out.to(rejected),
    };
    const refused = new Map<string, number>();
    const work = this.#reader.work(batch, counts, sinks[rejected]);
    const taken = this.#take(work, refused);
    const { subjects } = this.#keys;
    if (subjects?.wants === true) return subjects.bring();
    const groups = this.#partitions.get(batch.partition);
    // Precondition: what waited was restored, or records would be lost.
    if (groups === undefined) throw new SealstreamError('INTERNAL', { partition: batch.partition });
    const outcome = groups.outcome(taken, refused, Number(batch.to), this.#clock());
    this.#writeState(batch, work.keys, outcome, sinks[this.#stateTopic]);
    this.#writeGroups(outcome, sinks[masked]);
    const { suppressed, waiting } = outcome;
    return batchEvent('mask', this.#dataset, batch, sinks, {
      rejected: counts.rejected,
      treated: counts.treated,
      keyIds: counts.keyIds,
      droppedHeaders: counts.droppedHeaders,
      tombstones: counts.tombstones,
      grouped: { groups: outcome.groups.length, suppressed, waiting },
    });
  };

  async restore(
    partition: number,
    records: AsyncIterable<readonly StateRecord[]> | Iterable<readonly StateRecord[]>,
  ): Promise<void> {
    this.#partitions.delete(partition);
    const groups = new WaitingGroups(this.#plan, this.#keys.shreds);
    const latest = new Map<string, StateRecord>();
    const open = (key: Buffer, value: Buffer) => this.#openedCount(partition, key, value);
    const counts = new RestoredCounts(groups.subjects, open);
    for await (const some of records)
      for (const record of some) {
        const { key, value } = record;
        const name = key?.toString('base64url') ?? '';
        if (key !== null && isSubjectCount(key)) counts.take(key, value);
        else if (value === null) latest.delete(name);
        else latest.set(name, record);
      }
    const waiting: WaitingRecord[] = [];
    const stale: { id: Buffer; reason: OwnReason }[] = [];
    for (const { key, value } of latest.values()) {
      if (key === null || value === null) continue;
      const found = this.#opened(partition, key, value);
      if (typeof found === 'string') stale.push({ id: key, reason: found });
      else waiting.push(found);
    }
    groups.restore({ waiting, stale, needless: counts.needless });
    this.#partitions.set(partition, groups);
  }

  committed(partition: number): void {
    this.#partitions.get(partition)?.committed();
  }

  forget(partition: number): void {
    this.#partitions.delete(partition);
  }

  wantedMs(partition: number): number | undefined {
    return this.#partitions.get(partition)?.dueMs;
  }

  #opened(partition: number, key: Buffer, value: Buffer): WaitingRecord | OwnReason {
    try {
      const record = this.#codec.open(this.#keys, partition, key, value);
      return this.#plan.fits(record) ? record : 'policy-changed';
    } catch (error) {
      // Keys that are not there are no fault of the record, and the partition waits for them.
      const isOurs = error instanceof SealstreamError && ERRORS[error.code].class === 'record';
      if (!isOurs) throw error;
      return 'not-authentic';
    }
  }

  /** Who is not known any more would be let into groups again, so what does not open is told. */
  #openedCount(partition: number, key: Buffer, value: Buffer): SubjectCount {
    try {
      return this.#counts.open(this.#keys, partition, key, value);
    } catch (error) {
      const isOurs = error instanceof SealstreamError && ERRORS[error.code].class === 'record';
      if (!isOurs) throw error;
      throw new SealstreamError('GROUP_COUNTS_DAMAGED', { topic: this.#stateTopic, partition });
    }
  }

  #take(work: BranchWork, refused: Map<string, number>): TakenRecord[] {
    const taken: TakenRecord[] = [];
    const { length } = work.batch.records;
    for (let index = 0; index < length; index += 1) {
      const envelope = this.#reader.open(work, index);
      if (envelope === undefined) continue;
      const { bytes, from, to } = envelope.value;
      if (from < 0) {
        // There is no single record on masked that it could delete.
        work.counts.tombstones += 1;
        continue;
      }
      const found =
        this.#reader.refusal(work, envelope) ?? this.#plan.take(bytes, from, to, work.counts.tally);
      if (!('values' in found)) {
        this.#reader.reject(work, found, envelope);
        continue;
      }
      const subject = viewOf(envelope.subject);
      if (subject === null) {
        refused.set('no-subject' satisfies OwnReason, (refused.get('no-subject') ?? 0) + 1);
        continue;
      }
      const { values, sensitive } = found;
      const { offset } = this.#reader.record;
      const { shape } = this.#plan;
      taken.push({ shape, values, sensitive, subject: Buffer.from(subject), offset });
    }
    return taken;
  }

  #writeState(
    { partition }: FetchedBatch,
    keys: KeySource,
    { counted, left, staying, timeMs }: GroupOutcome,
    state: RecordSink,
  ): void {
    const timestamp = BigInt(timeMs);
    for (const count of counted) {
      const value = this.#counts.seal(keys, partition, count);
      state.push({ key: keyOfLabel(count.label), value, timestamp });
    }
    for (const record of staying) {
      const value = this.#codec.seal(keys, partition, record);
      state.push({ key: record.id, value, timestamp });
    }
    for (const id of left) state.push({ key: id, value: null, timestamp });
  }

  #writeGroups({ groups, timeMs }: GroupOutcome, masked: RecordSink): void {
    const timestamp = BigInt(timeMs);
    for (const { members, values } of groups)
      for (const { sensitive } of members)
        masked.push({ key: null, value: this.#plan.row(values, sensitive), timestamp });
  }
}
