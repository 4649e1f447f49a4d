/** What can go wrong with the token vault: rows of the table of all errors. */
export const VAULT_ERRORS = {
  VAULT_ROWS_WANTED: {
    class: 'retryable',
    cause: 'Tokens of values are not in memory yet.',
    mend: 'Nothing to do: they are fetched from the vault, or made, and the batch is tried again.',
  },
  VAULT_MISSING: {
    class: 'terminal',
    cause: 'A field is masked by tokenise, and this program has no vault in Redis.',
    mend: 'Let mask or `sealstream reprocess` do it; for files mask otherwise, such as by hash.',
  },
  VAULT_ROW_REFUSED: {
    class: 'record',
    cause: 'A row of the token vault was changed, moved, or belongs to another field.',
    mend: 'Look who writes to Redis; put the rows back from a backup of Redis, then replay.',
  },
  TOKEN_UNKNOWN: {
    class: 'record',
    cause: 'The vault has no value for this token: never made, lost, or gone with its subject.',
    mend: 'Look whether it is whole and of this dataset; what was shredded stays gone.',
  },
} as const;
