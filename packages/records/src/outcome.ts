/**
 * What becomes of the values of one slot of a shape, as far as a schema tells it. What is left out
 * altogether is said by the shape itself.
 */
export type Outcome =
  | { readonly becomes: 'same' }
  /** Text of any kind, a token among it. Null stays null, or becomes text as well. */
  | { readonly becomes: 'text'; readonly nullStays: boolean }
  /** Another number of the same type; null stays null. */
  | { readonly becomes: 'number' }
  | { readonly becomes: 'null' }
  /** The same for all, null among them. */
  | { readonly becomes: 'constant'; readonly value: string | number | boolean };

/** Why records of a schema cannot be treated: where in the schema, by its own names. */
export interface SchemaProblem {
  readonly code:
    | 'RECORD_UNKNOWN_FIELD'
    | 'RECORD_MISSING_FIELD'
    | 'RECORD_WRONG_TYPE'
    | 'SCHEMA_UNREADABLE';
  /** JSON Pointer of the field, with `*` for each element or member. */
  readonly path: string;
}

/** Whether a constant is a whole number that every format can hold as one. */
export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
