/** A field that tells people apart when it is put together with others. */
export type QuasiIdentifierRule = { readonly path: string } & (
  | { readonly kind: 'numeric'; readonly least: number; readonly most: number }
  /** The text of the hierarchy's file, so that the hash of the dataset covers it. */
  | { readonly kind: 'categorical'; readonly hierarchy: string }
);

/** Milliseconds, or a count of records of the partition. */
export interface Span {
  readonly unit: 'ms' | 'records';
  readonly most: number;
}

/** How the records of a dataset become groups that look alike. */
export interface KAnonymity {
  readonly k: number;
  readonly l: number;
  readonly delay: Span;
  readonly quasiIdentifiers: readonly QuasiIdentifierRule[];
  /** Paths of the fields that are shown as they are. */
  readonly sensitive: readonly string[];
  /** Most records that wait in a partition. */
  readonly maxWaiting: number;
  /** Where a subject may not be in any number of groups of a partition; `within` in the unit of `delay`. */
  readonly perSubject?: {
    readonly most: number;
    readonly within: number;
    readonly maxSubjects: number;
  };
}
