/**
 * service: what every service shares: settings, logs, metrics, health, start and stop; and what several
 * share of watching the flow and replaying rejects.
 *
 * Promises: settings are read once, all problems are told at once and an unknown one is an error;
 * a log line holds only fields of known names and never the message of a foreign error; a process
 * leaves no core file, opens no inspector and ends with an exit code that tells a supervisor
 * whether a restart can help; /readyz names what is waited for.
 */
export { auditEventOf } from './audit-record.ts';
export { AuditEmitter, type AuditNote } from './audit-emitter.ts';
export {
  baseSettings,
  type BaseConfig,
  KEYRING_SETTINGS,
  type KeyringConfig,
  STAGE_SETTINGS,
  type StageConfig,
} from './base-settings.ts';
export { besidePolicy } from './beside-policy.ts';
export {
  ClientCertificates,
  type ClientCertificateOptions,
  type ClientCertificateRule,
  type ClientIdentity,
} from './client-certificate.ts';
export { errorFields } from './error-fields.ts';
export { endsOf, runToEnd } from './bounded-run.ts';
export { EXIT } from './exit-codes.ts';
export { type FlowStage, openPauseOrders, runFlowStage } from './flow-stage.ts';
export { grantEvent } from './grant-event.ts';
export { Health, type HealthReport } from './health.ts';
export { type HttpServer, openHttp } from './http.ts';
export { HTTP_TLS_SETTINGS, httpTlsFiles } from './http-tls-settings.ts';
export { kafkaConnection, type KafkaSettings } from './kafka-connection.ts';
export {
  KEY_PROVIDER_SETTINGS,
  type KeyProviderConfig,
  nextKeys,
  outermostKeys,
  presentKeys,
} from './key-provider-settings.ts';
export { type KafkaUser, kafkaUsers, type OracleFinding, oracles } from './kafka-users.ts';
export { KafkaKeysetHeads } from './keyset-heads.ts';
export { redisTlsCa } from './redis-tls.ts';
export { openRejects } from './open-rejects.ts';
export { type RejectSurvey, surveyRejects } from './reject-survey.ts';
export { type Replayed, runReplay } from './replay-run.ts';
export {
  type Due,
  DUE_AGE_MS,
  DUE_USES,
  type DueLimits,
  kindsOf,
  type KeyKind,
  rotationDueAt,
  whyDue,
} from './rotation-due.ts';
export {
  openSchemaRegistry,
  REGISTRY_SETTINGS,
  type RegistryConfig,
} from './registry-settings.ts';
export { isEntry, runService, type Start, type Stop } from './lifecycle.ts';
export {
  LivePolicy,
  type LivePolicyOptions,
  livingTransform,
  openLivePolicy,
} from './live-policy.ts';
export { type Log, type LogLevel, type LogOptions, logTo, openLog } from './log.ts';
export { type Counter, type Gauge, type Histogram, type Metrics, openMetrics } from './metrics.ts';
export { type OpenedService, openService, type Telemetry } from './open-service.ts';
export { Secret } from './secret.ts';
export type { Config, Setting, SettingsTable, SettingType } from './setting.ts';
export { openServiceKeyring, type ServiceKeys } from './service-keyring.ts';
export { openServiceSchemas, type ServiceSchemas, valueSubject } from './service-schemas.ts';
export { settingsMarkdown, withSettingsTable } from './settings-markdown.ts';
export { ConfigError, readConfig, type SettingProblem } from './settings.ts';
export { type Lag, type LagSample, StageLags, type WatchedStage } from './stage-lag.ts';
export { type Pause, type PausedAt, StagePauses } from './stage-pauses.ts';
export { sampleStages } from './stage-samples.ts';
export { type RunningStage, runStage, type StageRequest } from './stages.ts';
export { VAULT_SETTINGS } from './vault-settings.ts';
export { epochFolder, SUBJECT_SETTINGS, type SubjectConfig } from './subject-settings.ts';
export {
  type ExistingTopic,
  type PlannedDataset,
  type PlannedTopic,
  planTopics,
} from './topic-plan.ts';
export { TopicFeed } from './topic-feed.ts';
export { VERSION } from './version.ts';
export { watchedStages } from './watched-stages.ts';
export { type TlsFileOptions, type TlsFilePaths, TlsFiles } from './tls-files.ts';
export { untilAvailable } from './waiting.ts';
