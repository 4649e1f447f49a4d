import { type BatchEvent, ERRORS, SealstreamError, SOURCE_HEADER } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { type Dataset, type KeyMethod, type Plan } from '@sealstream/policy';
import { AcceptedCodec, type SealedRecord } from './accepted.ts';
import { type AccountedBatch, batchEvent } from './batch-event.ts';
import { carriedHeaders } from './carried-headers.ts';
import type { Envelope } from './envelope.ts';
import { RejectedCodec } from './rejected.ts';
import { encodeSourceMark, revisionOf, type SourceMark } from './source-mark.ts';
import { StageCounts } from './stage-counts.ts';

/** A record of accepted.D as the stage fetched it. */
export interface FetchedRecord extends SealedRecord {
  readonly offset: bigint;
  readonly timestamp: bigint;
}

/** A batch of one partition. */
export interface FetchedBatch extends AccountedBatch {
  readonly incarnation: Buffer;
  readonly records: readonly FetchedRecord[];
  readonly oversized: ReadonlySet<bigint>;
}

/** An output record with the offset that it came from. */
export interface FlowRecord extends SealedRecord {
  readonly timestamp?: bigint;
  readonly sourceOffset: bigint;
}

/** What a batch became. */
export interface FlowResult {
  readonly outputs: readonly { readonly topic: string; readonly records: readonly FlowRecord[] }[];
  readonly event: BatchEvent;
}

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
 * written and the partition waits.
 */
export function acceptedStage(
  branch: Branch,
  keys: KeySource,
): (batch: FetchedBatch) => FlowResult {
  const { stage, dataset } = branch;
  const accepted = new AcceptedCodec(dataset.name);
  const rejects = new RejectedCodec(dataset.name);
  const opener = new Opener(accepted, dataset.revision);
  return (batch) => {
    const counts = new StageCounts();
    const noted = counts.tally.noting(keys);
    const treated: FlowRecord[] = [];
    const rejected: FlowRecord[] = [];
    for (const record of batch.records) {
      const opened = opener.open(record, batch, noted);
      const { mark, envelope } = opened;
      if (mark.branch !== 'both' && mark.branch !== stage) continue;
      const own = ownMark(opened, dataset.policyId);
      const verdict = opened.ok ? apply(branch, envelope, keys, counts) : opened;
      const isTooLarge = batch.oversized.has(record.offset);
      if (verdict.ok && !isTooLarge) {
        treated.push({
          key: outputKey(dataset.key[stage], record.key, envelope.key),
          value: verdict.value,
          headers: [[SOURCE_HEADER, own], ...carriedHeaders(envelope.headers, dataset.headers)],
          timestamp: envelope.timestamp,
          sourceOffset: record.offset,
        });
        continue;
      }
      const why = verdict.ok ? { code: 'RECORD_TOO_LARGE' } : verdict;
      counts.reject(why.code);
      const reason = { ...why, stage, topic: dataset.topics.raw };
      const sealed = rejects.seal(keys, own, record.key, envelope, reason);
      rejected.push({ ...sealed, sourceOffset: record.offset });
    }
    const outputs = [
      { topic: branch.topic, records: treated },
      { topic: dataset.topics.rejected, records: rejected },
    ];
    return { outputs, event: batchEvent(stage, dataset, batch, outputs, counts) };
  };
}

/** The mark under the policy that treated the record; mostly the very bytes that came. */
function ownMark({ mark, encoded }: Opened, policyId: Buffer): Buffer {
  return encoded !== null && mark.policyId.equals(policyId)
    ? encoded
    : encodeSourceMark({ ...mark, policyId });
}

interface Reject {
  readonly ok: false;
  readonly code: string;
  readonly byte?: number | undefined;
  readonly path?: string | undefined;
}

function apply(
  branch: Branch,
  envelope: Envelope,
  keys: KeySource,
  counts: StageCounts,
): { readonly ok: true; readonly value: Buffer | null } | Reject {
  if (envelope.value !== null) return branch.plan.apply(envelope.value, keys, counts.tally);
  counts.tombstones += 1;
  return { ok: true, value: null };
}

function outputKey(
  method: KeyMethod,
  hashed: Buffer | null,
  original: Buffer | null,
): Buffer | null {
  if (method === 'drop') return null;
  return method === 'keep' ? original : hashed;
}

interface OpenedParts {
  readonly mark: SourceMark;
  /** The mark's bytes as they stood; null when the record had none that could be believed. */
  readonly encoded: Buffer | null;
  readonly envelope: Envelope;
}

type Opened = ({ readonly ok: true } & OpenedParts) | (Reject & OpenedParts);

class Opener {
  readonly #codec: AcceptedCodec;
  readonly #revision: number;

  constructor(codec: AcceptedCodec, revision: number) {
    this.#codec = codec;
    this.#revision = revision;
  }

  /**
   * What does not open is rejected as it stands on accepted.D, under its coordinate there: a forged
   * or damaged record has no source that could be believed.
   */
  open(record: FetchedRecord, batch: FetchedBatch, keys: KeySource): Opened {
    try {
      const { mark, encoded, envelope } = this.#codec.open(keys, record);
      if (mark.partition !== batch.partition) {
        throw new SealstreamError('RECORD_NOT_AUTHENTIC', { partition: batch.partition });
      }
      if (revisionOf(mark) > this.#revision) {
        throw new SealstreamError('POLICY_BEHIND', {
          has: this.#revision,
          wants: revisionOf(mark),
        });
      }
      return { ok: true, mark, encoded, envelope };
    } catch (error) {
      const isOurs = error instanceof SealstreamError && ERRORS[error.code].class === 'record';
      if (!isOurs) throw error;
      const { key, value, headers, timestamp, offset } = record;
      const mark: SourceMark = {
        policyId: Buffer.alloc(8),
        incarnation: batch.incarnation,
        partition: batch.partition,
        offset,
        attempt: 0,
        branch: 'both',
      };
      const envelope = { key, value, headers, timestamp };
      return { ok: false, code: error.code, mark, encoded: null, envelope };
    }
  }
}
