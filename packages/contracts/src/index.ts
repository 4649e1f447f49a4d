/**
 * contracts: the names, codes and schemas that every part of Sealstream agrees on.
 *
 * Promises: the error codes are a closed list; topic, header and purpose names stand here once;
 * every event, reject note and alert on Kafka parses with the schema given here. No behaviour but a
 * quick look at whether a value is of a schema.
 */
export { AlertEvent } from './alerts.ts';
export { ControlPause, ControlTopic } from './control.ts';
export type { ErrorClass } from './error-row.ts';
export {
  type ErrorCode,
  ERRORS,
  type RejectCode,
} from './errors.ts';
export { type ErrorPlace, SealstreamError } from './sealstream-error.ts';
export { AuditEvent, BatchEvent, PlainEvent } from './events.ts';
export type { FormTest } from './form-checks.ts';
export { formTest } from './form-test.ts';
export {
  Grant,
  GRANT_DAYS_MAX,
  GRANT_TYP,
  GrantField,
  GrantRecord,
  type KeyResolver,
  RESOLVE_KEYS_MAX,
  type ResolveAnswer,
  RESOLVED_TTL_MS_MAX,
  RESOLVED_TYP,
  ResolvedKeys,
  ResolveRequest,
} from './grants.ts';
export {
  type Branch,
  BRANCHES,
  FORMAT_VERSION,
  REJECT_HEADER,
  RESERVED_HEADER_PREFIX,
  SOURCE_HEADER,
  SUBJECT_HEADER,
} from './headers.ts';
export {
  FLOW_SERVICES,
  type FlowServiceName,
  KEY_PAIR_PURPOSES,
  KEYSET_PURPOSES,
  type Purpose,
  PURPOSES,
  SERVICE_PURPOSES,
  type ServiceName,
  SERVICES,
} from './purposes.ts';
export { PublicKeyDocument } from './public-key.ts';
export type { LogFields, Logger } from './logger.ts';
export {
  type ByteRange,
  emptyParts,
  type RecordBlock,
  type RecordHeaders,
  type RecordObject,
  type RecordParts,
  type RecordSink,
} from './record-parts.ts';
export { RejectNote } from './rejects.ts';
export {
  ALERT_TOPIC,
  auditTopic,
  CHECKPOINT_TOPIC,
  CONTROL_TOPIC,
  type DatasetTopics,
  datasetTopics,
  KEYRING_TOPIC,
  maskStateTopic,
  stageGroup,
} from './topics.ts';
