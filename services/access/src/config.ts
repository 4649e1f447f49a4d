import {
  baseSettings,
  type Config,
  KEYRING_SETTINGS,
  STAGE_SETTINGS,
  SUBJECT_SETTINGS,
} from '@sealstream/service';

const { policyPollMs } = STAGE_SETTINGS;

/** Every setting of access. */
export const SETTINGS = {
  ...baseSettings('access'),
  ...KEYRING_SETTINGS,
  ...SUBJECT_SETTINGS,
  policyPollMs,
  accountsRedisUrl: {
    env: 'SEALSTREAM_ACCOUNTS_REDIS_URL',
    type: 'url',
    secret: true,
    optional: true,
    meaning:
      'The Redis of users, API keys and sessions, as a user that may write them; REDIS_URL if absent.',
  },
  accessSecret: {
    env: 'SEALSTREAM_ACCESS_SECRET',
    type: 'secret',
    unit: '43 or more characters',
    meaning:
      'Random, the same for all replicas, and not in Redis: known devices and failed sign-ins go by it.',
  },
  signerKeyFile: {
    env: 'SEALSTREAM_SIGNER_KEY_FILE',
    type: 'path',
    optional: true,
    meaning:
      'Private key of the signer, mode 0600: with it grants, keys and persons are changed here, else not.',
  },
  keysRedisUrl: {
    env: 'SEALSTREAM_KEYS_REDIS_URL',
    type: 'url',
    secret: true,
    optional: true,
    meaning:
      'The same Redis as a user that may change keysets, persons and grants; REDIS_WRITE_URL if absent.',
  },
  keyScanMs: {
    env: 'SEALSTREAM_KEY_SCAN_TIME',
    type: 'durationMs',
    default: '2m',
    min: 100,
    meaning: 'How long topics may be read to find what needs a key, before it is destroyed.',
  },
  keyScans: {
    env: 'SEALSTREAM_KEY_SCANS',
    type: 'int',
    unit: 'scans',
    default: '2',
    min: 1,
    meaning: 'How many of these may run at once.',
  },
  keySettledMs: {
    env: 'SEALSTREAM_KEY_SETTLED',
    type: 'durationMs',
    default: '1h',
    meaning:
      'How long a key must seal no more before it goes; longer than SEALSTREAM_KEY_CACHE_CEILING of all.',
  },
  accessHost: {
    env: 'SEALSTREAM_ACCESS_HOST',
    type: 'string',
    unit: 'address',
    default: '127.0.0.1',
    meaning:
      'Address on which people and programs are answered; any other than a loopback one needs TLS.',
  },
  accessPort: {
    env: 'SEALSTREAM_ACCESS_PORT',
    type: 'port',
    default: '9443',
    meaning: 'Port on which they are answered; 0 takes a free one and logs it.',
  },
  accessTlsCertFile: {
    env: 'SEALSTREAM_ACCESS_TLS_CERT_FILE',
    type: 'path',
    optional: true,
    meaning:
      'PEM file of the certificate, with those of its issuers after it; read again when it changes.',
  },
  accessTlsKeyFile: {
    env: 'SEALSTREAM_ACCESS_TLS_KEY_FILE',
    type: 'path',
    optional: true,
    meaning: 'PEM file of its private key, mode 0600.',
  },
  accessBodyMax: {
    env: 'SEALSTREAM_ACCESS_BODY_MAX',
    type: 'bytes',
    default: '4MiB',
    min: 1024,
    meaning: 'Largest body of a request.',
  },
  accessRequestMs: {
    env: 'SEALSTREAM_ACCESS_REQUEST_TIMEOUT',
    type: 'durationMs',
    default: '10s',
    min: 100,
    meaning: 'A request must have arrived whole within this time.',
  },
  auditWaitMs: {
    env: 'SEALSTREAM_AUDIT_WAIT',
    type: 'durationMs',
    default: '5s',
    min: 10,
    meaning:
      'Without an answer of the audit topic within this time nothing is revealed or changed.',
  },
} as const;

export type AccessConfig = Config<typeof SETTINGS>;
