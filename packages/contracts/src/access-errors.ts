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
  ACCESS_UNREACHABLE: {
    class: 'retryable',
    cause: 'The service access does not answer, or not in time.',
    mend: 'Check SEALSTREAM_ACCESS_URL, and that the service runs and its certificate is trusted.',
  },
  ACCESS_ANSWER_UNKNOWN: {
    class: 'terminal',
    cause: 'What answers at the address of access does not answer as access does.',
    mend: 'Check SEALSTREAM_ACCESS_URL, and that command and service are of the same version.',
  },
  SIGN_IN_NEEDED: {
    class: 'terminal',
    cause: 'Nobody is signed in to this access, and there is no API key for it.',
    mend: 'Run `sealstream login`; a program gets its key in SEALSTREAM_ACCESS_API_KEY_FILE.',
  },
  SESSION_LOCKED: {
    class: 'retryable',
    cause: 'Another command renews the session that is kept on this machine, and does not end.',
    mend: 'Try again; if it stays, see which other `sealstream` hangs.',
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
    cause: 'There is no such user, API key or session.',
    mend: 'See `sealstream users list` and `sealstream api-keys list`, or GET /v1/sessions.',
  },
  ACCOUNT_EXISTS: {
    class: 'terminal',
    cause: 'There is a user of that name already.',
    mend: 'Take another name; no user is ever overwritten.',
  },
  IDENTITY_TAKEN: {
    class: 'terminal',
    cause: 'This identity at an OpenID provider is linked to another user already.',
    mend: 'Unlink it there first: one identity is of one user, so that one person is not two.',
  },
  OIDC_PROVIDER_UNKNOWN: {
    class: 'terminal',
    cause: 'No OpenID provider of that name is configured at this service.',
    mend: 'See GET /v1/sign-in for those that are, or SEALSTREAM_ACCESS_OIDC_FILE.',
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
  ADMINISTRATORS_NEEDED: {
    class: 'terminal',
    cause:
      'Fewer than two people would be left as administrators, and nobody could approve the next.',
    mend: 'Make somebody else an administrator first.',
  },
  ROLE_UNKNOWN: {
    class: 'terminal',
    cause: 'The policy has no role of that name.',
    mend: 'See `sealstream roles list`; a role is written into the policy first, and given then.',
  },
  SCOPE_BEYOND_ROLES: {
    class: 'terminal',
    cause:
      'An API key is asked for that names an action or dataset which no role of its owner allows.',
    mend: 'Name what the roles of the owner allow, or * for whatever they allow at the time of use.',
  },
  OWN_PASSWORD_NEEDED: {
    class: 'terminal',
    cause: 'The password was set by somebody else, who knows it.',
    mend: 'Set an own one first: PUT /v1/users/NAME/password with the present one and the new one.',
  },
  PERSON_NEEDED: {
    class: 'terminal',
    cause: 'This is for persons who signed in, and an API key or a certificate asks for it.',
    mend: 'Sign in as the person whose key or certificate it is.',
  },
  TWO_ADMINISTRATORS_NEEDED: {
    class: 'terminal',
    cause: 'There were never two administrators, so the first may only make the second.',
    mend: 'The first makes a user of another person and gives it the role administrator.',
  },
  APPROVAL_UNKNOWN: {
    class: 'terminal',
    cause: 'There is no such request for approval, or its hour is over.',
    mend: 'See GET /v1/approvals; sending the request again asks anew.',
  },
  APPROVAL_REFUSED: {
    class: 'terminal',
    cause: 'The approval cannot be given, or does not cover this request.',
    mend: 'What stands against it is named; sending the request without an approval asks anew.',
  },
  PROPOSAL_UNKNOWN: {
    class: 'terminal',
    cause: 'There is no such proposal of a policy, or its 30 days are over.',
    mend: 'See GET /v1/policy/proposals.',
  },
  PROPOSAL_INVALID: {
    class: 'terminal',
    cause: 'What is proposed is no policy that holds.',
    mend: 'POST /v1/policy/diff tells every problem with its line and column.',
  },
  PROPOSAL_OUTDATED: {
    class: 'terminal',
    cause: 'The policy in use is not the one that the proposal was compared with.',
    mend: 'Compare it again with POST /v1/policy/diff, and propose it against that sha256.',
  },
  PROPOSAL_SETTLED: {
    class: 'terminal',
    cause: 'The proposal was approved by a second person or is in use, and cannot be withdrawn.',
    mend: 'Propose what should hold in its place, and tell whoever rolls policies out.',
  },
  PROPOSAL_NOT_AUTHENTIC: {
    class: 'terminal',
    cause:
      'What stands in Redis as a proposal was not kept by access, or under another SEALSTREAM_ACCESS_SECRET.',
    mend: 'Do not use it. Where the secret was not changed, look who writes to Redis; then propose it again.',
  },
  AUDIT_COPY_MISSING: {
    class: 'terminal',
    cause: 'This service was given no audit log to read.',
    mend:
      'Mount the log or a copy of it read-only, and name it and its verifier key in SEALSTREAM_AUDIT_DIR ' +
      'and SEALSTREAM_AUDIT_VKEY_FILE.',
  },
  AUDIT_ENTRY_UNKNOWN: {
    class: 'terminal',
    cause:
      'The audit log has no such entry, or never was of that size, under its newest checkpoint.',
    mend: 'GET /v1/audit/checkpoint tells its size; what is newer is signed within a minute.',
  },
  VERSION_MISSING: {
    class: 'terminal',
    cause: 'The change must say which version of the user was looked at, and does not.',
    mend: 'Send the ETag of GET /v1/users/NAME as If-Match, or * for whatever it is now.',
  },
  VERSION_CHANGED: {
    class: 'terminal',
    cause: 'Somebody changed the user since the version that the request names; nothing was done.',
    mend: 'Look at it again with GET /v1/users/NAME, then decide again.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    class: 'terminal',
    cause: 'The Idempotency-Key was used for another request within 24 hours.',
    mend: 'Take a new random key for each new request, and the same one for a repeat alone.',
  },
  IDEMPOTENCY_RUNNING: {
    class: 'terminal',
    cause:
      'The first request of this Idempotency-Key is on its way, or what came of it is not known.',
    mend: 'Ask again in a moment; if it stays, look whether it was done, and take a new key if it was not.',
  },
  IDEMPOTENCY_DONE: {
    class: 'terminal',
    cause: 'The first request of this Idempotency-Key was done, and its answer is not kept.',
    mend: 'It is not done again. Its id is told; a secret is shown once: revoke it and make another.',
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
  KEY_NEEDED: {
    class: 'terminal',
    cause: 'Something needs the key still, or may, so it was not destroyed.',
    mend:
      'What stands against it is named, and `sealstream keys usage` counts the records; what is forced ' +
      'opens no more.',
  },
  KEY_SCAN_CUT: {
    class: 'retryable',
    cause:
      'Topics were not read to their ends for the use of a key: it took too long, or who asked went away.',
    mend: 'Nothing was changed. Raise SEALSTREAM_KEY_SCAN_TIME, or read them with `sealstream keys usage`.',
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
