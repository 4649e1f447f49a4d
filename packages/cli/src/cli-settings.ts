import {
  baseSettings,
  type Config,
  KEY_PROVIDER_SETTINGS,
  KEYRING_SETTINGS,
  readConfig,
  REGISTRY_SETTINGS,
  type Setting,
} from '@sealstream/service';

const base = baseSettings('ingest');

/** A setting that the command can do without, or finds in the checkout. */
function optional<S extends Setting>(setting: S): S & { readonly optional: true } {
  return { ...setting, optional: true };
}

/** What the command can be told by the environment; options of a command line come first. */
export const CLI_SETTINGS = {
  kafkaBrokers: optional(base.kafkaBrokers),
  kafkaTls: base.kafkaTls,
  kafkaTlsCaFile: base.kafkaTlsCaFile,
  kafkaTlsCertFile: base.kafkaTlsCertFile,
  kafkaTlsKeyFile: base.kafkaTlsKeyFile,
  kafkaSaslMechanism: base.kafkaSaslMechanism,
  kafkaSaslUsername: base.kafkaSaslUsername,
  kafkaSaslPassword: base.kafkaSaslPassword,
  namePrefix: base.namePrefix,
  redisUrl: optional(KEYRING_SETTINGS.redisUrl),
  redisTlsCaFile: KEYRING_SETTINGS.redisTlsCaFile,
  ...REGISTRY_SETTINGS,
  accessUrl: {
    env: 'SEALSTREAM_ACCESS_URL',
    type: 'url',
    optional: true,
    meaning:
      'The service access, as https://HOST:9443: commands go through it. http:// on loopback alone.',
  },
  accessCaFile: {
    env: 'SEALSTREAM_ACCESS_CA_FILE',
    type: 'path',
    optional: true,
    meaning: "PEM file of the authorities to trust with access; the system's if absent.",
  },
  accessApiKey: {
    env: 'SEALSTREAM_ACCESS_API_KEY',
    type: 'secret',
    optional: true,
    meaning:
      'API key of a program; or its file in SEALSTREAM_ACCESS_API_KEY_FILE. It goes before a login.',
  },
  accessWaitMs: {
    env: 'SEALSTREAM_ACCESS_WAIT',
    type: 'durationMs',
    default: '5m',
    min: 100,
    meaning: 'How long a command waits for the answer of access, once it is connected.',
  },
  stateHome: {
    env: 'XDG_STATE_HOME',
    type: 'path',
    optional: true,
    meaning:
      'Where `sealstream login` keeps the session, in a folder sealstream; ~/.local/state if absent.',
  },
  policyFile: {
    env: 'SEALSTREAM_POLICY_FILE',
    type: 'path',
    optional: true,
    meaning: 'The policy, where neither --policy nor ./sealstream.yaml gives one.',
  },
  ...KEY_PROVIDER_SETTINGS,
  keyDir: {
    env: 'SEALSTREAM_KEY_DIR',
    type: 'path',
    default: '.sealstream/keys',
    meaning: 'Directory of the key files that `sealstream init` makes.',
  },
  epochDir: {
    env: 'SEALSTREAM_EPOCH_DIR',
    type: 'path',
    optional: true,
    meaning:
      'Directory of the epoch keys of subjects, in no backup; `epochs` beside the key files.',
  },
  signerPublicKeyFile: {
    env: 'SEALSTREAM_SIGNER_PUBLIC_KEY_FILE',
    type: 'path',
    optional: true,
    meaning: 'Public key of whoever may change keysets, where it is not in the key directory.',
  },
  auditDir: {
    env: 'SEALSTREAM_AUDIT_DIR',
    type: 'path',
    default: '.sealstream/audit',
    meaning: 'Directory of the audit log.',
  },
  auditKeyFile: {
    env: 'SEALSTREAM_AUDIT_KEY_FILE',
    type: 'path',
    optional: true,
    meaning: "The audit log's signing key; the verifier key beside it is what is read.",
  },
  allowUnlocked: KEYRING_SETTINGS.allowUnlocked,
  connectWaitMs: {
    env: 'SEALSTREAM_CONNECT_WAIT',
    type: 'durationMs',
    default: '10s',
    min: 100,
    meaning: 'How long a command waits to be connected to Kafka, Redis or access.',
  },
} as const;

export type CliConfig = Config<typeof CLI_SETTINGS>;

/**
 * Reads the settings once.
 *
 * @throws ConfigError
 */
export function readCliConfig(env: Readonly<Record<string, string | undefined>>): CliConfig {
  return readConfig(CLI_SETTINGS, env);
}
