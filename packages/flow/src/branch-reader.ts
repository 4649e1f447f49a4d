import {
  type ByteRange,
  emptyParts,
  ERRORS,
  type RecordParts,
  type RecordSink,
  SealstreamError,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import type { Dataset } from '@sealstream/policy';
import { AcceptedCodec } from './accepted.ts';
import { BatchMark } from './batch-mark.ts';
import { type Envelope, envelopeOf, type EnvelopeParts, viewOf } from './envelope.ts';
import type { FetchedBatch } from './flow-transform.ts';
import { FoundMark } from './found-mark.ts';
import { RecordKeys } from './record-keys.ts';
import { RejectedCodec } from './rejected.ts';
import { COORDINATE_AT, COORDINATE_BYTES } from './source-mark.ts';
import type { StageCounts } from './stage-counts.ts';

const NOTHING = Buffer.alloc(0);
/** Who treated a record that cannot be believed is told by the event alone. */
const NO_POLICY = Buffer.alloc(8);

/** Why a record is rejected. */
export interface Reject {
  readonly code: string;
  readonly byte?: number | undefined;
  readonly path?: string | undefined;
}

/** What is common to the records of one batch. */
export interface BranchWork {
  readonly batch: FetchedBatch;
  readonly counts: StageCounts;
  /** Notes the ids of keys that are used. */
  readonly keys: KeySource;
  readonly rejected: RecordSink;
}

/**
 * Opens the records of accepted.D for one branch, one after the other in the same working memory, and
 * writes the rejects of those that do not open or cannot be treated.
 */
export class BranchReader {
  /** The record that is read now. */
  readonly record = emptyParts();
  readonly mark: FoundMark;
  /** Keys as the record that is read now sees them. */
  readonly keys: RecordKeys;
  readonly #stage: 'mask' | 'encrypt';
  readonly #dataset: Dataset;
  readonly #source: ByteRange = { bytes: NOTHING, from: 0, to: 0 };
  readonly #accepted: AcceptedCodec;
  readonly #rejects: RejectedCodec;

  constructor(stage: 'mask' | 'encrypt', dataset: Dataset, keys: KeySource) {
    const { name, policyId } = dataset;
    this.#stage = stage;
    this.#dataset = dataset;
    this.keys = new RecordKeys(keys, this.#source);
    this.mark = new FoundMark(policyId);
    this.#accepted = new AcceptedCodec(name);
    this.#rejects = new RejectedCodec(name);
  }

  /** Begins a batch. */
  work(batch: FetchedBatch, counts: StageCounts, rejected: RecordSink): BranchWork {
    return { batch, counts, keys: counts.tally.noting(this.keys), rejected };
  }

  /**
   * Opens the record at `index`. Undefined when it was rejected, or is for the other branch.
   *
   * What does not open is rejected as it stands on accepted.D, under its coordinate there: a forged
   * or damaged record has no source that could be believed.
   */
  open(work: BranchWork, index: number): EnvelopeParts | undefined {
    const { batch, keys } = work;
    const { mark, record } = this;
    batch.records.read(index, record);
    try {
      mark.find(batch.records, record);
      const envelope = this.#accepted.openParts(keys, record, mark.range);
      mark.check(batch.partition);
      return mark.isFor(this.#stage) ? envelope : undefined;
    } catch (error) {
      const isOurs = error instanceof SealstreamError && ERRORS[error.code].class === 'record';
      if (!isOurs) throw error;
      const standing: Envelope = {
        key: viewOf(record.key),
        value: viewOf(record.value),
        headers: batch.records.headersOf(record),
        timestamp: BigInt(record.timestampMs),
        subject: null,
      };
      const { mark: section } = new BatchMark(NO_POLICY, batch).at(record.offset);
      const encoded = section.bytes.subarray(section.from, section.to);
      this.#reject(work, { code: error.code }, standing, encoded);
      return undefined;
    }
  }

  /**
   * Says to the keys which record is treated now, and tells why it must not be: what it becomes is too
   * large, or its subject was shredded.
   */
  refusal({ batch }: BranchWork, { subject }: EnvelopeParts): Reject | undefined {
    if (batch.oversized.has(this.record.offset)) return { code: 'RECORD_TOO_LARGE' };
    const { shreds, record } = this.keys;
    const mark = this.mark.range;
    this.#source.bytes = mark.bytes;
    this.#source.from = mark.from + COORDINATE_AT;
    this.#source.to = this.#source.from + COORDINATE_BYTES;
    record.subject = subject.from < 0 ? undefined : subject;
    const isShredded = subject.from >= 0 && shreds?.has(subject.bytes, subject.from) === true;
    return isShredded ? { code: 'SUBJECT_SHREDDED' } : undefined;
  }

  reject(work: BranchWork, why: Reject, envelope: EnvelopeParts): void {
    this.#reject(work, why, envelopeOf(envelope), this.mark.own());
  }

  #reject({ counts, rejected }: BranchWork, why: Reject, envelope: Envelope, mark: Buffer): void {
    const { key, offset }: RecordParts = this.record;
    counts.reject(why.code);
    const reason = { ...why, stage: this.#stage, topic: this.#dataset.topics.raw };
    rejected.push(this.#rejects.seal(this.keys, mark, viewOf(key), envelope, reason), offset);
  }
}
