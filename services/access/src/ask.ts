/** What a request asks to be allowed. */
export interface Ask {
  readonly dataset?: string | undefined;
  readonly fields?: readonly string[] | undefined;
  /** Name of what it is done to, where that is neither; for the audit log. */
  readonly target?: string | undefined;
  readonly purpose?: string | undefined;
  readonly reference?: string | undefined;
  /** How many values it can give at most; where it says none it counts as one. */
  readonly values?: number | undefined;
  /** What else the audit log is told: names of accounts, roles and the like, never a value. */
  readonly about?: Readonly<Record<string, string | number>> | undefined;
}

/** What stands on the audit log of a request. */
export type Told =
  /** One event before the first byte is known, and one of what came of it. */
  | 'plaintext'
  /** The same, of what changes something. */
  | 'change'
  /** One event before the answer. */
  | 'read'
  /** None: the answer tells nothing of records, keys or other persons. */
  | 'nothing';
