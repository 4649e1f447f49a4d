/**
 * audit-log: an append-only log that shows every change to what was once written.
 *
 * Promises: RFC 6962 hashing in the C2SP tlog-tiles layout under Ed25519-signed checkpoints; what
 * was appended is on disk before that resolves and survives a crash at any byte; one log has one
 * writer; verification needs only a copy of the directory and the public key, finds any changed,
 * removed or reordered entry, and names it; readers are given nothing that does not verify. Knows
 * files and audit events; knows nothing of Kafka.
 */
export {
  type AuditKey,
  createAuditKey,
  createVkey,
  readAuditKey,
  readVkey,
  vkeyPath,
} from './audit-key.ts';
export { AuthenticTiles } from './authentic-tiles.ts';
export { MAX_ENTRY_BYTES } from './bundle.ts';
export {
  type CheckpointSigner,
  openCheckpoint,
  type OpenedCheckpoint,
  parseTreeHead,
  signCheckpoint,
  type TreeHead,
} from './checkpoint.ts';
export { Continuity, type ContinuityState, OWN_SOURCE } from './continuity.ts';
export {
  decodeEntry,
  encodeOwn,
  encodeSourced,
  type EntrySource,
  type LogEntry,
  type SourcedEntry,
} from './entry.ts';
export { entriesBefore, entriesFrom } from './entry-walk.ts';
export { parseEvent } from './event.ts';
export { type Finding, type FindingKind, isAboutEvents } from './finding.ts';
export {
  heartbeatEvent,
  type HeartbeatFields,
  sourceName,
  type SourceState,
} from './heartbeat.ts';
export {
  type EntryProof,
  entryProof,
  type GrowthProof,
  growthProof,
  openTiles,
  proveEntry,
  proveGrowth,
  readEntries,
  type ReadEntry,
  readHead,
  type ReadOptions,
  readSignedHead,
  readSourceState,
  type SignedHead,
} from './log-reader.ts';
export { type Appended, LogWriter, type LogWriterOptions } from './log-writer.ts';
export { EMPTY_ROOT, leafHash, nodeHash } from './merkle-hash.ts';
export {
  type EntryDocument,
  entryDocument,
  type GrowthDocument,
  growthDocument,
  type ProvenEntry,
  readEntryDocument,
  readGrowthDocument,
} from './proof-document.ts';
export {
  type ConsistencyClaim,
  consistencyProof,
  type InclusionClaim,
  inclusionProof,
  type SubtreeHash,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';
export { verifyLog, type VerifyOptions, type VerifyReport } from './verify-log.ts';
