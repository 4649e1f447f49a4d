import {
  type ByteRange,
  emptyParts,
  ERRORS,
  type RecordHeaders,
  type RecordParts,
  type RecordSink,
  SealstreamError,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { type Dataset, type Plan } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import { AcceptedCodec } from './accepted.ts';
import { batchEvent } from './batch-event.ts';
import { BatchMark } from './batch-mark.ts';
import { carriedHeaders } from './carried-headers.ts';
import {
  type Envelope,
  envelopeHeaders,
  envelopeOf,
  type EnvelopeParts,
  viewOf,
} from './envelope.ts';
import type { FetchedBatch, FlowTransform } from './flow-transform.ts';
import { FoundMark } from './found-mark.ts';
import { RecordKeys } from './record-keys.ts';
import { RejectedCodec } from './rejected.ts';
import { COORDINATE_AT, COORDINATE_BYTES } from './source-mark.ts';
import { StageCounts } from './stage-counts.ts';

const NOTHING: ByteRange = { bytes: Buffer.alloc(0), from: -1, to: -1 };

/** One branch after accepted.D. */
export interface Branch {
  readonly stage: 'mask' | 'encrypt';
  readonly dataset: Dataset;
  readonly plan: Plan;
  /** Where treated records go. */
  readonly topic: string;
}

/**
 * The transform of a branch: opens each accepted record, applies the branch's plan, and gives the
 * rewritten record or a sealed reject; each record exactly one of them, unless a replay is for the
 * other branch. The rules are applied here in full: what ingest checked is not believed.
 *
 * Throws retryable errors (KEY_UNKNOWN, KEYRING_STALE, POLICY_BEHIND): then nothing of the batch is
 * written and the partition waits. Gives a promise when keys of subjects, or tokens, have to be brought.
 */
export function acceptedStage(branch: Branch, keys: KeySource): FlowTransform {
  const { stage, dataset, topic } = branch;
  const worker = new BranchWorker(branch, keys);
  return (batch, out) => {
    const counts = new StageCounts();
    const treated = out.to(topic);
    const rejected = out.to(dataset.topics.rejected);
    worker.treat(batch, counts, treated, rejected);
    if (keys.subjects?.wants === true || keys.vault?.wants === true) return broughtAll(keys);
    const outputs = { [topic]: treated, [dataset.topics.rejected]: rejected };
    return batchEvent(stage, dataset, batch, outputs, counts);
  };
}

interface Reject {
  readonly code: string;
  readonly byte?: number | undefined;
  readonly path?: string | undefined;
}

/** What is common to the records of one batch. */
interface Work {
  readonly batch: FetchedBatch;
  readonly counts: StageCounts;
  /** Notes the ids of keys that are used. */
  readonly keys: KeySource;
  readonly treated: RecordSink;
  readonly rejected: RecordSink;
}

/** Treats records one after the other with the same working memory. */
class BranchWorker {
  readonly #branch: Branch;
  readonly #keys: RecordKeys;
  readonly #source: ByteRange = { bytes: NOTHING.bytes, from: 0, to: 0 };
  readonly #carriesSubject: boolean;
  readonly #accepted: AcceptedCodec;
  readonly #rejects: RejectedCodec;
  readonly #record = emptyParts();
  readonly #result = emptyParts();
  readonly #mark: FoundMark;
  readonly #value = new ByteWriter();

  constructor(branch: Branch, keys: KeySource) {
    const { name, policyId } = branch.dataset;
    this.#branch = branch;
    this.#keys = new RecordKeys(keys, this.#source);
    this.#carriesSubject = branch.stage === 'encrypt' && bindsSubject(branch.dataset);
    this.#accepted = new AcceptedCodec(name);
    this.#rejects = new RejectedCodec(name);
    this.#mark = new FoundMark(policyId);
  }

  treat(batch: FetchedBatch, counts: StageCounts, treated: RecordSink, rejected: RecordSink): void {
    const work = { batch, counts, keys: counts.tally.noting(this.#keys), treated, rejected };
    for (let index = 0; index < batch.records.length; index += 1) {
      batch.records.read(index, this.#record);
      this.#one(work);
    }
  }

  #one(work: Work): void {
    const envelope = this.#opened(work);
    if (envelope === undefined) return;
    const { stage } = this.#branch;
    if (!this.#mark.isFor(stage)) return;
    const isTooLarge = work.batch.oversized.has(this.#record.offset);
    const reject = isTooLarge
      ? { code: 'RECORD_TOO_LARGE' }
      : (this.#shredded(envelope) ?? this.#apply(envelope.value, work.counts));
    if (reject === WAITS) return;
    if (reject === undefined) this.#write(work.treated, envelope);
    else this.#reject(work, reject, envelopeOf(envelope), this.#mark.own());
  }

  /**
   * What does not open is rejected as it stands on accepted.D, under its coordinate there: a forged
   * or damaged record has no source that could be believed.
   */
  #opened({ batch, counts, keys, rejected }: Work): EnvelopeParts | undefined {
    const record = this.#record;
    try {
      this.#mark.find(batch.records, record);
      const envelope = this.#accepted.openParts(keys, record, this.#mark.range);
      this.#mark.check(batch.partition);
      return envelope;
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
      const { mark } = new BatchMark(NO_POLICY, batch).at(record.offset);
      const encoded = mark.bytes.subarray(mark.from, mark.to);
      this.#reject({ counts, rejected }, { code: error.code }, standing, encoded);
      return undefined;
    }
  }

  /** Says which record is treated now; refuses it when its subject was shredded. */
  #shredded({ subject }: EnvelopeParts): Reject | undefined {
    const { shreds, record } = this.#keys;
    const mark = this.#mark.range;
    this.#source.bytes = mark.bytes;
    this.#source.from = mark.from + COORDINATE_AT;
    this.#source.to = this.#source.from + COORDINATE_BYTES;
    record.subject = subject.from < 0 ? undefined : subject;
    const isShredded = subject.from >= 0 && shreds?.has(subject.bytes, subject.from) === true;
    return isShredded ? { code: 'SUBJECT_SHREDDED' } : undefined;
  }

  /** Leaves the new value in `#result.value`, or tells why the record is rejected. */
  #apply(value: ByteRange, counts: StageCounts): Reject | undefined {
    const out = this.#value;
    const result = this.#result.value;
    out.reset();
    result.from = -1;
    result.to = -1;
    if (value.from < 0) {
      counts.tombstones += 1;
      return undefined;
    }
    const { plan } = this.#branch;
    const { bytes, from, to } = value;
    try {
      const refusal = plan.rewrite(bytes, from, to, this.#keys, counts.tally, out);
      if (refusal !== undefined) return refusal;
    } catch (error) {
      // The batch is asked for again with the keys; the other records say what they lack, too.
      if (isWanting(error)) return WAITS;
      throw error;
    }
    result.bytes = out.bytes;
    result.from = 0;
    result.to = out.length;
    return undefined;
  }

  #write(treated: RecordSink, envelope: EnvelopeParts): void {
    const { dataset, stage } = this.#branch;
    const result = this.#result;
    const method = dataset.key[stage];
    if (method === 'drop') setRange(result.key, NOTHING);
    else setRange(result.key, method === 'keep' ? envelope.key : this.#record.key);
    setRange(result.headers, this.#mark.section());
    result.timestampMs = envelope.timestampMs;
    result.offset = this.#record.offset;
    const carried =
      envelope.headers.count === 0
        ? NONE
        : carriedHeaders(envelopeHeaders(envelope), dataset.headers);
    const subject = this.#carriesSubject ? viewOf(envelope.subject) : null;
    if (carried.length === 0 && subject === null) {
      treated.add(result);
      return;
    }
    const own: RecordHeaders = subject === null ? [] : [[SUBJECT_HEADER, Buffer.from(subject)]];
    treated.add(result, [[SOURCE_HEADER, this.#mark.own()], ...own, ...carried]);
  }

  #reject(
    { counts, rejected }: Pick<Work, 'counts' | 'rejected'>,
    why: Reject,
    envelope: Envelope,
    mark: Buffer,
  ): void {
    const { dataset, stage } = this.#branch;
    const { key, offset }: RecordParts = this.#record;
    counts.reject(why.code);
    const reason = { ...why, stage, topic: dataset.topics.raw };
    rejected.push(this.#rejects.seal(this.#keys, mark, viewOf(key), envelope, reason), offset);
  }
}

/** Not refused and not treated: the record lacks the key of its subject, or a token. */
const WAITS: Reject = { code: 'SUBJECT_KEYS_WANTED' };
const WANTED: ReadonlySet<string> = new Set(['SUBJECT_KEYS_WANTED', 'VAULT_ROWS_WANTED']);

function isWanting(error: unknown): boolean {
  return error instanceof SealstreamError && WANTED.has(error.code);
}

/** What is not wanted costs nothing to bring. */
async function broughtAll({ subjects, vault }: KeySource): Promise<void> {
  const nothing = Promise.resolve();
  await Promise.all([subjects?.bring() ?? nothing, vault?.bring() ?? nothing]);
}

function bindsSubject({ fields }: Dataset): boolean {
  return fields.some(({ encrypt, seal }) => encrypt === 'seal' && seal.bind.includes('subject'));
}

const NONE: readonly never[] = [];
/** Who treated a record that cannot be believed is told by the event alone. */
const NO_POLICY = Buffer.alloc(8);

function setRange(target: ByteRange, { bytes, from, to }: ByteRange): void {
  target.bytes = bytes;
  target.from = from;
  target.to = to;
}
