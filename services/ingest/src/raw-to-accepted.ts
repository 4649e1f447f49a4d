import { KeyedHash, type KeySource } from '@sealstream/crypto';
import {
  AcceptedCodec,
  batchEvent,
  encodeSourceMark,
  type Envelope,
  type FetchedBatch,
  type FetchedRecord,
  type FlowRecord,
  type FlowResult,
  RejectedCodec,
  StageCounts,
  withoutReserved,
} from '@sealstream/flow';
import { checkPlan, type Dataset, type Verdict } from '@sealstream/policy';

/**
 * ingest's transform: each raw record becomes one accepted record, sealed whole, or one sealed
 * reject that says why and where. Nothing of a record leaves here in clear; the key on Kafka is a
 * keyed hash of the producer's.
 */
export function rawToAccepted(
  dataset: Dataset,
  keys: KeySource,
): (batch: FetchedBatch) => FlowResult {
  const { topics } = dataset;
  const plan = checkPlan(dataset);
  const accepted = new AcceptedCodec(dataset.name);
  const rejects = new RejectedCodec(dataset.name);
  const keyHash = new KeyedHash('hash', dataset.name, '#key');

  return (batch) => {
    const counts = new StageCounts();
    const noted = counts.tally.noting(keys);
    const good: FlowRecord[] = [];
    const bad: FlowRecord[] = [];
    for (const record of batch.records) {
      const mark = markOf(dataset, batch, record);
      const envelope = envelopeOf(record, counts);
      const hashed = record.key === null ? null : keyHash.digest(noted, record.key);
      const key = hashed === null ? null : Buffer.from(hashed.toString('base64url'));
      const sourceOffset = record.offset;
      const verdict = judge(record, dataset, batch, plan, counts);
      if (verdict.ok) {
        good.push({ ...accepted.seal(noted, mark, key, envelope), sourceOffset });
        continue;
      }
      counts.reject(verdict.code);
      const reason = { ...verdict, stage: 'ingest' as const, topic: topics.raw };
      bad.push({ ...rejects.seal(keys, mark, key, envelope, reason), sourceOffset });
    }
    const outputs = [
      { topic: topics.accepted, records: good },
      { topic: topics.rejected, records: bad },
    ];
    return { outputs, event: batchEvent('ingest', dataset, batch, outputs, counts) };
  };
}

function judge(
  record: FetchedRecord,
  dataset: Dataset,
  batch: FetchedBatch,
  plan: ReturnType<typeof checkPlan>,
  counts: StageCounts,
): { ok: true } | Exclude<Verdict, { ok: true }> {
  const sizeBytes = record.value?.length ?? 0;
  if (batch.oversized.has(record.offset) || sizeBytes > dataset.maxRecordBytes) {
    return { ok: false, code: 'RECORD_TOO_LARGE' };
  }
  if (record.value !== null) return plan.check(record.value);
  counts.tombstones += 1;
  return { ok: true };
}

function markOf(dataset: Dataset, batch: FetchedBatch, record: FetchedRecord): Buffer {
  return encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: batch.incarnation,
    partition: batch.partition,
    offset: record.offset,
    attempt: 0,
    branch: 'both',
  });
}

function envelopeOf(record: FetchedRecord, counts: StageCounts): Envelope {
  const { kept, dropped } = withoutReserved(record.headers);
  counts.droppedHeaders += dropped;
  return { key: record.key, value: record.value, headers: kept, timestamp: record.timestamp };
}
