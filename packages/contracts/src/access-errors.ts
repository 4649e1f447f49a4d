/** What can go wrong where people and programs get in: rows of the table of all errors. */
export const ACCESS_ERRORS = {
  SIGN_IN_REFUSED: {
    class: 'terminal',
    cause: 'Name, password, key, session or certificate is not one that may get in.',
    mend: 'Sign in again; whether a name is known is not told. An administrator can set a new password.',
  },
  ACCESS_DENIED: {
    class: 'terminal',
    cause:
      'No role of the caller allows this action on this dataset and field, for this purpose, now.',
    mend:
      'Ask an administrator for a role that allows it; the decision on the audit log names each rule and ' +
      'why it did not fit.',
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
