/**
 * flow: what travels between the stages.
 *
 * Promises: a mark says where a record came from and under which policy; an accepted or rejected
 * record opens only with the mark, key and reason it was sealed with; one audit event accounts for
 * one batch, and its digests can be computed again by whoever reads the outputs. Pure.
 */
export { AcceptedCodec, type SealedRecord } from './accepted.ts';
export { acceptedStage, type Branch } from './accepted-stage.ts';
export { type AccountedBatch, type BatchCounts, batchEvent } from './batch-event.ts';
export { BatchMark } from './batch-mark.ts';
export { EncryptedOpener } from './encrypted-opener.ts';
export { type OpenedRecord, RecordsOpener } from './records-opener.ts';
export { type Envelope, encodeEnvelopeParts, viewOf } from './envelope.ts';
export type { FetchedBatch, FlowOutputs, FlowTransform } from './flow-transform.ts';
export { groupedStage, type GroupedStage, type StateRecord } from './grouped-stage.ts';
export { RecordKeys } from './record-keys.ts';
export { type Rewrap, type RewrapCounts, rewrapped } from './rewrapped.ts';
export { withoutReserved } from './reserved-headers.ts';
export { ProducerSeals, type Unsealed } from './producer-seal.ts';
export { RejectedCodec, type RejectReason } from './rejected.ts';
export {
  isChosen,
  type ReplayChoice,
  type ReplayCounts,
  rejectedToAccepted,
  type StillBad,
} from './rejected-to-accepted.ts';
export { StageCounts } from './stage-counts.ts';
export { isSubjectCount } from './subject-count-codec.ts';
export { SubjectIndex } from './subject-index.ts';
export {
  coordinateText,
  decodeSourceMark,
  encodeSourceMark,
  markBytes,
  revisionOf,
  type SourceMark,
  recordIdOf,
} from './source-mark.ts';
