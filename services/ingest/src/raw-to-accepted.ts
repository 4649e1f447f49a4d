import {
  type ByteRange,
  emptyParts,
  type RecordHeaders,
  type RecordSink,
  SealstreamError,
} from '@sealstream/contracts';
import { KeyedHash, type KeySource, PRODUCER_SEAL_BYTES } from '@sealstream/crypto';
import {
  AcceptedCodec,
  batchEvent,
  BatchMark,
  encodeEnvelopeParts,
  type FetchedBatch,
  type FlowTransform,
  ProducerSeals,
  RejectedCodec,
  StageCounts,
  SubjectIndex,
  viewOf,
  withoutReserved,
} from '@sealstream/flow';
import {
  checkPlan,
  type CheckPlan,
  type Dataset,
  headerCheck,
  type HeaderPlan,
  keyCheck,
  type KeyPlan,
  type Refusal,
} from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';

/**
 * ingest's transform: each raw record becomes one accepted record, sealed whole, or one sealed
 * reject that says why and where. Nothing of a record leaves here in clear; the key on Kafka is a
 * keyed hash of the producer's.
 */
export function rawToAccepted(
  dataset: Dataset,
  keys: KeySource,
  plan: CheckPlan = checkPlan(dataset),
): FlowTransform {
  const { topics } = dataset;
  const { schemas } = plan;
  const worker = new IngestWorker(dataset, keys, plan);
  return (batch, out) => {
    schemas?.begin(batch.partition, batch.from);
    const counts = new StageCounts();
    const accepted = out.to(topics.accepted);
    const rejected = out.to(topics.rejected);
    worker.treat({ batch, counts, keys: counts.tally.noting(keys), accepted, rejected });
    if (schemas?.wants === true) return schemas.bring();
    const outputs = { [topics.accepted]: accepted, [topics.rejected]: rejected };
    return batchEvent('ingest', dataset, batch, outputs, counts);
  };
}

/** What is common to the records of one batch. */
interface Work {
  readonly batch: FetchedBatch;
  readonly counts: StageCounts;
  /** Notes the ids of keys that are used. */
  readonly keys: KeySource;
  readonly accepted: RecordSink;
  readonly rejected: RecordSink;
}

type Reject = Pick<Refusal, 'code' | 'byte' | 'path'>;

/** Not refused and not accepted: the record lacks its schema. */
const WAITS: Reject = { code: 'SCHEMA_UNKNOWN' };
const NO_HEADERS: RecordHeaders = [];
const NOTHING: ByteRange = { bytes: Buffer.alloc(0), from: -1, to: -1 };
/** A header section without headers is its count alone. */
const EMPTY_SECTION_BYTES = 1;

/** Treats records one after the other with the same working memory. */
class IngestWorker {
  readonly #dataset: Dataset;
  readonly #keys: KeySource;
  readonly #plan: CheckPlan;
  readonly #headers: HeaderPlan;
  readonly #keyPlan: KeyPlan | undefined;
  readonly #accepted: AcceptedCodec;
  readonly #rejects: RejectedCodec;
  readonly #keyHash: KeyedHash;
  readonly #index: SubjectIndex;
  readonly #seals: ProducerSeals;
  readonly #hash = new ByteWriter(64);
  readonly #record = emptyParts();
  readonly #result = emptyParts();
  /** The index of the present record's subject. */
  #subject: ByteRange = NOTHING;

  constructor(dataset: Dataset, keys: KeySource, plan: CheckPlan) {
    this.#dataset = dataset;
    this.#keys = keys;
    this.#plan = plan;
    this.#headers = headerCheck(dataset);
    this.#keyPlan = keyCheck(dataset);
    this.#accepted = new AcceptedCodec(dataset.name);
    this.#rejects = new RejectedCodec(dataset.name);
    this.#index = new SubjectIndex(dataset.name);
    this.#seals = new ProducerSeals(dataset);
    this.#keyHash = new KeyedHash('hash', dataset.name, '#key');
    // Accepted records are dated by the broker; what the producer said is in the envelope.
    this.#result.timestampMs = -1;
  }

  treat(work: Work): void {
    const { records } = work.batch;
    const marks = new BatchMark(this.#dataset.policyId, work.batch);
    for (let index = 0; index < records.length; index += 1) {
      records.read(index, this.#record);
      this.#one(work, marks.at(this.#record.offset));
    }
  }

  #one(work: Work, { mark, section }: ReturnType<BatchMark['at']>): void {
    const { keys } = work;
    const record = this.#record;
    const headers = this.#producerHeaders(work);
    const key = this.#hashed(keys);
    const reject = this.#judge(work) ?? this.#unfit(keys, headers) ?? this.#shredded(keys);
    if (reject === WAITS) return;
    if (reject !== undefined) {
      this.#reject(work, reject, headers, { mark, key });
      return;
    }
    const parts = { key: record.key, value: record.value, subject: this.#subject };
    const envelope = encodeEnvelopeParts(parts, headers, record.timestampMs);
    const sealed = this.#accepted.sealParts(keys, mark, key, envelope);
    const result = this.#result;
    setRange(result.key, key);
    setRange(result.headers, section);
    result.value.bytes = sealed;
    result.value.from = 0;
    result.value.to = sealed.length;
    result.offset = record.offset;
    const looksLike = record.value.from < 0 ? undefined : this.#plan.undeclared();
    if (looksLike !== undefined) work.counts.looksPersonal(looksLike);
    work.accepted.add(result);
  }

  /** What stands on Kafka as the key: a keyed hash of the producer's. Stands until the next one. */
  #hashed(keys: KeySource): ByteRange {
    const { bytes, from, to } = this.#record.key;
    if (from < 0) return NOTHING;
    const out = this.#hash;
    out.reset();
    this.#keyHash.digestInto(keys, bytes, from, to, out);
    return { bytes: out.bytes, from: 0, to: out.length };
  }

  /** Without those whose names are ours, which are counted. */
  #producerHeaders({ batch, counts }: Work): RecordHeaders {
    const { headers } = this.#record;
    if (headers.to - headers.from <= EMPTY_SECTION_BYTES) return NO_HEADERS;
    const { kept, dropped } = withoutReserved(batch.records.headersOf(this.#record));
    counts.droppedHeaders += dropped;
    return kept;
  }

  /** Finds whom the record is about, and refuses it when that subject was shredded. */
  #shredded(keys: KeySource): Reject | undefined {
    this.#subject = NOTHING;
    const text = this.#record.value.from < 0 ? undefined : this.#plan.subject();
    if (text === undefined) return undefined;
    this.#subject = this.#index.of(keys, text);
    const isShredded = keys.shreds?.has(this.#subject.bytes, this.#subject.from) === true;
    return isShredded ? { code: 'SUBJECT_SHREDDED' } : undefined;
  }

  /** Why the key or the headers are refused. */
  #unfit(keys: KeySource, headers: RecordHeaders): Reject | undefined {
    const key = this.#keyPlan?.treat(viewOf(this.#record.key), keys);
    if (key?.ok === false) return key;
    if (headers.length === 0 || this.#headers.isEmpty) return undefined;
    const checked = this.#headers.treat(headers, keys);
    return checked.ok ? undefined : checked;
  }

  #judge({ batch, counts }: Work): Reject | undefined {
    const { offset, value } = this.#record;
    if (batch.oversized.has(offset)) return { code: 'RECORD_TOO_LARGE' };
    if (value.from < 0) {
      counts.tombstones += 1;
      return undefined;
    }
    const { maxRecordBytes } = this.#dataset;
    if (value.to - value.from > maxRecordBytes + PRODUCER_SEAL_BYTES)
      return { code: 'RECORD_TOO_LARGE' };
    const sealFault = this.#unseal();
    if (sealFault !== undefined) return sealFault;
    if (value.to - value.from > maxRecordBytes) return { code: 'RECORD_TOO_LARGE' };
    try {
      return this.#plan.checkRange(value.bytes, value.from, value.to);
    } catch (error) {
      // The batch is asked for again with the schema; the other records say which they lack, too.
      if (error instanceof SealstreamError && error.code === 'SCHEMAS_WANTED') return WAITS;
      throw error;
    }
  }

  /**
   * Puts what a producer sealed in the place of the sealed value. What does not open stays as it
   * stands, and is rejected so.
   */
  #unseal(): Reject | undefined {
    const { key, value } = this.#record;
    if (!this.#seals.isSealed(value.bytes, value.from, value.to)) {
      const code = this.#seals.plainFault;
      return code && { code };
    }
    const sealed = value.bytes.subarray(value.from, value.to);
    const unsealed = this.#seals.open(this.#keys, viewOf(key), sealed);
    if ('code' in unsealed) return unsealed;
    value.bytes = unsealed.value;
    value.from = 0;
    value.to = unsealed.value.length;
    return undefined;
  }

  #reject(
    { counts, rejected }: Work,
    why: Reject,
    headers: RecordHeaders,
    { key, mark }: { readonly key: ByteRange; readonly mark: ByteRange },
  ): void {
    const { offset, timestampMs, ...record } = this.#record;
    counts.reject(why.code);
    const reason = { ...why, stage: 'ingest' as const, topic: this.#dataset.topics.raw };
    const envelope = {
      key: viewOf(record.key),
      value: viewOf(record.value),
      headers,
      timestamp: BigInt(timestampMs),
      subject: null,
    };
    const encoded = mark.bytes.subarray(mark.from, mark.to);
    const sealed = this.#rejects.seal(this.#keys, encoded, viewOf(key), envelope, reason);
    rejected.push(sealed, offset);
  }
}

function setRange(target: ByteRange, { bytes, from, to }: ByteRange): void {
  target.bytes = bytes;
  target.from = from;
  target.to = to;
}
