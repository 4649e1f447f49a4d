/** Who can mend an error, and whether trying again can help. */
export type ErrorClass =
  /** One record is bad: it goes to the rejected topic and the flow goes on. */
  | 'record'
  /** The caller or operator must change something; trying again does not help. */
  | 'terminal'
  /** Something outside is away or not yet there; trying again later may help. */
  | 'retryable';

/** One row of the table of all errors. */
export interface ErrorRow {
  readonly class: ErrorClass;
  readonly cause: string;
  readonly mend: string;
}
