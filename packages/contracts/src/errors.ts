// oxlint-disable max-lines -- Long because every error is a row of one closed table.
import { VAULT_ERRORS } from './vault-errors.ts';

/** Who can mend an error, and whether trying again can help. */
export type ErrorClass =
  /** One record is bad: it goes to the rejected topic and the flow goes on. */
  | 'record'
  /** The caller or operator must change something; trying again does not help. */
  | 'terminal'
  /** Something outside is away or not yet there; trying again later may help. */
  | 'retryable';

interface ErrorRow {
  readonly class: ErrorClass;
  readonly cause: string;
  readonly mend: string;
}

/**
 * The closed list of error codes. docs/errors.md is this table; a test holds the two together.
 * No text here or in a message built from it ever contains a value of a record or a key.
 */
export const ERRORS = {
  // What makes a record bad.
  RECORD_INVALID_JSON: {
    class: 'record',
    cause: 'The value is not one valid JSON object.',
    mend: 'Produce RFC 8259 JSON; the byte offset tells where parsing stopped.',
  },
  RECORD_INVALID_UTF8: {
    class: 'record',
    cause: 'The value or the key is not valid UTF-8.',
    mend: 'Encode text as UTF-8 before producing it.',
  },
  RECORD_INVALID_CSV: {
    class: 'record',
    cause: 'The row breaks RFC 4180 or has another number of columns than the header.',
    mend: 'Quote fields that hold a comma, quote or line break; double inner quotes.',
  },
  RECORD_INVALID_AVRO: {
    class: 'record',
    cause: 'The bytes of the value do not follow its Avro schema, or go on behind its end.',
    mend: 'Encode under the schema whose id the record names; the byte offset tells where it ends.',
  },
  RECORD_NOT_FRAMED: {
    class: 'record',
    cause: 'The value does not begin with a zero byte and the id of a schema.',
    mend: 'Produce with a serializer of the schema registry, or name the format the records have.',
  },
  RECORD_UNKNOWN_FIELD: {
    class: 'record',
    cause: 'The record has a field that the policy does not name.',
    mend: 'Name the field in the policy, or set unknownFields to drop or encrypt.',
  },
  RECORD_MISSING_FIELD: {
    class: 'record',
    cause: 'A field under required is absent or null.',
    mend: 'Send the field, or take it from required in the policy.',
  },
  RECORD_WRONG_TYPE: {
    class: 'record',
    cause: 'A field has another type than the policy declares.',
    mend: 'Send the declared type, or change the type in the policy.',
  },
  RECORD_DUPLICATE_FIELD: {
    class: 'record',
    cause: 'A name that a subject or key depends on stands twice in one object.',
    mend: 'Send each name once.',
  },
  RECORD_TOO_LARGE: {
    class: 'record',
    cause: 'The record, or what it became, is over the size limit.',
    mend: 'Send smaller records, or raise maxRecordBytes in the policy and on the topics.',
  },
  RECORD_TOO_DEEP: {
    class: 'record',
    cause: 'The JSON is nested deeper than 64 levels.',
    mend: 'Flatten the record.',
  },
  RECORD_VALUE_UNFIT: {
    class: 'record',
    cause: 'A field cannot be treated as the policy says, such as a date that is none.',
    mend: 'Send a value of the declared form, or choose another treatment.',
  },
  RECORD_LOOKS_PERSONAL: {
    class: 'record',
    cause: 'A field that the policy does not name holds what looks like personal data.',
    mend: 'Name the field in the policy with a mask, or ask the producer to leave it out.',
  },
  RECORD_LOOKS_SEALED: {
    class: 'record',
    cause: 'A value, or under producerSeal: refused a record, already looks sealed by Sealstream.',
    mend: 'Produce plain values; tokens from a producer are never passed as if they were ours.',
  },
  RECORD_NOT_SEALED: {
    class: 'record',
    cause: 'The policy says producerSeal: required, and the producer did not seal the record.',
    mend: 'Seal records before producing them, with the public key of `sealstream keys public`.',
  },
  RECORD_NOT_AUTHENTIC: {
    class: 'record',
    cause: 'A sealed record or token did not open: changed, moved, or sealed under another key.',
    mend: 'Look in the audit log for who wrote to this topic; replay the record from its source.',
  },
  TOKEN_MALFORMED: {
    class: 'record',
    cause: 'Text that begins like a field token does not follow its grammar.',
    mend: 'See docs/wire-format.md; the token was cut or changed on its way.',
  },

  // Keys.
  KEY_UNKNOWN: {
    class: 'retryable',
    cause: 'A key id is not in the keyset that this process holds.',
    mend: 'Waits for the keyset to be read again; if it stays, run `sealstream keys list`.',
  },
  KEY_NOT_ACTIVE: {
    class: 'terminal',
    cause: 'The keyset has no active key.',
    mend: 'Run `sealstream keys rotate`.',
  },
  KEY_DESTROYED: {
    class: 'record',
    cause: 'The key that sealed this was destroyed.',
    mend: 'Nothing opens it any more; that is what destroying a key is for.',
  },
  SUBJECT_SHREDDED: {
    class: 'record',
    cause: 'The key of the person that this is about was destroyed on request.',
    mend: 'Nothing opens it any more; new records of that person need a new enrolment.',
  },
  SUBJECT_KEYS_WANTED: {
    class: 'retryable',
    cause: 'Keys of single subjects are not in memory yet.',
    mend: 'Nothing to do: they are fetched and the batch is tried again.',
  },
  ...VAULT_ERRORS,
  KEY_USES_WANTED: {
    class: 'retryable',
    cause: 'No uses of an aes-256-gcm key are reserved in this process yet.',
    mend: 'Nothing to do: they are reserved in Redis and the batch is tried again.',
  },
  KEY_SPENT: {
    class: 'retryable',
    cause: 'All uses of an aes-256-gcm key are reserved, or half of them when it still seals.',
    mend: 'Run `sealstream keys rotate --due`; the flow goes on with the new key by itself.',
  },
  KEYSET_MISSING: {
    class: 'retryable',
    cause: 'Redis holds no keyset for this purpose and dataset.',
    mend: 'Run `sealstream keys rotate`, or `sealstream keys restore` after a loss of Redis.',
  },
  KEYSET_ROLLED_BACK: {
    class: 'retryable',
    cause: 'Redis offers an older or different keyset than the head on the keyring topic.',
    mend: 'Redis was restored from an old copy, or tampered with: run `sealstream keys restore`.',
  },
  KEYSET_BAD_SIGNATURE: {
    class: 'terminal',
    cause: 'A keyset is not signed by the key signer that this process trusts.',
    mend: 'Check SEALSTREAM_SIGNER_PUBLIC_KEY_FILE and who may write to Redis.',
  },
  KEYSET_CONFLICT: {
    class: 'retryable',
    cause: 'Somebody else changed the keyset at the same time.',
    mend: 'Look at the new state with `sealstream keys list`, then try again if still wanted.',
  },
  KEYSET_UNREADABLE: {
    class: 'terminal',
    cause: 'A keyset does not parse, or a wrapped key does not unwrap under the outermost key.',
    mend: 'Check that the key file, KMS key or HSM key is the one this keyset was made with.',
  },
  KEYRING_STALE: {
    class: 'retryable',
    cause: 'The keyset could not be confirmed for longer than the cache ceiling.',
    mend: 'Bring back Redis, the topic keyring or the provider of a changed keyset; it goes on by itself.',
  },
  KEY_FILE_MISSING: {
    class: 'terminal',
    cause: 'An outermost key file is not there.',
    mend: 'Run `sealstream init` (--missing after an upgrade), or mount it into SEALSTREAM_KEY_DIR.',
  },
  KEY_FILE_OPEN: {
    class: 'terminal',
    cause: 'A key file can be read or written by others.',
    mend: 'Run chmod 600 on the file (and chown it to the user of the service).',
  },
  KEY_FILE_INVALID: {
    class: 'terminal',
    cause: 'A key file does not hold one key of the expected form.',
    mend: 'Restore the file from its backup; do not edit it.',
  },
  KEY_PROVIDER_AWAY: {
    class: 'retryable',
    cause: 'The KMS or HSM with the outermost keys does not answer.',
    mend: 'Bring it back; until then known keys work on, new keysets and restarts wait.',
  },
  KEY_PROVIDER_REFUSED: {
    class: 'terminal',
    cause: 'The KMS or HSM refuses the outermost key: disabled, not allowed, not there, wrong PIN.',
    mend: 'The reason is named: enable the key, give the permission, or mend the setting.',
  },
  GRANT_KEY_REFUSED: {
    class: 'terminal',
    cause: "A consumer's key is too weak, of another kind, or the private half.",
    mend: 'Give a public key as PEM or JWK: RSA of 3072 bits or more, EC P-256 or P-384, or X25519.',
  },
  GRANT_UNREADABLE: {
    class: 'terminal',
    cause: 'This is no grant, or it was not made for this private key.',
    mend: 'Give the private key whose public half the grant was asked for with.',
  },
  GRANT_BAD_SIGNATURE: {
    class: 'terminal',
    cause: 'A grant is not signed by the key signer that this consumer trusts.',
    mend: 'Check whose signer.pub this is, and who sent the grant.',
  },
  GRANT_UNKNOWN: {
    class: 'terminal',
    cause: 'No grant of this id is recorded.',
    mend: 'Run `sealstream grants list`.',
  },
  GRANT_EXPIRED: {
    class: 'terminal',
    cause: 'The time of a grant is over.',
    mend: 'Ask for a new grant.',
  },
  GRANT_REVOKED: {
    class: 'terminal',
    cause: 'A grant was revoked.',
    mend: 'Ask whoever gave it; `sealstream grants list` says when it was revoked.',
  },
  GRANT_LACKS_FIELD: {
    class: 'terminal',
    cause: 'A field was asked for that the grant does not name.',
    mend: 'Ask for a grant with this field.',
  },
  GRANT_LACKS_KEY: {
    class: 'record',
    cause: 'A value was sealed under a key that the grant does not hold, such as one made later.',
    mend: 'Ask for a new grant.',
  },
  MEMORY_NOT_LOCKED: {
    class: 'terminal',
    cause: 'Key memory cannot be locked, so it could reach the swap.',
    mend: 'Raise the limit of locked memory (ulimit -l), or set SEALSTREAM_ALLOW_UNLOCKED=true.',
  },

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
    mend: 'Check REDIS_URL and that Redis runs.',
  },
  REDIS_REFUSED: {
    class: 'retryable',
    cause:
      'Redis answers and refuses the command: its reason is its own word, such as OOM or NOPERM.',
    mend: 'OOM: give it more memory; NOPERM: see deploy/redis for what each user may; else its log.',
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
    class: 'terminal',
    cause: 'The schema registry refuses a request, or something else answers at its address.',
    mend: 'Check the address with its path, and the user and password; the status is named.',
  },
  SCHEMA_UNKNOWN: {
    class: 'record',
    cause: 'The schema registry does not have the schema that a record names, or a part of it.',
    mend: 'Check that the producer registers at this registry, then replay the record.',
  },
  SCHEMA_UNREADABLE: {
    class: 'record',
    cause:
      'The schema that a record names cannot be read, or is of another format than the policy.',
    mend: 'The reason is named; register a schema that follows the specification of its format.',
  },
  SCHEMAS_WANTED: {
    class: 'retryable',
    cause: 'The schema that a record names is not in memory yet.',
    mend: 'Nothing to do: it is fetched and the batch is tried again.',
  },
  SCHEMA_INCOMPATIBLE: {
    class: 'terminal',
    cause: 'A derived schema does not fit those before it under the subject of an output topic.',
    mend:
      'Undo the change of the input schema or of the policy, give the output topic another name, or ' +
      'set the compatibility of the subject named to NONE when every reader can take the new form.',
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
