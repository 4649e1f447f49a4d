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
} as const;
