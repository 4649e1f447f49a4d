import {
  type ByteRange,
  emptyParts,
  type RecordHeaders,
  type RecordParts,
  type RecordSink,
  SealstreamError,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  behindFrame,
  checkBehindFrame,
  checkPlan,
  type CheckPlan,
  type Dataset,
  encryptPlan,
  type HeaderPlan,
  type KeyPlan,
  openPlan,
  type Plan,
  resealHeaders,
  resealKey,
} from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import { AcceptedCodec } from './accepted.ts';
import { batchEvent } from './batch-event.ts';
import { viewOf } from './envelope.ts';
import type { FetchedBatch, FlowTransform } from './flow-transform.ts';
import { RecordKeys } from './record-keys.ts';
import { COORDINATE_AT, COORDINATE_BYTES } from './source-mark.ts';
import { StageCounts } from './stage-counts.ts';
import { SubjectIndex } from './subject-index.ts';

/** What a rewrap counts of one batch. */
export interface RewrapCounts {
  rewrapped: number;
  /**
   * Copied as they stand, since they do not open (their key was destroyed, or they are not ours), or
   * since their subject was shredded.
   */
  asTheyStand: number;
}

/** Where a rewrap reads and writes. */
export interface Rewrap {
  readonly dataset: Dataset;
  readonly role: 'accepted' | 'encrypted';
  readonly target: string;
  readonly onCounted: (batch: FetchedBatch, counts: RewrapCounts) => void;
}

/**
 * Seals records anew under the keys that are active now: what was sealed under older keys of the dataset no
 * longer needs them in the copy. Each record gives one record, in its order, with its time, and with its key
 * and headers where they are not sealed; what does not open stands in the copy as it stood, so that nothing
 * is lost.
 *
 * Throws retryable errors of the keys: then nothing of the batch counts. Gives a promise when keys of
 * subjects have to be brought.
 */
export function rewrapped(rewrap: Rewrap, keys: KeySource): FlowTransform {
  const { dataset, onCounted, role, target } = rewrap;
  const worker =
    role === 'accepted' ? new AcceptedAnew(dataset, keys) : new FieldsAnew(dataset, keys);
  const parts = emptyParts();
  return (batch, out) => {
    const counts = new StageCounts();
    const done: RewrapCounts = { rewrapped: 0, asTheyStand: 0 };
    const sink = out.to(target);
    for (let index = 0; index < batch.records.length; index += 1) {
      batch.records.read(index, parts);
      const anew = worker.anew(batch, parts, counts);
      if (anew === undefined) done.asTheyStand += 1;
      else done.rewrapped += 1;
      write(sink, batch, parts, anew ?? { value: viewOf(parts.value) });
    }
    if (keys.subjects?.wants === true) return keys.subjects.bring();
    onCounted(batch, done);
    return batchEvent('rewrap', dataset, batch, { [target]: sink }, counts);
  };
}

/** What is sealed anew of a record; headers and key when they are, too. */
interface SealedAnew {
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
  readonly key?: Buffer | null;
}

function write(
  sink: RecordSink,
  { records }: FetchedBatch,
  parts: RecordParts,
  { headers = records.headersOf(parts), key = viewOf(parts.key), value }: SealedAnew,
): void {
  const { offset, timestampMs } = parts;
  sink.push({ key, value, headers, timestamp: BigInt(timestampMs) }, offset);
}

const OF_ONE_RECORD = ['RECORD_NOT_AUTHENTIC', 'KEY_DESTROYED', 'SUBJECT_KEYS_WANTED'];
/** Of one person: Redis was just asked for the key, and whoever may write tokens can name any. */
const OF_ONE_SUBJECT = ['KEY_UNKNOWN', 'KEYSET_UNREADABLE'];

/** Whether it concerns this record alone; anything else is thrown on. */
function isOneRecords(error: unknown): boolean {
  if (!(error instanceof SealstreamError)) return false;
  const { code, place } = error;
  if (OF_ONE_RECORD.includes(code)) return true;
  return OF_ONE_SUBJECT.includes(code) && String(place['keyset']).startsWith('subject/');
}

/** Whole records of accepted.D. */
class AcceptedAnew {
  readonly #codec: AcceptedCodec;
  readonly #keys: KeySource;

  constructor(dataset: Dataset, keys: KeySource) {
    this.#codec = new AcceptedCodec(dataset.name);
    this.#keys = keys;
  }

  anew({ records }: FetchedBatch, parts: RecordParts, counts: StageCounts): SealedAnew | undefined {
    const record = {
      key: viewOf(parts.key),
      value: viewOf(parts.value),
      headers: records.headersOf(parts),
    };
    const keys = counts.tally.noting(this.#keys);
    try {
      const { encoded, envelope } = this.#codec.open(this.#keys, record);
      // Sealed anew it would outlive the key that its shred waits for.
      if (envelope.subject !== null && this.#keys.shreds?.has(envelope.subject, 0) === true)
        return undefined;
      return { value: this.#codec.seal(keys, encoded, record.key, envelope).value };
    } catch (error) {
      if (isOneRecords(error)) return undefined;
      throw error;
    }
  }
}

const NO_MARK = Buffer.alloc(COORDINATE_AT + COORDINATE_BYTES);

/** Fields and headers of records of encrypted.D. */
class FieldsAnew {
  readonly #open: Plan;
  readonly #seal: Plan;
  readonly #headers: HeaderPlan;
  readonly #key: KeyPlan | undefined;
  readonly #check: CheckPlan;
  readonly #index: SubjectIndex;
  readonly #hasSubject: boolean;
  readonly #source: ByteRange = { bytes: NO_MARK, from: 0, to: 0 };
  readonly #keys: RecordKeys;
  readonly #plain = new ByteWriter();
  readonly #sealed = new ByteWriter();

  constructor(dataset: Dataset, keys: KeySource) {
    this.#open = behindFrame(dataset, openPlan(dataset));
    this.#seal = behindFrame(dataset, encryptPlan(dataset));
    this.#headers = resealHeaders(dataset);
    this.#key = resealKey(dataset);
    this.#check = checkBehindFrame(dataset, checkPlan(dataset));
    this.#index = new SubjectIndex(dataset.name);
    this.#hasSubject = dataset.subject !== undefined;
    this.#keys = new RecordKeys(keys, this.#source);
  }

  anew({ records }: FetchedBatch, parts: RecordParts, counts: StageCounts): SealedAnew | undefined {
    const headers = records.headersOf(parts);
    this.#place(headers);
    try {
      const value = this.#valueAnew(parts.value, counts);
      if (value === undefined) return undefined;
      const isAlone = this.#headers.isEmpty && this.#key === undefined;
      if (isAlone) return value === null ? undefined : { value };
      const keys = counts.tally.noting(this.#keys);
      const treated = this.#headers.treat(headers, keys);
      const rekeyed = this.#key?.treat(viewOf(parts.key), keys);
      if (!treated.ok || rekeyed?.ok === false) return undefined;
      return { value, headers: treated.headers, ...(rekeyed && { key: rekeyed.key }) };
    } catch (error) {
      if (isOneRecords(error)) return undefined;
      throw error;
    }
  }

  /** Null for a tombstone; undefined when it does not open, or what it opens to is none of ours. */
  #valueAnew({ bytes, from, to }: ByteRange, counts: StageCounts): Buffer | null | undefined {
    if (from < 0) return null;
    this.#plain.reset();
    this.#sealed.reset();
    const { tally } = new StageCounts();
    if (this.#open.rewrite(bytes, from, to, this.#keys, tally, this.#plain) !== undefined)
      return undefined;
    const plain = this.#plain;
    if (this.#hasSubject && !this.#findSubject(plain)) return undefined;
    const whole = [plain.bytes, 0, plain.length, this.#keys, counts.tally] as const;
    const refusal = this.#seal.rewrite(...whole, this.#sealed);
    return refusal === undefined ? this.#sealed.take() : undefined;
  }

  #place(headers: ReturnType<FetchedBatch['records']['headersOf']>): void {
    const named = (name: string) => headers.find(([other]) => other === name)?.[1] ?? null;
    const mark = named(SOURCE_HEADER) ?? NO_MARK;
    const index = named(SUBJECT_HEADER);
    this.#source.bytes = mark.length < NO_MARK.length ? NO_MARK : mark;
    this.#source.from = COORDINATE_AT;
    this.#source.to = COORDINATE_AT + COORDINATE_BYTES;
    this.#keys.record.subject = { bytes: index ?? NO_MARK, from: 0, to: COORDINATE_BYTES };
  }

  /** Whose key seals again. */
  #findSubject(plain: ByteWriter): boolean {
    if (this.#check.checkRange(plain.bytes, 0, plain.length) !== undefined) return false;
    const text = this.#check.subject();
    if (text === undefined) return false;
    this.#keys.record.subject = this.#index.of(this.#keys, text);
    return true;
  }
}
