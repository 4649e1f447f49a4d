/**
 * bus: exactly-once stages, reads and writes on Kafka.
 *
 * Promises: a batch's outputs and the offset it came from are one transaction, so a reader of
 * committed records sees each batch once or not at all, through crashes, lost answers, rebalances
 * and two owners of a partition; order per partition holds; memory is bounded; nothing is passed
 * over in silence. The only importer of kafkajs. It knows records, never what they mean.
 */
export {
  type AccessRule,
  AccessRules,
  OPERATIONS,
  RESOURCES,
  type RuleOperation,
  type RuleResource,
} from './access-rules.ts';
export { BusAdmin, type GroupMemberInfo } from './admin.ts';
export { Bus, type BusOptions, openBus } from './bus.ts';
export { partitionOfKey } from './key-partition.ts';
export { errorWord } from './kafka-errors.ts';
export type { OffsetQuery } from './offsets.ts';
export type { ReadChunk, ReadOptions, ReadStart } from './partition-reader.ts';
export type { Header, KafkaRecord, OutRecord } from './records.ts';
export {
  type NewScramUser,
  type ScramMechanism,
  type ScramUser,
  ScramUsers,
} from './scram-users.ts';
export type { Stage, StopOptions } from './stage.ts';
export type {
  LaneState,
  LaneStatus,
  StageBatch,
  StageObserver,
  StageOptions,
  StageOutput,
  StageSinks,
  WrittenRecords,
} from './stage-options.ts';
export type { CommittedOffset } from './committed-offset.ts';
export { type Compression, COMPRESSIONS } from './wire/compression.ts';
export type { PartitionLeader, TopicMetadata } from './wire/metadata-request.ts';
export { RecordBatchWriter } from './wire/record-batch-writer.ts';
export type { RecordColumns } from './wire/record-columns.ts';
