import type { ErrorRow } from './error-row.ts';
import { ACCESS_ERRORS } from './access-errors.ts';
import { KEY_ERRORS } from './key-errors.ts';
import { REQUEST_ERRORS } from './request-errors.ts';
import { RECORD_ERRORS } from './record-errors.ts';

/**
 * The closed list of error codes. docs/errors.md is this table; a test holds the two together.
 * No text here or in a message built from it ever contains a value of a record or a key.
 */
export const ERRORS = {
  ...RECORD_ERRORS,
  ...KEY_ERRORS,
  ...ACCESS_ERRORS,
  ...REQUEST_ERRORS,

  // Policy and settings.
  POLICY_TESTS_INVALID: {
    class: 'terminal',
    cause: 'The file of policy tests does not parse, or a case in it is none.',
    mend: 'Mend what is told with its line and column; docs/policy.md has the words of a case.',
  },
  POLICY_INVALID: {
    class: 'terminal',
    cause: 'The policy file does not parse or breaks a rule.',
    mend: 'Run `sealstream validate FILE`; each finding has its line and column.',
  },
  POLICY_UNKNOWN_DATASET: {
    class: 'terminal',
    cause: 'The policy has no dataset of that name.',
    mend: 'Check the spelling; `sealstream validate` lists the datasets.',
  },
  POLICY_BEHIND: {
    class: 'retryable',
    cause: 'A record was accepted under a higher policy revision than this process has.',
    mend: 'Give this service the newer policy file; it takes it by itself, or at a restart.',
  },
  POLICY_REVISION: {
    class: 'terminal',
    cause: 'The policy changed a dataset without raising its revision.',
    mend: 'Raise the revision of the dataset with every change.',
  },
  GROUPS_WAITING: {
    class: 'terminal',
    cause: 'Records wait for groups that look alike, and the policy asks for groups no more.',
    mend:
      'Start mask with the policy before, let what waits leave within its delay, then change it; or delete ' +
      'the topic named and lose what waits.',
  },
  GROUP_COUNTS_DAMAGED: {
    class: 'retryable',
    cause:
      'What stands on the topic named of how many groups a subject was in does not open: mask has not ' +
      'written it so, a newer mask has, or the delay of that time was in another unit.',
    mend:
      'Give mask its newer version back, or delay its unit. Else find out who writes there; deleting the ' +
      'topic loses what waits, and all counts begin anew.',
  },
  POLICY_NEEDS_RESTART: {
    class: 'terminal',
    cause: 'The policy changed what a running service has built on.',
    mend: 'Restart the services with this policy; the one in use stays until then.',
  },
  CONFIG_INVALID: {
    class: 'terminal',
    cause: 'A setting is unknown, missing or not of its form.',
    mend: 'See the settings table in the README of the service.',
  },
  USAGE: {
    class: 'terminal',
    cause: 'The command line is not understood.',
    mend: 'Run the command with --help.',
  },
  FILE_UNREADABLE: {
    class: 'terminal',
    cause: 'A file cannot be read or written.',
    mend: 'Check the path and its permissions.',
  },
  DISK_FULL: {
    class: 'retryable',
    cause: 'A file cannot be written: the disk, a quota or a limit on file sizes is full.',
    mend: 'Make room; a service that was started again then goes on where it stood.',
  },
  FILE_EXISTS: {
    class: 'terminal',
    cause: 'A file that would be created is already there, and nothing is ever overwritten.',
    mend: 'Move the old file away first.',
  },

  // Kafka and Redis.
  KAFKA_UNREACHABLE: {
    class: 'retryable',
    cause: 'No Kafka broker answers.',
    mend: 'Check KAFKA_BROKERS and that the brokers run.',
  },
  REDIS_UNREACHABLE: {
    class: 'retryable',
    cause: 'Redis does not answer.',
    mend: 'Check REDIS_URL, that Redis runs, and its certificate where the reason is a word of TLS.',
  },
  REDIS_REFUSED: {
    class: 'retryable',
    cause:
      'Redis answers and refuses the command: its reason is its own word, such as OOM or NOPERM.',
    mend:
      'OOM: give it more memory; NOPERM: see deploy/redis for what each user may; WRONGPASS, NOAUTH: ' +
      'mend name and password in the URL; else its log.',
  },
  KAFKA_REFUSED: {
    class: 'terminal',
    cause: 'A broker refuses something that waiting does not mend.',
    mend: 'The refusal is named: give the permission, or mend the setting or limit it speaks of.',
  },
  INSTANCE_ID_TAKEN: {
    class: 'terminal',
    cause: 'Another process joined the group under the same SEALSTREAM_INSTANCE_ID.',
    mend: 'Give each process an id of its own, and never run two with the same one.',
  },
  TOPIC_MISSING: {
    class: 'retryable',
    cause: 'A topic of the flow does not exist.',
    mend: 'Run `sealstream topics apply`.',
  },
  TOPIC_TOO_FEW_PARTITIONS: {
    class: 'retryable',
    cause: 'An output topic has fewer partitions than the input.',
    mend: 'Run `sealstream topics grow`.',
  },
  TOPIC_LIMITS: {
    class: 'terminal',
    cause: 'max.message.bytes of a topic is too small for what the policy allows.',
    mend: 'Run `sealstream topics plan`; it shows the needed value.',
  },
  TOPIC_COMPACTED: {
    class: 'terminal',
    cause:
      'An output topic is compacted, and its keys are masked so that records would be lost: different ' +
      'keys may become equal, or equal ones different, or there are none.',
    mend: 'Say key: hash, keep or fpe (on encrypted also seal), or set cleanup.policy to delete.',
  },
  TOPIC_NOT_OURS: {
    class: 'terminal',
    cause: 'The topic was not created by Sealstream, so it is neither changed nor deleted.',
    mend: 'Change it with your own tools.',
  },
  GROUP_HAS_MEMBERS: {
    class: 'terminal',
    cause: 'The consumer group has live members, so its offsets are not changed.',
    mend: 'Stop the service first.',
  },
  OFFSETS_LOST: {
    class: 'retryable',
    cause: 'Records between the committed offset and the start of the log are gone.',
    mend: 'Find out who deleted them; then `sealstream offsets set` says where to go on.',
  },
  TOPIC_REPLACED: {
    class: 'retryable',
    cause: 'The topic was deleted and made again; the committed offset belongs to the old one.',
    mend: 'Find out who did so; then `sealstream offsets set` says where to go on.',
  },
  BATCH_UNREADABLE: {
    class: 'retryable',
    cause:
      'A fetched batch has a wrong checksum, form or codec, does not open, or becomes too large.',
    mend: 'Check the broker disks and the producer; decompressed, a batch may have 64 MiB.',
  },
  CODEC_UNAVAILABLE: {
    class: 'terminal',
    cause: 'A codec that Kafka batches may come in cannot be loaded or does not work.',
    mend: 'Install again on this platform, optional packages included; zstd needs Node 22.15.',
  },
  STAGE_FENCED: {
    class: 'retryable',
    cause: 'Another process owns this partition now.',
    mend: 'Nothing to do: the group decides the owner.',
  },
  TRANSACTION_FAILED: {
    class: 'retryable',
    cause: 'A transaction did not commit.',
    mend: 'Nothing to do: it is aborted and tried again; if it stays, see the broker log.',
  },
  SERVER_MISSING: {
    class: 'terminal',
    cause: 'A server or tool that this command needs is not there.',
    mend: 'The message names the line that installs or starts it.',
  },

  // Schema registry.
  REGISTRY_UNREACHABLE: {
    class: 'retryable',
    cause: 'The schema registry does not answer.',
    mend: 'Check its address and that it runs; known schemas are used meanwhile.',
  },
  REGISTRY_REFUSED: {
    class: 'retryable',
    cause: 'The schema registry refuses a request, or something else answers at its address.',
    mend:
      'Check the address with its path, and what the user may do; the status is named. Nothing is ' +
      'rejected meanwhile: the flow waits.',
  },
  SCHEMA_UNKNOWN: {
    class: 'record',
    cause: 'The schema registry does not have the schema that a record names, or a part of it.',
    mend: 'Check that the producer registers at this registry, then replay the record.',
  },
  SCHEMA_UNREADABLE: {
    class: 'record',
    cause:
      'The schema that a record names cannot be read, is of another format than the policy says, or ' +
      'the registry refuses what is derived from it.',
    mend:
      'Register a schema that follows the specification of its format; the log names the reason and ' +
      'the place in the schema.',
  },
  SCHEMAS_WANTED: {
    class: 'retryable',
    cause: 'The schema that a record names is not in memory yet.',
    mend: 'Nothing to do: it is fetched and the batch is tried again.',
  },
  SCHEMA_INCOMPATIBLE: {
    class: 'record',
    cause: 'A derived schema does not fit those before it under the subject of an output topic.',
    mend:
      'Undo the change of the input schema or of the policy, give the output topic another name, or ' +
      'set the compatibility of its subject to NONE when every reader can take the new form; then replay.',
  },

  // Audit.
  AUDIT_LOG_CORRUPT: {
    class: 'terminal',
    cause: 'The audit log does not verify: an entry, tile or checkpoint was changed or is missing.',
    mend: 'Keep the directory as evidence; compare with the exported checkpoints.',
  },
  AUDIT_LOG_LOCKED: {
    class: 'terminal',
    cause: 'Another process writes this audit log.',
    mend: 'Stop the other writer; one log has one writer.',
  },
  AUDIT_CHECKPOINT_STALE: {
    class: 'terminal',
    cause: 'The newest checkpoint is older than allowed.',
    mend: 'Check that the audit service runs and can write.',
  },
  INTERNAL: {
    class: 'terminal',
    cause: 'A rule inside Sealstream did not hold.',
    mend: 'Please report it with the code and the place; the message holds no data.',
  },
} as const satisfies Record<string, ErrorRow>;

/** One of the closed list of codes. */
export type ErrorCode = keyof typeof ERRORS;

/** Codes for which one record is rejected. */
export type RejectCode = {
  [C in ErrorCode]: (typeof ERRORS)[C]['class'] extends 'record' ? C : never;
}[ErrorCode];
