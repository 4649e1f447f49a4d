import { COMPRESSIONS } from '@sealstream/bus';
import type { ServiceName } from '@sealstream/contracts';

import { HTTP_TLS_SETTINGS } from './http-tls-settings.ts';
import { KEY_PROVIDER_SETTINGS } from './key-provider-settings.ts';
import type { Config } from './setting.ts';

/** Where each service answers HTTP by default, so that all run beside each other on one machine. */
const HTTP_PORTS = {
  ingest: '9401',
  mask: '9402',
  encrypt: '9403',
  audit: '9404',
  'anomaly-alert': '9405',
  access: '9406',
} as const satisfies Record<ServiceName, string>;

const KAFKA_SETTINGS = {
  kafkaBrokers: {
    env: 'KAFKA_BROKERS',
    type: 'list',
    unit: 'host:port, comma-separated',
    meaning: 'Kafka brokers to begin with.',
  },
  kafkaTls: {
    env: 'SEALSTREAM_KAFKA_TLS',
    type: 'boolean',
    default: 'false',
    meaning: 'Speak TLS with the brokers and check their certificates.',
  },
  kafkaTlsCaFile: {
    env: 'SEALSTREAM_KAFKA_TLS_CA_FILE',
    type: 'path',
    optional: true,
    meaning: "PEM file of the authorities to trust instead of the system's; needs TLS on.",
  },
  kafkaTlsCertFile: {
    env: 'SEALSTREAM_KAFKA_TLS_CERT_FILE',
    type: 'path',
    optional: true,
    meaning: 'PEM file of a certificate to sign in with at the brokers; needs TLS on, and its key.',
  },
  kafkaTlsKeyFile: {
    env: 'SEALSTREAM_KAFKA_TLS_KEY_FILE',
    type: 'path',
    optional: true,
    meaning: 'Its private key (PEM), for its owner alone to read.',
  },
  kafkaSaslMechanism: {
    env: 'SEALSTREAM_KAFKA_SASL_MECHANISM',
    type: 'string',
    choices: ['plain', 'scram-sha-256', 'scram-sha-512'],
    default: 'scram-sha-512',
    meaning: 'How to sign in at the brokers when a user name is given.',
  },
  kafkaSaslUsername: {
    env: 'SEALSTREAM_KAFKA_SASL_USERNAME',
    type: 'string',
    optional: true,
    meaning: 'User name at the brokers; without one the connection is not signed in.',
  },
  kafkaSaslPassword: {
    env: 'SEALSTREAM_KAFKA_SASL_PASSWORD',
    type: 'secret',
    optional: true,
    meaning: 'Password of that user.',
  },
} as const;

/** What every program needs to know to share servers with others. */
const NAME_SETTINGS = {
  namePrefix: {
    env: 'SEALSTREAM_NAME_PREFIX',
    type: 'string',
    optional: true,
    meaning: 'Names of topics, groups and Redis keys begin so; for several flows on one cluster.',
  },
} as const;

const PROCESS_SETTINGS = {
  policyFile: {
    env: 'SEALSTREAM_POLICY_FILE',
    type: 'path',
    meaning: 'The policy; read at start, and by the stages again when it changes.',
  },
  httpHost: {
    env: 'SEALSTREAM_HTTP_HOST',
    type: 'string',
    unit: 'address',
    default: '127.0.0.1',
    meaning: 'Address on which /livez, /readyz and /metrics answer; 0.0.0.0 in a container.',
  },
  logLevel: {
    env: 'SEALSTREAM_LOG_LEVEL',
    type: 'string',
    choices: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    meaning: 'The least level that is written.',
  },
  logFile: {
    env: 'SEALSTREAM_LOG_FILE',
    type: 'path',
    optional: true,
    meaning: 'Write the log to this file, rotated (a number is added), instead of stderr.',
  },
  logFileSize: {
    env: 'SEALSTREAM_LOG_FILE_SIZE',
    type: 'bytes',
    default: '10MiB',
    min: 1024,
    meaning: 'A log file of this size is followed by a new one.',
  },
  logFileAge: {
    env: 'SEALSTREAM_LOG_FILE_AGE',
    type: 'durationMs',
    default: '1d',
    min: 1000,
    meaning: 'A log file of this age is followed by a new one.',
  },
  logFileCount: {
    env: 'SEALSTREAM_LOG_FILE_COUNT',
    type: 'int',
    unit: 'files',
    default: '7',
    min: 1,
    meaning: 'Older log files kept beside the present one; the rest is deleted.',
  },
  instance: {
    env: 'SEALSTREAM_INSTANCE',
    type: 'string',
    optional: true,
    meaning: 'Name of this process in logs, metrics and audit events; host name and pid if absent.',
  },
  startWaitMs: {
    env: 'SEALSTREAM_START_WAIT',
    type: 'durationMs',
    default: '60s',
    meaning: 'How long a start waits for Kafka, Redis and topics before it exits with 75.',
  },
  drainMs: {
    env: 'SEALSTREAM_DRAIN',
    type: 'durationMs',
    default: '10s',
    meaning: 'How long a stop may take to finish batches in work.',
  },
  auditHeartbeatMs: {
    env: 'SEALSTREAM_AUDIT_HEARTBEAT',
    type: 'durationMs',
    default: '30s',
    min: 100,
    meaning: 'How often the process says on its audit topic that it lives, with its last number.',
  },
} as const;

/** What every service can be told; its own table spreads this one and adds to it. */
export function baseSettings<N extends ServiceName>(service: N) {
  return {
    ...KAFKA_SETTINGS,
    ...NAME_SETTINGS,
    ...PROCESS_SETTINGS,
    ...HTTP_TLS_SETTINGS,
    httpPort: {
      env: 'SEALSTREAM_HTTP_PORT',
      type: 'port',
      default: HTTP_PORTS[service],
      meaning: 'Port of /livez, /readyz and /metrics; 0 takes a free one and logs it.',
    },
  } as const;
}

/** What a service with keys can be told besides. */
export const KEYRING_SETTINGS = {
  redisUrl: {
    env: 'REDIS_URL',
    type: 'url',
    secret: true,
    meaning: 'The Redis that holds the keysets; may carry user and password, and rediss: for TLS.',
  },
  redisTlsCaFile: {
    env: 'SEALSTREAM_REDIS_TLS_CA_FILE',
    type: 'path',
    optional: true,
    meaning: "PEM file of the authorities to trust instead of the system's, with rediss:.",
  },
  ...KEY_PROVIDER_SETTINGS,
  signerPublicKeyFile: {
    env: 'SEALSTREAM_SIGNER_PUBLIC_KEY_FILE',
    type: 'path',
    meaning: 'Public key of whoever may change keysets; any other signature is refused.',
  },
  allowUnlocked: {
    env: 'SEALSTREAM_ALLOW_UNLOCKED',
    type: 'boolean',
    default: 'false',
    meaning: 'Start even where key memory cannot be locked and so could reach the swap.',
  },
  keyCacheCeilingMs: {
    env: 'SEALSTREAM_KEY_CACHE_CEILING',
    type: 'durationMs',
    default: '15m',
    min: 1000,
    meaning:
      'With Redis, the topic keyring or the provider of a changed keyset away: how long keys still work.',
  },
  keyPollMs: {
    env: 'SEALSTREAM_KEY_POLL',
    type: 'durationMs',
    default: '10s',
    min: 100,
    meaning: 'How often the version of each keyset is asked, beside the notices from Redis.',
  },
} as const;

/** What a service with stages can be told besides. */
export const STAGE_SETTINGS = {
  batchRecords: {
    env: 'SEALSTREAM_BATCH_RECORDS',
    type: 'int',
    unit: 'records',
    default: '2000',
    min: 1,
    meaning: 'Most records of one transaction.',
  },
  policyPollMs: {
    env: 'SEALSTREAM_POLICY_POLL',
    type: 'durationMs',
    default: '5s',
    min: 0,
    meaning: 'How often the policy file is looked at for another text; 0ms: at start alone.',
  },
  lingerMs: {
    env: 'SEALSTREAM_LINGER',
    type: 'durationMs',
    default: '80ms',
    min: 0,
    meaning:
      'Least time between two transactions of a partition, unless a batch is full; 5ms for low latency.',
  },
  latencyMs: {
    env: 'SEALSTREAM_LATENCY',
    type: 'durationMs',
    default: '200ms',
    min: 1,
    meaning: 'How long a transaction may take before batches become smaller.',
  },
  compression: {
    env: 'SEALSTREAM_COMPRESSION',
    type: 'string',
    choices: COMPRESSIONS,
    default: 'none',
    meaning: 'Compress outputs where that makes them smaller; sealed and encrypted ones hardly do.',
  },
  sessionTimeoutMs: {
    env: 'SEALSTREAM_SESSION_TIMEOUT',
    type: 'durationMs',
    default: '10s',
    min: 1000,
    meaning: 'How long a group waits for a member that is silent; brokers allow 6 s and more.',
  },
  instanceId: {
    env: 'SEALSTREAM_INSTANCE_ID',
    type: 'string',
    optional: true,
    meaning: 'Name of a replica in its groups; restarted within its session it moves no partition.',
  },
  transactionTimeoutMs: {
    env: 'SEALSTREAM_TRANSACTION_TIMEOUT',
    type: 'durationMs',
    default: '15s',
    min: 1000,
    meaning: 'After which a broker aborts the transaction of a process that is gone.',
  },
} as const;

export type BaseConfig = Config<ReturnType<typeof baseSettings>>;
export type StageConfig = Config<typeof STAGE_SETTINGS>;
export type KeyringConfig = Config<typeof KEYRING_SETTINGS>;
