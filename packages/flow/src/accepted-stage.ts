import {
  type ByteRange,
  emptyParts,
  type RecordHeaders,
  type RecordSink,
  SealstreamError,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { type Dataset, type HeaderPlan, headerPlan, keyPlan, type Plan } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import { batchEvent } from './batch-event.ts';
import { BranchReader, type BranchWork, type Reject } from './branch-reader.ts';
import { envelopeHeaders, type EnvelopeParts, viewOf } from './envelope.ts';
import type { FetchedBatch, FlowTransform } from './flow-transform.ts';
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
 * written and the partition waits. Gives a promise when schemas, keys of subjects or tokens have to be
 * brought.
 */
export function acceptedStage(branch: Branch, keys: KeySource): FlowTransform {
  const { stage, dataset, topic } = branch;
  const worker = new BranchWorker(branch, keys);
  const { schemas } = branch.plan;
  return (batch, out) => {
    schemas?.begin(batch.partition, batch.from);
    const counts = new StageCounts();
    const treated = out.to(topic);
    const rejected = out.to(dataset.topics.rejected);
    worker.treat(batch, counts, treated, rejected);
    const lacking = lackingOf([schemas, keys.subjects, keys.vault]);
    if (lacking.length > 0) return broughtAll(lacking);
    const outputs = { [topic]: treated, [dataset.topics.rejected]: rejected };
    return batchEvent(stage, dataset, batch, outputs, counts);
  };
}

/** What is common to the records of one batch. */
interface Work extends BranchWork {
  readonly treated: RecordSink;
}

/** Treats records one after the other with the same working memory. */
class BranchWorker {
  readonly #branch: Branch;
  readonly #reader: BranchReader;
  readonly #carriesSubject: boolean;
  readonly #headers: HeaderPlan;
  readonly #key: ReturnType<typeof keyPlan>;
  readonly #result = emptyParts();
  readonly #value = new ByteWriter();
  /** The producer's headers, as they stand in the result. */
  #carried: RecordHeaders = NONE;

  constructor(branch: Branch, keys: KeySource) {
    this.#branch = branch;
    this.#headers = headerPlan(branch.dataset, branch.stage);
    this.#key = keyPlan(branch.dataset, branch.stage);
    this.#reader = new BranchReader(branch.stage, branch.dataset, keys);
    this.#carriesSubject = branch.stage === 'encrypt' && bindsSubject(branch.dataset);
  }

  treat(batch: FetchedBatch, counts: StageCounts, treated: RecordSink, rejected: RecordSink): void {
    const work = { ...this.#reader.work(batch, counts, rejected), treated };
    for (let index = 0; index < batch.records.length; index += 1) this.#one(work, index);
  }

  #one(work: Work, index: number): void {
    const reader = this.#reader;
    const envelope = reader.open(work, index);
    if (envelope === undefined) return;
    const reject = reader.refusal(work, envelope) ?? this.#treat(envelope, work.counts);
    if (reject === WAITS) return;
    if (reject === undefined) this.#write(work.treated, envelope);
    else reader.reject(work, reject, envelope);
  }

  /** Leaves what becomes of the record in `#result` and `#carried`, or tells why it is rejected. */
  #treat(envelope: EnvelopeParts, counts: StageCounts): Reject | undefined {
    try {
      const reject =
        this.#rekey(envelope, counts) ??
        this.#carry(envelope, counts) ??
        this.#apply(envelope.value, counts);
      if (reject !== undefined) return reject;
      // Whole or not at all, as with the value.
      if (this.#carried !== NONE) this.#headers.count(counts.tally);
      if (typeof this.#key !== 'string') this.#key.count(counts.tally);
      return undefined;
    } catch (error) {
      // The batch is asked for again with the keys; the other records say what they lack, too.
      if (isWanting(error)) return WAITS;
      throw error;
    }
  }

  #rekey(envelope: EnvelopeParts, { tally }: StageCounts): Reject | undefined {
    const { key } = this.#result;
    const plan = this.#key;
    if (plan === 'drop') setRange(key, NOTHING);
    else if (plan === 'keep') setRange(key, envelope.key);
    else if (plan === 'hash') setRange(key, this.#reader.record.key);
    else {
      const treated = plan.treat(viewOf(envelope.key), tally.noting(this.#reader.keys));
      if (!treated.ok) return treated;
      setRange(key, treated.key === null ? NOTHING : rangeOf(treated.key));
    }
    return undefined;
  }

  #carry(envelope: EnvelopeParts, { tally }: StageCounts): Reject | undefined {
    this.#carried = NONE;
    if (envelope.headers.count === 0 || this.#headers.isEmpty) return undefined;
    const keys = tally.noting(this.#reader.keys);
    const treated = this.#headers.treat(envelopeHeaders(envelope), keys);
    if (!treated.ok) return treated;
    this.#carried = treated.headers;
    return undefined;
  }

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
    const refusal = plan.rewrite(bytes, from, to, this.#reader.keys, counts.tally, out);
    if (refusal !== undefined) return refusal;
    result.bytes = out.bytes;
    result.from = 0;
    result.to = out.length;
    return undefined;
  }

  #write(treated: RecordSink, envelope: EnvelopeParts): void {
    const result = this.#result;
    setRange(result.headers, this.#reader.mark.section());
    result.timestampMs = envelope.timestampMs;
    result.offset = this.#reader.record.offset;
    const carried = this.#carried;
    const subject = this.#carriesSubject ? viewOf(envelope.subject) : null;
    if (carried.length === 0 && subject === null) {
      treated.add(result);
      return;
    }
    const own: RecordHeaders = subject === null ? [] : [[SUBJECT_HEADER, Buffer.from(subject)]];
    treated.add(result, [[SOURCE_HEADER, this.#reader.mark.own()], ...own, ...carried]);
  }
}

/** Not refused and not treated: the record lacks its schema, the key of its subject, or a token. */
const WAITS: Reject = { code: 'SUBJECT_KEYS_WANTED' };
const WANTED: ReadonlySet<string> = new Set([
  'SCHEMAS_WANTED',
  'SUBJECT_KEYS_WANTED',
  'VAULT_ROWS_WANTED',
]);

function isWanting(error: unknown): boolean {
  return error instanceof SealstreamError && WANTED.has(error.code);
}

interface Lacking {
  readonly wants: boolean;
  bring(): Promise<void>;
}

function lackingOf(all: readonly (Lacking | undefined)[]): readonly Lacking[] {
  return all.filter((one): one is Lacking => one?.wants === true);
}

async function broughtAll(lacking: readonly Lacking[]): Promise<void> {
  await Promise.all(lacking.map((one) => one.bring()));
}

function bindsSubject({ fields }: Dataset): boolean {
  return fields.some(({ encrypt, seal }) => encrypt === 'seal' && seal.bind.includes('subject'));
}

const NONE: RecordHeaders = [];

const rangeOf = (bytes: Buffer): ByteRange => ({ bytes, from: 0, to: bytes.length });

function setRange(target: ByteRange, { bytes, from, to }: ByteRange): void {
  target.bytes = bytes;
  target.from = from;
  target.to = to;
}
