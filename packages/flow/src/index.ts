/**
 * flow: what travels between the stages.
 *
 * Promises: a mark says where a record came from and under which policy; an accepted or rejected
 * record opens only with the mark, key and reason it was sealed with; one audit event accounts for
 * one batch, and its digests can be computed again by whoever reads the outputs. Pure.
 */
export { AcceptedCodec, type SealedRecord } from './accepted.ts';
export {
  acceptedStage,
  type Branch,
  type FetchedBatch,
  type FetchedRecord,
  type FlowRecord,
  type FlowResult,
} from './accepted-stage.ts';
export { type AccountedBatch, type BatchCounts, batchEvent } from './batch-event.ts';
export { carriedHeaders, withoutReserved } from './carried-headers.ts';
export type { Envelope } from './envelope.ts';
export { outputDigest } from './output-digest.ts';
export { RejectedCodec, type RejectReason } from './rejected.ts';
export { StageCounts } from './stage-counts.ts';
export {
  coordinateText,
  decodeSourceMark,
  encodeSourceMark,
  markBytes,
  revisionOf,
  type SourceMark,
} from './source-mark.ts';
