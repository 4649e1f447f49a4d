/** What can go wrong where people and programs get in: rows of the table of all errors. */
export const ACCESS_ERRORS = {
  SIGN_IN_REFUSED: {
    class: 'terminal',
    cause: 'Name, password, key, session or certificate is not one that may get in.',
    mend: 'Sign in again; whether a name is known is not told. An administrator can set a new password.',
  },
  OIDC_UNREACHABLE: {
    class: 'retryable',
    cause: 'The OpenID provider does not answer, or not in time.',
    mend: 'Check its address and that it runs; whoever has a session keeps it.',
  },
  OIDC_REFUSED: {
    class: 'terminal',
    cause:
      'The OpenID provider refuses this client, or what it says of itself is not what is configured or ' +
      'allowed.',
    mend:
      'The reason is named: compare issuer, client id, secret, redirect URI and algorithm with what the ' +
      'provider has.',
  },
  REVOCATIONS_UNUSABLE: {
    class: 'retryable',
    cause:
      'The list of revoked client certificates cannot be read, is not signed by its authority, is past ' +
      'its time, or lacks an authority.',
    mend: 'Put a current list of every authority into the file; it is taken by itself.',
  },
  ACCESS_DENIED: {
    class: 'terminal',
    cause:
      'No role of the caller allows this action on this dataset and field, for this purpose, now.',
    mend:
      'Ask an administrator for a role that allows it; the decision on the audit log names each rule and ' +
      'why it did not fit.',
  },
  ACCOUNT_INVALID: {
    class: 'terminal',
    cause: 'Something told about an account is not of its form.',
    mend:
      'Names: 2 to 64 of a-z, 0-9 and single . _ @ - between them. What is not of its form is named; the ' +
      'README of accounts has the forms.',
  },
  ACCOUNT_UNKNOWN: {
    class: 'terminal',
    cause: 'There is no such user or API key.',
    mend: 'See `sealstream users list` and `sealstream api-keys list`.',
  },
  ACCOUNT_EXISTS: {
    class: 'terminal',
    cause: 'There is a user of that name already.',
    mend: 'Take another name; no user is ever overwritten.',
  },
  ACCOUNT_CONFLICT: {
    class: 'retryable',
    cause: 'Somebody else changed the account meanwhile, and nothing was written.',
    mend: 'Look at it again, then decide again.',
  },
  ACCOUNT_UNREADABLE: {
    class: 'terminal',
    cause: 'What stands in Redis under an account is not what accounts writes.',
    mend: 'Look who writes to Redis; put the account back from a backup of Redis.',
  },
  PASSWORD_REFUSED: {
    class: 'terminal',
    cause: 'The new password is too short, too long, too easily guessed, or holds the name.',
    mend:
      'Take 12 characters or more (256 bytes at most) that are not a common word, a pattern or the name; ' +
      'several random words do.',
  },
  SIGN_IN_BUSY: {
    class: 'retryable',
    cause: 'More passwords wait to be hashed than the queue takes.',
    mend: 'Try again in a moment; if it stays, see who tries so many passwords.',
  },
  BOOTSTRAP_REFUSED: {
    class: 'terminal',
    cause: 'There are users already, or the one-time secret is wrong, used or older than an hour.',
    mend: 'Without any user: `sealstream users bootstrap` makes a new secret; else ask an administrator.',
  },
  ACCESS_RULES_ORACLE: {
    class: 'terminal',
    cause:
      'A user of Kafka may both write a raw topic and read what becomes of it, and so could try values.',
    mend: 'Give the one to one user and the other to another; take the rule away where it is there.',
  },
  CERTIFICATE_INVALID: {
    class: 'terminal',
    cause:
      'A certificate file holds no certificate in PEM, its key belongs to another one, or it may not sign.',
    mend:
      'Give the certificate and its own key, in PEM; `sealstream certs show FILE` tells what a file ' +
      'holds.',
  },
} as const;
