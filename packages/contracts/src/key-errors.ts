import type { ErrorRow } from './error-row.ts';

import { VAULT_ERRORS } from './vault-errors.ts';

/** What can go wrong with keys, grants and locked memory: rows of the table of all errors. */
export const KEY_ERRORS = {
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
} as const satisfies Record<string, ErrorRow>;
